"""A folder of pictures on the disk, what lies beside it, links, and names that lead somewhere."""

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
FOLLOWED = "A link is followed before one asks where it is, one to the folder itself, too."
# What to think about, and the names that ask for it.
NAMES = {
    "A file in the folder: its name.": ("a.png", "sub/b.png", "sub/größe 2.png"),
    "Any file will do: what is in it is for the one who opens it.": ("notes", ".hidden"),
    "No such file: None.": ("gone.png", "sub/a.png", "b.png", "link_to_nowhere.png"),
    "A folder is no picture: None.": ("sub", ".", ""),
    "Not all that is there is a file: reading a pipe or a socket would wait for ever.": ("socket",),
    "One file has one name, however it was written.":
        ("./sub//b.png", 150 * "./" + "a.png", "link_to_b.png"),
    "Two dots lead upwards only if they stand alone between slashes.": ("..png", "sub/a..b.png"),
    "A name with .. between slashes is refused, wherever it leads.":
        ("../secret.png", "sub/../../secret.png", "../photos2/c.png", "sub/../a.png"),
    "A name that begins with a slash does not begin in the folder: refused as it stands.":
        ("{place}/secret.png", "{place}/photos/a.png", "/a.png", "//a.png"),
    "A name is what is written: nothing in it is cut off, decoded or made small.":
        ("Cat.png", "CAT.png", " a.png", " cat.png", "a.png ", "sub%2Fb.png", "100%25.png",
         "?.png", "a.png?x", "a.png#x"),
    "Names are written with slashes: to other systems a backslash is one, too.":
        ("sub\\c.png", "sub\\b.png", "..\\secret.png"),
    "Whatever the name, nothing is raised: what no system could hold is no such file.":
        ("a\0.png", "a\ud800.png", 300 * "a", "a.png/b.png", "link_to_itself.png"),
    FOLLOWED: ("link_to_secret.png", "link_up/secret.png"),
    "The folder beside it has a name that begins alike, and is another one.": ("link_beside.png",),
}  # fmt: skip


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
