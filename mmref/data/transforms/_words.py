"""Texts at random: words left out and exchanged. Works on ids and their mask, in any language.

Random deletion and random swap of Wei and Zou, "EDA: Easy Data Augmentation Techniques for
Boosting Performance on Text Classification Tasks", EMNLP 2019.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from mmref.contract.arrays import check_integers, check_shape, check_truths
from mmref.contract.data import to_array
from mmref.contract.settings import check_choice, check_count, check_kind, check_number
from mmref.data.text import PAD
from mmref.data.transforms._random import Generators, check_rng, uniform
from mmref.types import Array


def drop_words(
    ids: Array,
    mask: Array,
    rng: Generators,
    share: float = 0.1,
    replacement: int | None = None,
    keep: Sequence[int] = (),
    side: str = "right",
) -> tuple[Array, Array]:
    """Leave out each token with probability ``share``; return new ids and mask, both (B, T).

    ids: (B, T) whole numbers. mask: (B, T) bool, True = a token.
    replacement: an id, such as UNKNOWN, to put in a token's place. Without it the others close
        up, the padding grows on its ``side``, "right" or "left", and each text keeps at least
        one of the tokens that could go.
    keep: ids that are never left out, such as BEGIN and END.

    >>> ids = np.array([[5, 6, 7, 8], [9, 0, 0, 0]])
    >>> mask = ids != 0
    >>> drop_words(ids, mask, np.random.default_rng(1), share=0.5)[0]
    array([[5, 6, 8, 0],
           [9, 0, 0, 0]])
    >>> drop_words(ids, mask, np.random.default_rng(1), share=0.5, replacement=1)[0]
    array([[5, 6, 1, 8],
           [1, 0, 0, 0]])
    """
    movable = _movable(ids, mask, rng, keep)
    check_number("share", share, 0, 1, closed=True)
    check_choice("side", side, ("right", "left"))
    if replacement is not None:
        check_count("replacement", replacement, 0)
    score = np.full(ids.shape, -1.0)
    counts = mask.sum(1)
    # As many numbers as tokens: the padding, which depends on the batch, uses none.
    if isinstance(rng, np.random.Generator):
        score[mask] = rng.random(counts.sum())
    else:
        score[mask] = np.concatenate([[], *(g.random(k) for g, k in zip(rng, counts, strict=True))])
    dropped = movable & (score < share)
    if replacement is not None:
        return np.where(dropped, replacement, ids), mask.copy()
    score[~movable] = -1
    emptied = dropped.any(1) & (dropped == movable).all(1)
    dropped[emptied, score[emptied].argmax(1)] = False
    left = mask & ~dropped
    order = np.argsort(~left if side == "right" else left, 1, kind="stable")
    mask = np.take_along_axis(left, order, 1)
    return np.where(mask, np.take_along_axis(ids, order, 1), PAD), mask


def swap_words(
    ids: Array, mask: Array, rng: Generators, swaps: int = 1, keep: Sequence[int] = ()
) -> tuple[Array, Array]:
    """Exchange two tokens of each text, ``swaps`` times; return new ids and mask, both (B, T).

    ids, mask, keep: as in ``drop_words``. The two are at different places, any of them; a text
    with fewer than two tokens stays as it is. A model that ignores order sees no difference.

    >>> ids = np.array([[5, 6, 7, 0]])
    >>> swap_words(ids, ids != 0, np.random.default_rng(0))[0]
    array([[5, 7, 6, 0]])
    """
    movable = _movable(ids, mask, rng, keep)
    check_count("swaps", swaps, 0)
    ids = ids.copy()
    counts = movable.sum(1)
    places = np.argsort(~movable, 1, kind="stable")  # the movable tokens' first
    rows = np.flatnonzero(counts > 1)
    for _ in range(swaps):
        first = (uniform(rng, 0, 1, len(ids)) * counts).astype(int)
        further = 1 + (uniform(rng, 0, 1, len(ids)) * (counts - 1)).astype(int)
        second = (first + further) % np.maximum(counts, 1)
        one, other = places[rows, first[rows]], places[rows, second[rows]]
        ids[rows, one], ids[rows, other] = ids[rows, other], ids[rows, one]
    return ids, mask.copy()


def _movable(ids, mask, rng, keep):
    """Check the arguments; return which places hold tokens that may change."""
    check_integers("ids", ids, "B", "T", kind=np.ndarray)
    check_truths("mask", mask, "a token", kind=np.ndarray)
    check_shape("mask", mask, B=ids.shape[0], T=ids.shape[1])
    check_rng(rng, len(ids))
    check_kind("keep", keep, Iterable, "a sequence of ids")
    keep = to_array("keep", list(keep))
    if keep.size:  # an empty list is of floats
        check_integers("keep", keep, "K")
    return mask & ~np.isin(ids, keep)
