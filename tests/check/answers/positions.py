"""Answers to the exercise on positions."""

import numpy as np

POSITIONS = "sinusoidal_positions"


def waves(length, dim):
    out = np.zeros((length, dim))
    for t, i in np.ndindex(length, dim // 2):
        angle = t * 10000.0 ** (-2 * i / dim)
        out[t, 2 * i], out[t, 2 * i + 1] = np.sin(angle), np.cos(angle)
    return out


RIGHT = [(POSITIONS, waves)]
WRONG = [
    (POSITIONS, lambda t, d: waves(512, d)[:t], "a thousand steps", "none is known beforehand"),
    (POSITIONS, lambda t, d: waves(t, 64)[:, :d], "six steps", "Which frequency"),
    (POSITIONS, lambda t, d: waves(t, d) * (np.arange(d) < 64), "more features than steps"),
    (POSITIONS, lambda t, d: waves(t, d)[::-1], "six steps"),
]
