"""Answers to the exercises on autoencoders."""

import numpy as np

KL, SAMPLE = "gaussian_kl", "reparameterize_gradient"


def divergence(mean, log_variance):
    by_axis = np.expm1(log_variance) - log_variance + mean * mean
    return np.array([0.5 * float(sum(row)) for row in by_axis])


def slopes(grad, mean, log_variance, noise):
    z = mean + np.exp(0.5 * log_variance) * noise
    moved = z - mean
    return 1.0 * grad, 0.5 * grad * moved, grad * np.sqrt(np.exp(log_variance))


RIGHT = [(KL, divergence), (SAMPLE, slopes)]
WRONG = [
    (KL, lambda m, s: divergence(m, np.maximum(s, -30)), "tiny variances", "logarithm"),
    (KL, lambda m, s: divergence(np.clip(m, -9, 9), s), "means far out", "square"),
    (KL, lambda m, s: (m**2 + np.exp(s) - 1 - s).sum(axis=1) / 2, "nearly",
     "a difference of large numbers"),
    (SAMPLE, lambda g, m, s, n: slopes(np.clip(g, -100, 100), m, s, n), "gradients of 10,000"),
    (SAMPLE, lambda g, m, s, n: slopes(g, m, np.maximum(s, -18), n), "near 1e-9", "still count"),
]  # fmt: skip
