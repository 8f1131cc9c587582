"""From one cell of a table, a JSON value or an object of a data frame, to a text or a number.

``where`` names the row and ``column`` the column in errors.
"""

import math
from typing import Any

from mmref.contract.data import NUMBER, is_absent
from mmref.contract.settings import is_number
from mmref.errors import DataError

BAD_TEXT = "undecodable text"
BAD_ROW = "malformed row"  # anything that has no kind of its own
EMPTY = "empty cell"
NO_NUMBER = "not a number"


def bad(where: str, column: str, expected: str, value: Any, kind: str = BAD_ROW) -> DataError:
    """The error for one cell."""
    got = f"{value!r:.60}"
    return DataError(where, kind, f"{column}: expected {expected}, got {got}", f"{column} {got}")


def text(where: str, column: str, value: Any) -> str:
    """A text as it is written; "" where nothing is there."""
    if isinstance(value, str):
        # Bytes that are not UTF-8 arrive as lone surrogates, which cannot be encoded again.
        if not value.isascii():
            try:
                value.encode("utf-8")
            except UnicodeEncodeError as error:
                raise DataError(where, BAD_TEXT, f"{column}: not UTF-8: {value!r}") from error
        return value if value.strip() else ""
    if is_absent(value):
        return ""
    raise bad(where, column, "text", value)


def name(where: str, column: str, value: Any) -> str:
    """A text that names something, a class, a row, a brand; numbers do so as well.

    A whole number is written without a point: pandas turns a column of integers with a gap in it
    into floats. True and False name nothing.
    """
    if not isinstance(value, str) and is_number(value) and not is_absent(value):
        return str(int(value)) if value == math.trunc(value) else str(float(value))
    return text(where, column, value)


def number(where: str, column: str, value: Any) -> float:
    """A finite number; ``math.nan`` where nothing is there."""
    if is_absent(value):
        return math.nan
    if isinstance(value, str):
        written = value.strip()
        if written.lower() == "nan":
            return math.nan
        if NUMBER.fullmatch(written):
            value = float(written)
    if not is_number(value) or not math.isfinite(value):
        raise bad(where, column, "a number, with a point before its decimals", value, NO_NUMBER)
    return float(value)


def names(where: str, column: str, value: Any, separator: str) -> tuple[str, ...]:
    """Several names in one cell: a list, or a text with a separator between them."""
    if isinstance(value, str):
        given = text(where, column, value).split(separator)
    elif isinstance(value, list | tuple):
        given = [name(where, column, part) for part in value]
    else:
        raise bad(where, column, f"names with {separator!r} between them, or a list", value)
    return tuple(stripped for part in given if (stripped := part.strip()))


def category(where: str, column: str, value: Any) -> str | None:
    """A name, or None where nothing is there; True and False are names as well here."""
    if type(value).__name__ == "bool":  # Python's or NumPy's
        return str(value)
    return name(where, column, value) or None
