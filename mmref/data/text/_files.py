"""Vocabularies in files: JSON, which holds data and no code."""

import json
from pathlib import Path

from mmref.errors import ShapeError


def write_json(path, content):
    """Write one JSON object. Other than ASCII is escaped: half a surrogate pair comes back too."""
    Path(path).write_text(json.dumps(content), encoding="utf-8")


def read_json(path, types):
    """Read a JSON object that has these keys, with values of these types."""
    text = Path(path).read_text(encoding="utf-8")
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise ShapeError(f"{path}", "a JSON file", error) from None
    expected = "an object with " + ", ".join(f"{k} ({t.__name__})" for k, t in types.items())
    if not isinstance(content, dict):
        raise ShapeError(f"{path}", expected, type(content).__name__)
    if not all(isinstance(content.get(key), kind) for key, kind in types.items()):
        found = {key: type(value).__name__ for key, value in content.items()}
        raise ShapeError(f"{path}", expected, found)
    return content
