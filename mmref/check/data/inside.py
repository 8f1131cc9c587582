"""root, a folder, text or Path; name, text from a file of captions. Returns where the file of this
name lies below root, links followed, as text with slashes (sub/b.png). None for a name that is
absolute, has .. between slashes or a backslash, for a link that leads out of root, and where there
is no such file (a folder is none), whatever the name; nothing is raised."""

import os
import tempfile
from os.path import normpath, realpath
from pathlib import Path

from mmref.check.data._photos import write
from mmref.check.exercise import Exercise, given

FOLLOWED = "A link is followed before one asks where it is, one to the folder itself, too."
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


def wrong(**tests):
    return lambda root, name: inside(root, name, **tests)


MISTAKES = (
    ("The start of a path as text may be another folder's: compare whole parts.",
     wrong(within=lambda path, top: str(path).startswith(str(top)))),
    ("Whether it is a file was not asked.", wrong(there=lambda path: True)),
    ("Links are not followed yet.", wrong(follow=normpath)),
    ("Anything is let in.", wrong(refused=lambda name: False, within=lambda path, top: True)),
)  # fmt: skip
EXERCISE = Exercise(inside, __doc__, cases, MISTAKES, kind="text or None", closing="")
