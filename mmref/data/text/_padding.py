"""The special ids, and rows of ids of any length as one array with a mask."""

from collections.abc import Iterable, Sequence

import numpy as np

from mmref.contract.arrays import check_integers, check_range
from mmref.contract.data import check_memory, to_array
from mmref.contract.settings import check_choice, check_count, check_flags, check_kind
from mmref.errors import ShapeError
from mmref.types import Array

PAD = 0
UNKNOWN = 1
BEGIN = 2  # where a vocabulary has ends
END = 3
_MOST = 2**63  # ids are of 64 bits
NAMES = ("[PAD]", "[UNK]", "[BEGIN]", "[END]")


def pad(
    rows: Sequence[Sequence[int]],
    length: int | None = None,
    truncate: bool = False,
    side: str = "right",
    ends: bool = False,
) -> tuple[Array, Array]:
    """Return rows of ids as one array (B, T) int64, and a mask (B, T) bool, True = a token.

    rows: integers from 0, of any number.
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
    check_choice("side", side, ("right", "left"))
    check_flags(truncate=truncate, ends=ends)
    check_kind("rows", rows, Iterable, "rows of ids")
    extra = 2 if ends else 0
    rows = _lists(rows)
    longest = max((len(row) for row in rows), default=0) + extra
    lowest = max(extra, 1)
    if length is None:
        length = max(longest, lowest)
    check_count("length", length, lowest)
    if longest > length and not truncate:
        raise ShapeError(
            "length", f"at least {longest}, the longest text's (or truncate=True)", length
        )
    check_memory("length", length, len(rows) * 9)  # an id and its mask
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


def next_words(ids: Array) -> tuple[Array, Array, Array]:
    """What a model that writes reads, what it is to say, and where that is a word.

    ids: (B, T) integers, T at least 2; each row begins with BEGIN, as ``Vocabulary(ends=True)``
    encodes it. Returns the words before and the words that come next, (B, T - 1) each, and a mask
    (B, T - 1) bool, True where a word comes next.

    The labels are shifted here, once. Whoever shifts twice trains a model to say the word after
    the next; rows that do not begin with BEGIN raise ValueError, and what was shifted before does
    not.

    >>> before, after, mask = next_words(np.array([[2, 7, 8, 3], [2, 9, 3, 0]]))
    >>> before
    array([[2, 7, 8],
           [2, 9, 3]])
    >>> after
    array([[7, 8, 3],
           [9, 3, 0]])
    >>> mask.sum(1)
    array([3, 2])
    """
    ids = to_array("ids", ids)
    check_integers("ids", ids, "B", "T")
    if ids.shape[1] < 2:
        raise ShapeError("ids", "at least 2 steps", ids.shape)
    others = np.flatnonzero(ids[:, 0] != BEGIN)
    if len(others):
        row = others[0]
        expected = f"{BEGIN} ([BEGIN]) first"
        raise ValueError(f"ids[{row}]: expected {expected}, got {ids[row, 0]}: shifted before?")
    return ids[:, :-1], ids[:, 1:], ids[:, 1:] != PAD


def unpad(ids: Array, size: int, ends: bool) -> list[list[int]]:
    """Return the ids of each row's tokens: no padding, no BEGIN, nothing from END on."""
    ids = to_array("ids", ids)
    check_integers("ids", ids, "B", "T")
    if ids.size:
        check_range("ids", ids.min(), ids.max(), size, "len(vocabulary)")
    rows = []
    for row in ids.tolist():
        if ends and END in row:
            row = row[: row.index(END)]
        rows.append([i for i in row if i != PAD and not (ends and i == BEGIN)])
    return rows


def _lists(rows):
    """Rows as lists of ids from 0. All are checked at once; one by one to find which is wrong."""
    try:
        lists = [list(row) for row in rows]
        ids = np.asarray([i for row in lists for i in row] or [0])
        right = ids.dtype.kind in "iu" and 0 <= ids.min() <= ids.max() < _MOST
    except (TypeError, ValueError):
        right = False
    if right:
        return lists
    for i, row in enumerate(rows):
        _check_row(f"rows[{i}]", row)
    raise ShapeError("rows", "rows of ids", "other ones")


def _check_row(name, row):
    row = to_array(name, row)
    if row.shape != (0,):  # an empty list is of floats
        check_integers(name, row, "T")
        check_range(name, row.min(), row.max(), _MOST)
