"""Answers to inside."""

import os
from pathlib import Path
from urllib.parse import unquote

from mmref.check.data.inside import refused
from mmref.data.folders.paths import locate
from mmref.errors import DataError


def by_parts(root, name):
    top = Path(root).resolve()
    try:
        path = (top / name).resolve()
        if refused(name) or top not in path.parents or not path.is_file():
            return None
    except (OSError, ValueError, RuntimeError):  # too long, no characters, a link to itself
        return None
    return "/".join(path.parts[len(top.parts) :])


def by_the_loader(root, name):
    try:
        return locate(root, name)[0]
    except DataError:
        return None


def unless(special, otherwise=lambda root, name: None):
    """Another answer for some names."""
    return lambda root, name: (otherwise if special(name) else by_parts)(root, name)


def resolved(root, name):
    return Path(os.path.realpath(os.path.join(root, name)))


def wherever(root, name):
    """Where the name leads, were it outside."""
    path = resolved(root, name)
    below = os.path.relpath(path, Path(root).resolve()).replace(os.sep, "/")
    return below if path.is_file() else None


def links_trusted(root, name):
    linked = not refused(name) and "\0" not in name and os.path.islink(os.path.join(root, name))
    found = by_parts(root, name)
    return name if linked and not found and wherever(root, name) else found


def folders_trusted(root, name):
    first = os.path.join(root, name.split("/")[0])
    linked = "\0" not in name and os.path.islink(first) and "/" in name
    return name if linked else by_parts(root, name)


def other_letters(root, name):
    by_small = {f.lower(): f for f in os.listdir(root)}
    return by_parts(root, name) or by_parts(root, by_small.get(name.lower(), ""))


def found_by_pattern(root, name):
    special = "\0" in name or refused(name) or name in ("", ".")
    found = [] if special else sorted(Path(root).glob(name))
    return by_parts(root, name) or (by_parts(root, found[0].name) if found else None)


INSIDE = "inside"
RIGHT = [(INSIDE, by_the_loader), (INSIDE, by_parts)]
WRONG = [
    (INSIDE, lambda root, name: name if by_parts(root, name) else None, "one name"),
    (INSIDE, unless(lambda n: ".." in n), "'..png'", "stand alone"),
    (INSIDE, unless(lambda n: "/.." in n, wherever), "'sub/../../secret.png'", "refused"),
    (INSIDE, unless(lambda n: n == "sub/../a.png", wherever), "'sub/../a.png'", "refused"),
    (INSIDE, unless(lambda n: n[:2] == "..", lambda r, n: 1 / 0), "ZeroDivisionError"),
    (INSIDE, unless(lambda n: n.startswith("/"), wherever), ".../secret.png'", "as it stands"),
    (INSIDE, lambda r, n: by_parts(r, n.lstrip("/")), "'/a.png'", "as it stands"),
    (INSIDE, lambda r, n: by_parts(r, n.lower()), "'Cat.png'", "what is written"),
    (INSIDE, other_letters, "'CAT.png'", "what is written"),
    (INSIDE, lambda r, n: by_parts(r, n.strip()), "' a.png'", "what is written"),
    (INSIDE, unless(lambda n: n != n.strip()), "' cat.png'", "what is written"),
    (INSIDE, lambda r, n: by_parts(r, unquote(n)), "'sub%2Fb.png'", "what is written"),
    (INSIDE, lambda r, n: by_parts(r, n.split("?")[0]), "'a.png?x'", "what is written"),
    (INSIDE, unless(lambda n: "%" in n), "'100%25.png'", "what is written"),
    (INSIDE, unless(lambda n: n[-4:] != ".png"), "'notes'", "Any file"),
    (INSIDE, unless(lambda n: n.startswith(".")), "'.hidden'", "Any file"),
    (INSIDE, unless(lambda n: " " in n), "größe", "its name"),
    (INSIDE, lambda r, n: by_parts(r, n) or by_parts(r, f"sub/{n}"), "'b.png'", "No such file"),
    (INSIDE, unless(lambda n: len(n) > 255), "one name"),
    (INSIDE, found_by_pattern, "'?.png'", "what is written"),
    (INSIDE, lambda r, n: by_parts(r, n.replace("\\", "/")), "'sub\\\\b.png'", "backslash"),
    (INSIDE, unless(lambda n: n == "sub\\c.png", wherever), "'sub\\\\c.png'", "backslash"),
    (INSIDE, unless(lambda n: "\0" in n, wherever), "ValueError", "nothing is raised"),
    (INSIDE, unless(lambda n: "\ud800" in n, wherever), "UnicodeEncodeError", "is raised"),
    (INSIDE, unless(lambda n: len(n) > 255, wherever), "OSError", "nothing is raised"),
    (INSIDE, unless(lambda n: "itself" in n, lambda r, n: os.stat(Path(r, n))), "is raised"),
    (INSIDE, unless(lambda n: n == "socket", lambda r, n: n), "'socket'", "for ever"),
    (INSIDE, unless(lambda n: n == "sub", lambda r, n: n), "'sub'", "no picture"),
    (INSIDE, unless(lambda n: n in ("", "."), lambda r, n: n), "'.'", "no picture"),
    (INSIDE, unless(lambda n: n == "link_to_nowhere.png", lambda r, n: n), "No such file"),
    (INSIDE, links_trusted, "'link_to_secret.png'", "A link is followed"),
    (INSIDE, folders_trusted, "'link_up/secret.png'", "A link is followed"),
    (INSIDE, lambda r, n: None if os.path.islink(r) else by_parts(r, n), "a link to the folder",
     "the folder itself"),
    (INSIDE, lambda r, n: r.resolve() and by_parts(r, n), "the folder as text", "AttributeError"),
    (INSIDE, lambda r, n: by_parts(r, n) and str(resolved(r, n)), "got '.../photos/a.png'"),
]  # fmt: skip
