"""Graphs to be drawn, and wrong ways to weigh neighbors, that exercises on graphs share."""

import numpy as np

from mmref.check.exercise import case, plus, put

LOOPS = "Each node receives from itself too, once, whatever the diagonal of the adjacency says."
DEGREES = "Divide by the root of both degrees, the receiver's and the sender's, itself counted."
PADDING = "A node that is not there sends nothing, counts in no degree, and its row is 0."
GAPS = "0 times not-a-number is not-a-number: select, do not multiply."
TURNED = "The row receives, the column sends: is a matrix transposed?"
ALONE = "A node without neighbors has itself, and the degree 1."


def edges(rng, B, N, **_):
    return rng.random((B, N, N)) < 0.4


def there(rng, B, N, **_):
    return np.arange(N) < N - np.arange(B)[:, None] % N  # each graph one node smaller


def smoothing(adjacency, present, loops=True, weigh=None, turn=False, clear=True):
    """S (B, N, N), or a wrong one."""
    keep = np.swapaxes(adjacency, 1, 2) if turn else adjacency
    eye = np.eye(adjacency.shape[1], dtype=bool)
    keep = keep | eye if loops is True else (keep * 1 + eye * 1 if loops else keep)
    if clear:
        keep = keep * present[:, None] * present[:, :, None]
    d = np.maximum(keep.sum(axis=-1), 1)
    weigh = weigh or (lambda d: 1 / np.sqrt(d[:, :, None] * d[:, None]))
    return keep * weigh(d)


WEIGHTS = (
    lambda d: 1.0,
    lambda d: 1 / d[:, :, None],
    lambda d: 1 / d[:, None],
    lambda d: 1 / (d[:, :, None] * d[:, None]),
)
HOSTILE = (
    case("no edge at all", ALONE, {"adjacency": put(np.s_[:], False), "present": plus(True)}),
    case("ones on the diagonal already", LOOPS,
         {"adjacency": lambda a: a | np.eye(a.shape[1], dtype=bool), "present": plus(True)}),
    case("the second graph has a node less", PADDING),
    case("a graph without nodes", PADDING, {"present": put(0, False)}),
    case("not-a-number in a node that is not there", GAPS,
         {"nodes": put((-1, -1), np.nan), "present": put((-1, -1), False)}),
)  # fmt: skip
