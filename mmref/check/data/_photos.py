"""A folder of pictures on the disk, what lies beside it, and links."""

import contextlib
import os
import stat
from pathlib import Path

FILES = (
    *("a.png", "Cat.png", " cat.png", "..png", ".hidden", "notes", "100%25.png"),
    *("sub/b.png", "sub/a..b.png", "sub\\c.png", "sub/größe 2.png"),
    *("../photos2/c.png", "../secret.png"),
)
LINKS = {
    "link_to_b.png": "sub/b.png",
    "link_to_secret.png": "../secret.png",
    "link_up": "..",
    "link_beside.png": "../photos2/c.png",
    "link_to_nowhere.png": "nowhere.png",
    "link_to_itself.png": "link_to_itself.png",
    "../link_to_photos": "photos",
}


def write(place: Path) -> Path:
    """Make the folder in a place that is otherwise empty.

    Not every system has sockets, or lets everybody make links: what is missing then is no file.
    """
    root = place / "photos"
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"a picture")
    with contextlib.suppress(OSError):
        for name, target in LINKS.items():
            (root / name).symlink_to(target)
    with contextlib.suppress(OSError, AttributeError):
        os.mknod(root / "socket", stat.S_IFSOCK)
    return root
