"""Answers to inside."""

import os
from pathlib import Path, PurePosixPath

from tests.unit.check_answers.tables import right, wrong


@right("inside")
def by_parts(root, name):
    top = Path(root).resolve()
    path = (top / name).resolve()
    if top in path.parents and path.is_file():
        return "/".join(path.parts[len(top.parts) :])
    return None


@right("inside")
def by_common_path(root, name):
    top = os.path.realpath(root)
    path = os.path.realpath(os.path.join(top, name))
    if os.path.commonpath([top, path]) != top or not os.path.isfile(path):
        return None
    return os.path.relpath(path, top).replace(os.sep, "/")


@wrong("inside", "the folder beside it", "whole parts")
def by_the_start(root, name):
    top, path = os.path.realpath(root), os.path.realpath(os.path.join(root, name))
    inside = path.startswith(top) and os.path.isfile(path)
    return os.path.relpath(path, top).replace(os.sep, "/") if inside else None


@wrong("inside", "no such file", "was not asked")
def whether_there_or_not(root, name):
    top = Path(root).resolve()
    path = (top / name).resolve()
    return path.relative_to(top).as_posix() if path.is_relative_to(top) else None


@wrong("inside", "dots and slashes", "one name")
def as_it_is_written(root, name):
    return name if by_parts(root, name) else None


@wrong("inside", "up and down again", "one name")
def no_dots_at_all(root, name):
    return None if ".." in PurePosixPath(name).parts else by_parts(root, name)


@wrong("inside", "begins with two dots", "Two dots alone")
def nothing_with_dots(root, name):
    return None if name.startswith("..") else by_parts(root, name)


@wrong("inside", "a file above the folder", "Anything is let in")
def anything(root, name):
    path = (Path(root) / name).resolve()
    if not path.is_file():
        return None
    return os.path.relpath(path, Path(root).resolve()).replace(os.sep, "/")


@wrong("inside", "a file above the folder", "raised ValueError", "/secret.png")
def error_instead(root, name):
    path = (Path(root) / name).resolve()
    return path.relative_to(Path(root).resolve()).as_posix() if path.is_file() else None


@wrong("inside", "an absolute name", "begin in the folder")
def relative_names_alone(root, name):
    if name.startswith("/"):
        return name if os.path.isfile(name) else None
    return by_parts(root, name)


@wrong("inside", "down and out", "Where does the name lead")
def dots_at_the_start_alone(root, name):
    if name.startswith("../"):
        return None
    return by_parts(root, name) or (anything(root, name) if ".." in name else None)


@wrong("inside", "a link within", "not followed yet")
def links_by_their_name(root, name):
    path = os.path.normpath(os.path.join(root, name))
    top = os.path.normpath(root)
    inside = path.startswith(top + os.sep) and os.path.isfile(path)
    return os.path.relpath(path, top).replace(os.sep, "/") if inside else None


@wrong("inside", "a link to a file outside", "before one asks")
def first_link_is_trusted(root, name):
    path = Path(root, name)
    if path.is_symlink() and by_parts(root, name) is None and path.is_file():
        return name
    return by_parts(root, name)


@wrong("inside", "a link to a folder outside", "before one asks")
def links_of_files_alone(root, name):
    path = Path(root, name)
    if path.parent.is_symlink() and path.is_file():
        return name
    return by_parts(root, name)


@wrong("inside", "a link to the folder", "follow that one")
def folder_not_followed(root, name):
    path = Path(root, name).resolve()
    top = Path(os.path.abspath(root))
    if Path(root).is_symlink():
        return path.relative_to(top).as_posix() if path.is_relative_to(top) else None
    return by_parts(root, name)


@wrong("inside", "a link that leads nowhere", "FileNotFoundError")
def strictly(root, name):
    path = Path(root, name)
    return by_parts(root, path.resolve(strict=path.is_symlink()))


@wrong("inside", "the folder itself", "no picture")
def folders_too(root, name):
    top = Path(root).resolve()
    path = (top / name).resolve()
    return "." if path == top else by_parts(root, name)


@wrong("inside", "a folder, not a file", "no picture")
def whatever_exists(root, name):
    top = Path(root).resolve()
    path = (top / name).resolve()
    inside = path.is_relative_to(top) and path.exists()
    return path.relative_to(top).as_posix() if inside else None


@wrong("inside", "the folder as text", "AttributeError")
def paths_alone(root, name):
    root.resolve()
    return by_parts(root, name)


@wrong("inside", "expected text or None, got a")
def as_a_path(root, name):
    found = by_parts(root, name)
    return found and Path(found)


@wrong("inside", "expected 'a.png', got '.../photos/a.png'")
def whole_path(root, name):
    return str(Path(root).resolve() / name) if by_parts(root, name) else None
