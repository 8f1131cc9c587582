"""Exercise on names that may lead out of a folder."""

import os
import tempfile
from pathlib import Path

from mmref.check._plain import judge_plain
from mmref.check._run import Case, Difference, Exercise, check_callable

NAMES = ["root", "name"]
PICTURES = ("a.png", "sub/b.png", "..png")


def judge(answer):
    check_callable(answer, NAMES)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            files = cases(Path(scratch))
            return judge_plain(answer, NAMES, _inside, files, MISTAKES, kind="text or None")
        except Difference as difference:
            # The place is another one each time.
            for place in (os.path.realpath(scratch), scratch):
                difference.finding = difference.finding.replace(place, "...")
            raise


def cases(scratch):
    root = _write(scratch)
    plain = "A file in the folder: its name."
    yield Case("a picture", (root, "a.png"), plain)
    yield Case("a picture below a folder", (root, "sub/b.png"), plain)
    yield Case("the folder as text", (str(root), "sub/b.png"), "The folder may be text or a Path.")
    tidy = "One file has one name, however it was written."
    yield Case("dots and slashes that do nothing", (root, "./sub//b.png"), tidy)
    yield Case("up and down again", (root, "sub/../a.png"), tidy)
    yield Case("a name that begins with two dots", (root, "..png"), "Two dots alone lead upwards.")
    yield Case("no such file", (root, "gone.png"), "No such file: None.")
    yield Case("a folder, not a file", (root, "sub"), "A folder is no picture: None.")
    yield Case("the folder itself", (root, "."), "A folder is no picture: None.")
    out = "Where does the name lead?"
    yield Case("a file above the folder", (root, "../secret.png"), out)
    yield Case("down and out", (root, "sub/../../secret.png"), out)
    absolute = "A name that begins with a slash does not begin in the folder."
    yield Case("an absolute name", (root, str(scratch / "secret.png")), absolute)
    beside = "The folder beside it has a name that begins alike, and is another one."
    yield Case("the folder beside it", (root, "../photos2/c.png"), beside)
    if not _link(scratch):
        return
    yield Case("a link within", (root, "alias.png"), "A link is followed: the file has one name.")
    followed = "A link is followed before one asks where it is."
    yield Case("a link to a file outside", (root, "link.png"), followed)
    yield Case("a link to a folder outside", (root, "out/secret.png"), followed)
    yield Case("a link to the folder beside it", (root, "near.png"), beside)
    yield Case("a link that leads nowhere", (root, "broken.png"), "No such file: None.")
    itself = "The folder may itself be reached by a link: follow that one, too."
    yield Case("a link to the folder", (scratch / "photos_link", "a.png"), itself)


def _write(scratch):
    root = scratch / "photos"
    for name in (*(f"photos/{picture}" for picture in PICTURES), "photos2/c.png", "secret.png"):
        (scratch / name).parent.mkdir(parents=True, exist_ok=True)
        (scratch / name).write_bytes(b"a picture")
    return root


def _link(scratch):
    """Whether links could be made: not every system lets everybody."""
    root = scratch / "photos"
    links = {
        root / "alias.png": "sub/b.png",
        root / "link.png": "../secret.png",
        root / "out": "..",
        root / "near.png": "../photos2/c.png",
        root / "broken.png": "nowhere.png",
        scratch / "photos_link": "photos",
    }
    try:
        for place, target in links.items():
            place.symlink_to(target)
    except OSError:
        return False
    return True


def _inside(root, name):
    root, path = Path(root).resolve(), Path(root, name).resolve()
    return _below(root, path) if path.is_file() and path.is_relative_to(root) else None


def _below(root, path):
    return os.path.relpath(path, root).replace(os.sep, "/")


def _by_prefix(root, name):
    top, path = os.path.realpath(root), os.path.realpath(os.path.join(root, name))
    return _below(top, path) if path.startswith(top) and os.path.isfile(path) else None


def _unasked(root, name):
    root, path = Path(root).resolve(), Path(root, name).resolve()
    return _below(root, path) if path.is_relative_to(root) else None


def _unfollowed(root, name):
    root, path = Path(os.path.normpath(root)), Path(os.path.normpath(os.path.join(root, name)))
    return _below(root, path) if path.is_file() and path.is_relative_to(root) else None


def _anything(root, name):
    root, path = Path(root).resolve(), Path(root, name).resolve()
    return _below(root, path) if path.is_file() else None


MISTAKES = (
    ("The start of a path as text may be another folder's: compare whole parts.", _by_prefix),
    ("Whether it is a file was not asked.", _unasked),
    ("Links are not followed yet.", _unfollowed),
    ("Anything is let in.", _anything),
)

EXERCISES = {
    "inside": Exercise(
        "inside(root, name)",
        "root, a folder, text or Path; name, text from a file of captions. Returns where the file "
        "of this name lies below root, links followed, as text with slashes (sub/b.png), or None "
        "if that is outside of root, or if there is no such file.",
        judge,
        closing="",
    ),
}
