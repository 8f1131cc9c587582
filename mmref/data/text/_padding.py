"""The special ids, and rows of ids of any length as one array with a mask."""

from collections.abc import Sequence

import numpy as np

from mmref.errors import ChoiceError, ShapeError
from mmref.types import Array

PAD = 0
UNKNOWN = 1
BEGIN = 2  # where a vocabulary has ends
END = 3
NAMES = ("[PAD]", "[UNK]", "[BEGIN]", "[END]")


def pad(
    rows: Sequence[Sequence[int]],
    length: int | None = None,
    truncate: bool = False,
    side: str = "right",
    ends: bool = False,
) -> tuple[Array, Array]:
    """Return rows of ids as one array (B, T) int64, and a mask (B, T) bool, True = a token.

    T is ``length``, or the longest row's, and at least 1 (2 with ``ends``). A row that is longer
    than ``length`` raises ShapeError, unless ``truncate`` allows to drop its end.

    side: where the padding goes, "right" or "left".
    ends: put BEGIN before each row and END after it; truncation drops what comes before END.
        A model that writes texts reads ``ids[:, :-1]`` and is to predict ``ids[:, 1:]``.

    >>> ids, mask = pad([[5, 6, 7], [8], []])
    >>> ids
    array([[5, 6, 7],
           [8, 0, 0],
           [0, 0, 0]])
    >>> mask.sum(1)
    array([3, 1, 0])
    >>> pad([[5, 6, 7], [8]], length=4, truncate=True, ends=True)[0]
    array([[2, 5, 6, 3],
           [2, 8, 3, 0]])
    """
    if side not in ("right", "left"):
        raise ChoiceError("side", side, ("right", "left"))
    extra = 2 if ends else 0
    rows = [list(row) for row in rows]
    longest = max((len(row) for row in rows), default=0) + extra
    lowest = max(extra, 1)
    if length is None:
        length = max(longest, lowest)
    if length < lowest:
        raise ShapeError("length", f"at least {lowest}", length)
    if longest > length and not truncate:
        raise ShapeError(
            "length", f"at least {longest}, the longest text's (or truncate=True)", length
        )
    ids = np.full((len(rows), length), PAD, np.int64)
    mask = np.zeros((len(rows), length), bool)
    for i, row in enumerate(rows):
        row = row[: length - extra]
        if ends:
            row = [BEGIN, *row, END]
        start = 0 if side == "right" else length - len(row)
        ids[i, start : start + len(row)] = row
        mask[i, start : start + len(row)] = True
    return ids, mask


def unpad(ids: Array, size: int, ends: bool) -> list[list[int]]:
    """Return the ids of each row's tokens: no padding, no BEGIN, nothing from END on."""
    ids = np.asarray(ids)
    if ids.ndim != 2:
        raise ShapeError("ids", "(B, T)", ids.shape)
    if ids.size and not 0 <= ids.min() <= ids.max() < size:
        raise ShapeError("ids", f"0 to {size - 1}", f"{ids.min()} to {ids.max()}")
    rows = []
    for row in ids.tolist():
        if ends and END in row:
            row = row[: row.index(END)]
        rows.append([i for i in row if i != PAD and not (ends and i == BEGIN)])
    return rows


def check_texts(texts: Sequence[str]) -> Sequence[str]:
    """A single text is a sequence too, of characters: a mistake that would go unseen."""
    if isinstance(texts, str):
        raise ShapeError("texts", "a sequence of texts", f"one text, {texts!r}")
    return texts
