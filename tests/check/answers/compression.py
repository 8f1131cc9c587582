"""Answers to the exercises on compression: right ones by other routes, and wrong ones."""

import numpy as np

GRID, THROUGH = "quantized", "quantized_gradient"
STUDENT, RANK = "distillation_loss_gradient", "low_rank_factors_errors"


def by_nearest(x, scale, zero_point, bits):
    """The nearest of all points of the grid, the even one where two are as near."""
    q = np.arange(-(2 ** (bits - 1)), 2 ** (bits - 1))
    order = np.argsort((q - zero_point) % 2, kind="stable")  # even steps first
    away = np.abs(np.asarray(x)[..., None] / scale - (q - zero_point)[order])
    return scale * (q - zero_point)[order][away.argmin(axis=-1)]


def by_ends(grad, x, scale, zero_point, bits):
    steps = np.rint(x / scale)
    low, high = -(2 ** (bits - 1)) - zero_point, 2 ** (bits - 1) - 1 - zero_point
    return np.where(steps == np.clip(steps, low, high), grad, 0.0)


def by_rows(grad, logits, teacher, temperature):
    rows = []
    for z, t in zip(logits, teacher, strict=True):
        z, t = (np.exp((v - v.max()) / temperature) for v in (z, t))
        rows.append(grad * temperature * (z / z.sum() - t / t.sum()) / len(logits))
    return np.array(rows)


def by_product(weight, rank):
    u, s, v = np.linalg.svd(weight, full_matrices=False)
    left = weight - (u[:, :rank] * s[:rank]) @ v[:rank]
    if rank >= min(weight.shape):
        left = np.zeros_like(left)
    return np.float64(np.linalg.norm(left, 2)), np.float64(np.linalg.norm(left))


RIGHT = [(GRID, by_nearest), (THROUGH, by_ends), (STUDENT, by_rows), (RANK, by_product)]
WRONG = [
    (GRID, lambda x, s, z, b: by_nearest(x, s, z, 8), "bits has no effect"),
    (GRID, lambda x, s, z, b: by_nearest(x, s, z, b) / s, "multiplied by s"),
    (THROUGH, lambda g, x, s, z, b: by_ends(np.ones_like(g), x, s, z, b), "factor"),
    (STUDENT, lambda g, s, t, T: by_rows(g, t, s, T), "reversed"),
    (RANK, lambda w, r: by_product(w, r)[::-1], "order asked for"),
]
