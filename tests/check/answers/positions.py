"""Answers to the exercise on positions."""

import numpy as np

POSITIONS = "sinusoidal_positions"


def waves(length, dim):
    angles = np.arange(length)[:, None] / 10000 ** (np.arange(0, dim, 2) / dim)
    out = np.empty((length, dim))
    out[:, 0::2], out[:, 1::2] = np.sin(angles), np.cos(angles)
    return out


def in_loops(length, dim):
    out = np.zeros((length, dim))
    for t in range(length):
        for i in range(dim // 2):
            angle = t * 10000.0 ** (-2 * i / dim)
            out[t, 2 * i], out[t, 2 * i + 1] = np.sin(angle), np.cos(angle)
    return out


def by_logarithms(length, dim):
    """As it is often printed, through exp and log."""
    frequencies = np.exp(np.arange(0, dim, 2) * -(np.log(10000.0) / dim))
    turns = np.exp(1j * np.outer(np.arange(length), frequencies))
    return np.stack([turns.imag, turns.real], axis=-1).reshape(length, dim)


def of_single_precision(length, dim):
    angles = np.arange(length, dtype="float32")[:, None] / np.float32(10000) ** (
        np.arange(0, dim, 2, dtype="float32") / dim
    )
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, dim)


RIGHT = [(POSITIONS, waves), (POSITIONS, in_loops), (POSITIONS, by_logarithms)]
WRONG = [
    (POSITIONS, lambda t, d: waves(t, d).T, "got (8, 6)", "axes are swapped"),
    (POSITIONS, lambda t, d: waves(t, d).squeeze(), "one step", "squeezed"),
    (POSITIONS, lambda t, d: waves(512, d)[:t], "a thousand steps", "none is known beforehand"),
    (POSITIONS, lambda t, d: waves(t, 64)[:, :d], "six steps", "Which frequency"),
    (POSITIONS, lambda t, d: waves(t, d) * (np.arange(d) < 64), "more features than steps"),
    (POSITIONS, lambda t, d: of_single_precision(t, d).astype(float), "is there float32"),
    (POSITIONS, of_single_precision, "expected the dtype float64"),
    (POSITIONS, lambda t, d: waves(t, d).tolist(), "a list"),
    (POSITIONS, lambda t, d: waves(t, d)[None], "hint"),
    (POSITIONS, lambda t, d: waves(t, d)[::-1], "six steps"),
]  # fmt: skip
