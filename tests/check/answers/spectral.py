"""Answers to the exercise on power iteration."""

import numpy as np


def unit(x, small=0.0):
    return x / (np.linalg.norm(x) + small)


def sigma(weight, start, steps, unit=unit):
    u = start
    for _ in range(steps):
        v = unit(weight.T @ u)
        u = unit(weight @ v)
    return u @ weight @ v


def sigma_as_length(weight, start, steps):
    for _ in range(steps):
        v = unit(weight.T @ start)
        start = weight @ v
    return float(np.linalg.norm(start))


def floored(x):
    """As PyTorch's ``normalize`` does."""
    return x / max(np.linalg.norm(x), 1e-12)


def other_way(weight, start, steps):
    u = start
    for _ in range(steps):
        v = unit(weight @ u)
        u = unit(weight.T @ v)
    return u @ weight @ v


def by_chance(weight, start, steps):
    return sigma(weight, np.random.default_rng(0).normal(size=len(weight)), steps)


NAME = "power_iteration_norm"
RIGHT = [(NAME, sigma), (NAME, sigma_as_length), (NAME, lambda *a: sigma(*a, unit=floored))]
WRONG = [
    (NAME, lambda W, u, n: sigma(W, u, 1), "three steps", "steps has no effect"),
    (NAME, lambda W, u, n: sigma(W, u, 20), "one step", "steps has no effect"),
    (NAME, lambda W, u, n: sigma(W, u, min(n, 9)), "fifty steps"),
    (NAME, other_way, "raised ValueError"),
    (NAME, lambda W, u, n: other_way(W, u, n) if len(W) == len(u) == W.shape[1] else sigma(W, u, n),
     "a square matrix", "W transposed"),
    (NAME, by_chance, "one step", "start has no effect"),
    (NAME, lambda *a: sigma(*a, unit=lambda x: unit(x, 1e-12)), "near 1e-9", "outweighs"),
    (NAME, lambda *a: sigma(*a, unit=lambda x: unit(x, 1e-7)), "a small constant"),
    (NAME, lambda *a: min(sigma(*a), 10.0), "1000 and more", "clipped"),
    (NAME, lambda W, u, n: sigma(W[:4], u[:4], n), "longer axes"),
    (NAME, lambda *a: np.array([sigma(*a)]), "expected the shape (), got (1,)"),
    (NAME, lambda W, u, n: sigma(W, u / max(np.linalg.norm(u), 1), n) * max(np.linalg.norm(u), 5),
     "one step"),
]  # fmt: skip
