"""Was the right one found, and how far up? Scores of queries and items, and which are right.

Items with one score have no order. Whoever ranks by counting better ones gives a model that says
the same of everything a perfect mark; here a number is the mean over all orders of the tied, in
closed form. A run of n tied items, r of them right, begins after a others, of which c are right.
"""

import numpy as np

from mmref.contract.arrays import check_floats, check_shape, check_some, check_truths
from mmref.contract.data import to_array
from mmref.contract.settings import check_count
from mmref.errors import ShapeError
from mmref.types import Array


def recall_at_k(scores: Array, relevant: Array, k: int = 1) -> float:
    """The share of the queries that have a right item among their first k: Recall@K.

    That is what papers on images and text report; torchmetrics calls it hit rate. With one right
    item a query it is the recall of information retrieval, too: the share of the right items.

    Formula
        A query has 1 if k > a + n - r for its first run with a right item, 0 if k <= a, else
        1 - C(n - r, k - a) / C(n, k - a)

    Args
        scores: (Q, N) floats, larger = more similar. Minus infinity is the last of all.
        relevant: (Q, N) boolean, True = a right answer; each query has one at least.
        k: how many are looked at; beyond N all are.

    Errors
        ShapeError: no floats (Q, N), relevant not boolean (Q, N), no query. ValueError: a score of
        NaN, a query without a right answer, k below 1.

    >>> recall_at_k(np.array([[0.9, 0.8, 0.1]]), np.array([[False, True, False]]), k=2)
    1.0
    >>> recall_at_k(np.zeros((1, 4)), np.eye(4, dtype=bool)[:1])  # all alike: by chance
    0.25
    """
    check_count("k", k)
    scores, relevant = _checked(scores, relevant)
    return float(np.mean([1 - _none_among(k, *run) for run in _first(scores, relevant)]))


def mean_reciprocal_rank(scores: Array, relevant: Array) -> float:
    """The mean over the queries of 1 / rank of the first right item: MRR.

    Formula
        sum_k (chance that the first right item is number k) / k

    Args, errors: as :func:`recall_at_k`.

    >>> mean_reciprocal_rank(np.array([[0.9, 0.8, 0.1]]), np.array([[False, True, False]]))
    0.5
    """
    scores, relevant = _checked(scores, relevant)
    total = 0.0
    for a, n, r in _first(scores, relevant):
        missing = np.cumprod(1 - r / (n - np.arange(n - r + 1)))  # none among a + 1, a + 2, ...
        chances = -np.diff(missing, prepend=1)
        total += np.sum(chances / np.arange(a + 1, a + len(chances) + 1))
    return float(total / len(scores))


def mean_average_precision(scores: Array, relevant: Array) -> float:
    """The mean over the queries of the average precision, in which all right items count: mAP.

    Formula
        AP = 1/R sum over the right items of (right items up to this one) / (its rank); the j-th of
        a run of tied ones is right with the chance r / n, and then has
        c + 1 + (j - 1)(r - 1) / (n - 1) right ones up to it

    Args, errors: as :func:`recall_at_k`. R: how many are right for the query.

    Source
        McSherry and Najork, "Computing information retrieval performance measures efficiently in
        the presence of tied scores", ECIR 2008.

    >>> right = np.array([[False, True, True, False]])
    >>> round(mean_average_precision(np.array([[4.0, 3.0, 2.0, 1.0]]), right), 4)  # 1/2, 2/3
    0.5833
    """
    scores, relevant = _checked(scores, relevant)
    found = [_average_precision(_runs(*pair)) for pair in zip(scores, relevant, strict=True)]
    return float(np.mean(found))


def _average_precision(runs):
    total = 0.0
    for a, n, r, c in runs:
        if r:
            j = np.arange(n)
            found = c + 1 + j * (r - 1) / max(n - 1, 1)
            total += r / n * np.sum(found / (a + 1 + j))
    return total / sum(r for _, _, r, _ in runs)


def _checked(scores, relevant):
    scores, relevant = to_array("scores", scores), to_array("relevant", relevant)
    check_floats("scores", scores)
    check_shape("scores", scores, "Q", "N")
    check_some("scores", scores, "query", 0)
    check_truths("relevant", relevant, "a right answer")
    if relevant.shape != scores.shape:
        raise ShapeError("relevant", f"{scores.shape} as scores", relevant.shape)
    if np.isnan(scores).any():
        raise ValueError(f"scores: expected numbers, got nan for query {_where(np.isnan(scores))}")
    if not relevant.any(axis=1).all():
        without = int(np.argmin(relevant.any(axis=1)))
        raise ValueError(
            f"relevant: expected a right answer for each query, got none for {without}"
        )
    return scores, relevant


def _where(truths):
    return int(np.argmax(truths.any(axis=1)))


def _runs(scores, right):
    """(a, n, r, c) for each run of tied items, the best first."""
    order = np.argsort(-scores, kind="stable")
    sizes = np.unique(-scores, return_counts=True)[1]
    ends = np.cumsum(sizes)
    up_to = np.cumsum(right[order])[ends - 1]  # right ones, this run's included
    before = np.concatenate([[0], up_to[:-1]])
    table = np.stack([ends - sizes, sizes, up_to - before, before], axis=1)
    return table.tolist()


def _first(scores, relevant):
    """(a, n, r) of each query's first run with a right item."""
    top = np.where(relevant, scores, -np.inf).max(axis=1, keepdims=True)
    tied = scores == top
    table = [(scores > top).sum(axis=1), tied.sum(axis=1), (tied & relevant).sum(axis=1)]
    return np.stack(table, axis=1).tolist()


def _none_among(k, a, n, r):
    """The chance that none of the first k is right: C(n - r, k - a) / C(n, k - a)."""
    drawn = min(max(k - a, 0), n)
    if drawn > n - r:
        return 0.0
    return float(np.prod(1 - r / (n - np.arange(drawn))))
