"""Answers to the exercises on heads and on a cache."""

import numpy as np

from tests.check.answers.softmax import by_logarithms as softmax

SPLIT, CACHED = "split_heads", "cached_attention"


def split(x, heads):
    return np.stack(np.split(x, heads, axis=2), axis=1)


def step_by_step(queries, keys, values, past_keys, past_values):
    out = []
    for t in range(queries.shape[1]):
        past_keys = np.concatenate([past_keys, keys[:, t : t + 1]], axis=1)
        past_values = np.concatenate([past_values, values[:, t : t + 1]], axis=1)
        s = queries[:, t : t + 1] @ past_keys.swapaxes(1, 2) / np.sqrt(queries.shape[2])
        out.append(softmax(s) @ past_values)
    return np.concatenate(out, axis=1)


def scaled(width):
    """By the root of another width."""
    return lambda q, k, v, *past: step_by_step(q * np.sqrt(q.shape[-1] / width(q, v)), k, v, *past)


RIGHT = [(SPLIT, split), (CACHED, step_by_step)]
WRONG = [
    (SPLIT, lambda x, heads: split(x, 3), "hint"),
    (SPLIT, lambda x, heads: split(x, x.shape[2] // heads), "hint"),
    (CACHED, scaled(lambda q, v: v.shape[-1]), "all six steps and itself"),
    (CACHED, scaled(lambda q, v: 4), "longer axes", "known beforehand"),
    (CACHED, lambda *args: step_by_step(*args)[:, -1:], "three new steps", "hint"),
    (CACHED, lambda q, k, v, pk, pv: step_by_step(q, k, v, pk[:, -6:], pv[:, -6:]), "longer axes"),
]
