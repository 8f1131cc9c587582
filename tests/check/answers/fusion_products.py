"""Answers to the exercises on gates and outer products, in NumPy."""

import numpy as np

from mmref.reference.fusion import tensor_fusion
from tests.check.answers.softmax import by_logarithms as softmax

GATES, OUTER = "gated_fusion_scores_gradient", "tensor_fusion_features_gradient"


def gates_gradient(grad, h, scores):
    """By the softmax Jacobian of each row and component."""
    found = np.empty_like(h)
    for b, d in np.ndindex(grad.shape):
        alpha = softmax(scores[b, :, d])
        found[b, :, d] = grad[b, d] * (np.diag(alpha) - np.outer(alpha, alpha)) @ h[b, :, d]
    return found


def features_gradient(grad, features, weight):
    """z is linear in one feature, if the others are held: its slope is z at 1 less z at 0."""
    found, zero = [], np.zeros(len(weight))
    for m, x in features.items():
        for i in range(x.shape[1]):
            ends = []
            for number in (1.0, 0.0):
                moved = x.copy()
                moved[:, i] = number
                ends.append(tensor_fusion(features | {m: moved}, weight, zero))
            found.append((grad * (ends[0] - ends[1])).sum(axis=1))
    return np.stack(found, axis=1)


def of_two(grad, features, weight):
    x, y = features.values()
    t = np.einsum("bd,dij->bij", grad, weight.reshape(-1, x.shape[1] + 1, y.shape[1] + 1))
    d_x = t[:, 1:, 0] + np.einsum("bij,bj->bi", t[:, 1:, 1:], y)
    d_y = t[:, 0, 1:] + np.einsum("bij,bi->bj", t[:, 1:, 1:], x)
    return np.hstack([d_x, d_y])


RIGHT = [(GATES, gates_gradient), (OUTER, features_gradient)]
WRONG = [
    (GATES, lambda g, h, a: gates_gradient(g, h[:, :2], a[:, :2]), "three modalities"),
    (OUTER, of_two, "three modalities", "raised ValueError", "Do the shapes fit"),
    (OUTER, lambda *a: features_gradient(*a)[:, ::-1], "expected"),
]
