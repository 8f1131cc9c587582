"""root, a folder, text or Path; name, text from a file of captions. Returns where the file of this
name lies below root, links followed, as text with slashes (sub/b.png). None for a name that is
absolute, has .. between slashes or a backslash, for a link that leads out of root, and where there
is no such file (a folder is none), whatever the name; nothing is raised."""

import os
import tempfile
from os.path import normpath, realpath
from pathlib import Path

from mmref.check.data._photos import FOLLOWED, NAMES, write
from mmref.check.exercise import Exercise, Wrong, given


def cases():
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        root = write(place)
        for hint, names in NAMES.items():
            for name in (name.format(place=place) for name in names):
                yield given(f"the name {name[:60]!r}", hint, root, name)
        yield given("the folder as text", "The folder may be text or a Path.", str(root), "a.png")
        yield given("the folder by a longer way", FOLLOWED, f"{root}/sub/../", "a.png")
        yield given("a link to the folder", FOLLOWED, place / "link_to_photos", "a.png")


def refused(name):
    return name.startswith("/") or "\\" in name or ".." in name.split("/")


def inside(
    root, name, refused=refused, follow=realpath, within=Path.is_relative_to, there=Path.is_file
):
    """What the package's loader finds, or what it would by other tests."""
    top = Path(follow(root))
    try:
        path = Path(follow(top / name))
        found = within(path, top) and there(path)
    except (OSError, ValueError):  # too long a name, or one of no characters
        return None
    return None if refused(name) or not found else os.path.relpath(path, top).replace(os.sep, "/")


wrong = Wrong(inside)
MISTAKES = (
    ("The start of a path as text may be another folder's: compare whole parts.",
     wrong(within=lambda path, top: str(path).startswith(str(top)))),
    ("Whether it is a file was not asked.", wrong(there=lambda path: True)),
    ("Links are not followed yet.", wrong(follow=normpath)),
    ("Anything is let in.", wrong(refused=lambda name: False, within=lambda path, top: True)),
)  # fmt: skip
EXERCISE = Exercise(inside, __doc__, cases, MISTAKES, kind="text or None", closing="")
