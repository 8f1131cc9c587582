"""Answers to the exercises on measures of retrieval."""

import numpy as np

RECALL = "recall_at_k_of_ties"


def recall(scores, right, k):
    """The share of the places that the right item may stand on."""
    found = []
    for row, one in zip(scores, right, strict=True):
        first = sum(x > row[one] for x in row) + 1
        places = range(first, first + sum(x == row[one] for x in row))
        found.append(np.mean([place <= k for place in places]))
    return np.mean(found)


def as_sorted(scores, right, k):
    """In the order in which a sort leaves them."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.mean((order == right[:, None]).any(axis=1))


RIGHT = [(RECALL, recall)]
WRONG = [
    (RECALL, as_sorted, "places"),
    (RECALL, lambda s, r, k: recall(s, r, min(k, 7)), "k as large as the gallery"),
]
