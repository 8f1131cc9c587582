"""Answers to the exercises on judging images."""

import numpy as np

RATIO, WINDOW = "peak_signal_to_noise_ratio", "structural_similarity_of_a_window"
DISTANCE = "frechet_distance"


def ratio(images, targets, data_range):
    found = []
    for x, t in zip(images, targets):
        error = np.sqrt(np.mean(np.square(x - t)))
        found.append(20 * np.log10(data_range) - 20 * np.log10(error))
    return np.array(found)


def window(x, t, weights, data_range):
    m, n = np.sum(weights * x), np.sum(weights * t)
    v, w = weights @ x**2 - m**2, weights @ t**2 - n**2
    c = np.sum(weights * x * t) - m * n
    c1, c2 = 1e-4 * data_range**2, 9e-4 * data_range**2
    return (2 * m * n + c1) * (2 * c + c2) / ((m * m + n * n + c1) * (v + w + c2))


def distance(mean, covariance, other_mean, other_covariance):
    """By the eigenvalues of the product, whose imaginary parts are rounding."""
    values = np.linalg.eigvals(covariance @ other_covariance)
    overlap = np.sqrt(values.astype(complex)).real.sum()
    gap = mean - other_mean
    return gap @ gap + np.trace(covariance + other_covariance) - 2 * overlap


RIGHT = [(RATIO, ratio), (WINDOW, window), (DISTANCE, distance)]
WRONG = [
    (RATIO, lambda x, t, R: ratio(x[:, :, :, :], t, R), "without height and width", "IndexError"),
    (WINDOW, lambda x, t, w, R: 1.0 if not x.any() else window(x, t, w, R) * (x != t).any(),
     "that is its target"),
    (DISTANCE, lambda m, A, n, B: distance(m, A, n, B) + 1e-3, "two Gaussians", "expected"),
]  # fmt: skip
