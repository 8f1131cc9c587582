"""Vocabularies in files: JSON, which holds data and no code."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmref.data._files import to_read, to_write
from mmref.errors import DataError


def write_json(path: str | Path, content: Mapping) -> None:
    """Write one JSON object. Other than ASCII is escaped: half a surrogate pair comes back too."""
    with to_write(path) as part:
        part.write_text(json.dumps(content), encoding="utf-8")


def read_json(path: str | Path, types: Mapping[str, type]) -> dict[str, Any]:
    """Read a JSON object that has these keys, with values of these types; DataError otherwise."""
    path = to_read(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, or endlessly nested
        raise DataError(path, "not JSON", error) from None
    return check_content(path, content, types)


def check_content(name: object, content: object, types: Mapping[str, type]) -> dict[str, Any]:
    """What came out of JSON, if it is an object with these keys and types; DataError otherwise."""
    expected = "an object with " + ", ".join(f"{k} ({t.__name__})" for k, t in types.items())
    if not isinstance(content, dict):
        raise DataError(name, "unknown content", f"expected {expected}, got {content!r:.60}")
    if not all(isinstance(content.get(key), kind) for key, kind in types.items()):
        found = ", ".join(f"{key} ({type(value).__name__})" for key, value in content.items())
        raise DataError(name, "unknown content", f"expected {expected}, got {found or 'nothing'}")
    return content
