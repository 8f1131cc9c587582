"""Answers to the exercises on diffusion."""

import numpy as np

INTO, BACK, GUIDED, SLOPES = "diffused", "ddim_step", "guided", "velocity_gradient"


def rotated(clean, noise, alpha_bar):
    """By angles: a picture turns into noise."""
    angle = np.arccos(np.sqrt(alpha_bar))
    rows = [np.cos(w) * x + np.sin(w) * n for w, x, n in zip(angle, clean, noise, strict=True)]
    return np.stack(rows)


def stepped(noisy, clean, a, b):
    """x less what its picture is too much, its noise shrunk."""
    rows = []
    for x, x0, one, other in zip(noisy, clean, a, b, strict=True):
        ratio = np.sqrt((1 - other) / (1 - one))
        rows.append(ratio * x + (np.sqrt(other) - ratio * np.sqrt(one)) * x0)
    return np.stack(rows)


def slopes(grad, clean, noise, alpha_bar):
    by_share = []
    for g, x, n, a in zip(grad, clean, noise, alpha_bar, strict=True):
        by_share.append(0.5 * (np.vdot(g, n) * a**-0.5 + np.vdot(g, x) * (1 - a) ** -0.5))
    wide = alpha_bar.reshape(-1, *[1] * (grad.ndim - 1))
    return -np.sqrt(1 - wide) * grad, np.sqrt(wide) * grad, np.array(by_share)


RIGHT = [(INTO, rotated), (BACK, stepped), (SLOPES, slopes),
         (GUIDED, lambda c, u, w: w * c + (1 - w) * u)]  # fmt: skip
WRONG = [
    (INTO, lambda x, n, a: rotated(x, n, np.maximum(a, 1e-6)), "after all steps"),
    (INTO, lambda x, n, a: rotated(np.clip(x, -99, 99), n, a), "bright pictures", "clipped"),
    (BACK, lambda x, x0, a, b: stepped(x, np.clip(x0, -1, 1), a, b), "three pictures"),
    (BACK, lambda x, x0, a, b: stepped(x, x0, np.maximum(a, 1e-4), b), "the first step"),
    (SLOPES, lambda g, x, n, a: slopes(g, x, n, np.maximum(a, 1e-3)), "nearly pure noise"),
]  # fmt: skip
