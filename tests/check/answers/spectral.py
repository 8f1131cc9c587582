"""Answers to the exercise on power iteration."""

import numpy as np

NAME = "power_iteration_norm"


def sigma(weight, u, steps, small=0.0):
    for _ in range(steps):
        v = weight.T @ u
        v = v / (np.linalg.norm(v) + small)
        u = weight @ v
        u = u / (np.linalg.norm(u) + small)
    return float(u @ weight @ v)


RIGHT = [(NAME, sigma)]
WRONG = [
    (NAME, lambda W, u, n: sigma(W, u, 1), "three steps", "steps has no effect"),
    (NAME, lambda W, u, n: sigma(W, u, min(n, 9)), "fifty steps"),
    (NAME, lambda W, u, n: sigma(W.T, u, n), "raised ValueError"),
    (NAME, lambda W, u, n: sigma(W.T if len(W) == W.shape[1] else W, u, n), "a square matrix",
     "W transposed"),
    (NAME, lambda *a: sigma(*a, 1e-12), "near 1e-9", "outweighs"),
    (NAME, lambda *a: sigma(*a, 1e-7), "a small constant"),
]  # fmt: skip
