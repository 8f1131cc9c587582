"""Answers to the exercises on credit for parts of an input, by other routes."""

from itertools import permutations

import numpy as np

SHAPLEY, CAM, PATH = "shapley_values", "grad_cam_gradient", "integrated_gradients"


def by_orders(values):
    """Order by order."""
    count = values.shape[1].bit_length() - 1
    total, orders = np.zeros((len(values), count)), list(permutations(range(count)))
    for order in orders:
        column = 0
        for i in order:
            total[:, i] += values[:, column | 1 << i] - values[:, column]
            column |= 1 << i
    return total / len(orders)


def by_places(grad, activations, slopes):
    """Place by place."""
    weights = np.einsum("bchw->bc", slopes) / slopes[0, 0].size
    sums = np.einsum("bc,bchw->bhw", weights, activations)
    back = grad * (sums > 0)
    of_weights = np.einsum("bhw,bchw->bc", back, activations) / slopes[0, 0].size
    return np.einsum("bc,bhw->bchw", weights, back), 0 * slopes + of_weights[..., None, None]


def by_rows(inputs, baselines, weight, bias, output, steps, start=0.5):
    """Row by row, all steps at once."""
    rows = []
    for x, b in zip(inputs, baselines):
        share = (np.arange(steps) + start) / steps
        h = np.tanh(weight @ (np.outer(x, share) + np.outer(b, 1 - share)) + bias[:, None])
        rows.append((x - b) * (weight.T @ (output[:, None] * (1 - h) * (1 + h))).mean(1))
    return np.array(rows)


RIGHT = [(SHAPLEY, by_orders), (CAM, by_places), (PATH, by_rows)]
WRONG = [
    (SHAPLEY, lambda v: by_orders(v)[:, ::-1], "lowest bit"),
    (SHAPLEY, lambda v: by_orders(v).T, "expected the shape"),
    (CAM, lambda g, A, s: by_places(g, A, s)[::-1], "activations"),
    (CAM, lambda g, A, s: by_places(g, np.abs(A), s), "two rows, three channels"),
    (PATH, lambda x, b, W, c, v, n: by_rows(x, b, W, c, v, n, 1.0), "middle of each part"),
]
