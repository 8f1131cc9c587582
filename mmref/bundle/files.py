"""A bundle on disk: a folder of two files, replaced as a whole and read with every byte checked."""

import hashlib
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import mmref
from mmref.data import checkpoints
from mmref.data._files import check_path, make_folder
from mmref.data.checkpoints import Checkpoint
from mmref.errors import DataError
from mmref.types import Arrays

CONTENT, WEIGHTS = "bundle.json", "weights.safetensors"
FORMAT = 1


def write(path: str | Path, content: dict[str, Any], arrays: Arrays) -> None:
    """Write a bundle; a full disk or a kill leaves the one that was there before.

    Errors
        DataError: the path is a file's, or that of a folder with anything but a bundle in it.
    """
    path = _folder(path)
    if path.exists() and (others := {file.name for file in path.iterdir()} - {CONTENT, WEIGHTS}):
        detail = f"expected a new name or an older bundle, got a folder with {sorted(others)[:3]}"
        raise DataError(path.name, "no bundle", detail)
    make_folder(path.parent)
    part, old = _beside(path, f"{os.getpid()}.part"), _older(path)
    part.mkdir()
    try:
        checkpoints.save(part / WEIGHTS, arrays, {})
        content = {"format": f"mmref bundle {FORMAT}", **content}
        content["weights"] = _digest(part / WEIGHTS)
        content["sha256"] = _checksum(content)
        (part / CONTENT).write_text(json.dumps(content, indent=1), encoding="utf-8")
        if path.exists():  # no system replaces a full folder in one step: `read` knows of this one
            shutil.rmtree(old, ignore_errors=True)
            os.replace(path, old)
        os.replace(part, path)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def read(path: str | Path) -> dict[str, Any]:
    """What ``bundle.json`` says.

    Errors
        DataError: there is no such folder, no bundle in it, or one that is damaged or newer.
    """
    path = _there(path)
    name = f"{path.name}/{CONTENT}"
    try:
        content = json.loads((path / CONTENT).read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(path.name, "no bundle", f"no {CONTENT} that can be read in it") from error
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, or endlessly nested
        raise DataError(name, "damaged bundle", error) from error
    said = content.get("format") if isinstance(content, dict) else None
    version = re.fullmatch(r"mmref bundle (\d{1,9})", said) if isinstance(said, str) else None
    if version is None:
        raise DataError(name, "foreign bundle", f"expected a bundle of mmref, got format {said!r}")
    if int(version[1]) > FORMAT:
        versions = content.get("versions")
        writer = versions.get("mmref") if isinstance(versions, dict) else None
        detail = (
            f"mmref {writer} wrote {said!r}, and mmref {mmref.__version__} reads up to {FORMAT}"
        )
        raise DataError(name, "newer bundle", detail)
    if content.pop("sha256", None) != _checksum(content):
        raise DataError(name, "damaged bundle", "not the bytes that were written")
    return content


def read_weights(path: str | Path, content: dict[str, Any]) -> Checkpoint:
    """The weights beside a ``bundle.json`` that holds ``content``.

    Errors
        DataError: there are none, or others than were written with it.
    """
    path = _there(path)
    name = f"{path.name}/{WEIGHTS}"
    if not (path / WEIGHTS).is_file():
        raise DataError(name, "missing file", f"a bundle has {CONTENT} and {WEIGHTS}")
    if _digest(path / WEIGHTS) != content.get("weights"):
        raise DataError(name, "damaged bundle", f"not the bytes that were written with {CONTENT}")
    return checkpoints.load(path / WEIGHTS)


def _folder(path):
    """The path, links followed, unless a file has it."""
    check_path("path", path)
    path = Path(path).resolve()
    if path.exists() and not path.is_dir():
        raise DataError(path.name, "no bundle", "expected a folder, got a file")
    return path


def _there(path):
    """The folder to read: the older one where a writer was killed between its two renames."""
    path = _folder(path)
    if path.is_dir():
        return path
    if _older(path).is_dir():
        return _older(path)
    raise DataError(path.name, "missing bundle", f"not found in {path.parent}")


def _older(path):
    return _beside(path, "older")


def _beside(path, word):
    return path.with_name(f".{path.name}.{word}-bundle")


def _digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _checksum(content):
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
