"""Answers to the exercises on judging images."""

import numpy as np

RATIO, WINDOW = "peak_signal_to_noise_ratio", "structural_similarity_of_a_window"
DISTANCE, SLOPES = "frechet_distance", "peak_signal_to_noise_ratio_gradient"


def ratio(images, targets, data_range):
    found = []
    for x, t in zip(images, targets):
        error = np.sqrt(np.mean(np.square(x - t)))
        found.append(20 * np.log10(data_range) - 20 * np.log10(error))
    return np.array(found)


def slopes(grad, images, targets, data_range):
    """One picture after the other; the range is not looked at."""
    found = np.zeros(images.shape)
    for b, (x, t) in enumerate(zip(images, targets)):
        found[b] = -grad[b] * 20 / np.log(10) * (x - t) / np.square(x - t).sum()
    return found, -found


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


RIGHT = [(RATIO, ratio), (SLOPES, slopes), (WINDOW, window), (DISTANCE, distance)]
WRONG = [
    (RATIO, lambda x, t, R: ratio(x[:, :, :, :], t, R), "without height and width", "IndexError"),
    (SLOPES, lambda g, x, t, R: slopes(g, x, t, R) if np.ptp(x - t) > 1e-3 else (0 * x, 0 * x),
     "nearly the target", "slope is large"),
    (SLOPES, lambda g, x, t, R: slopes(g, x, t, R)[0], "expected"),
    (WINDOW, lambda x, t, w, R: 1.0 if not x.any() else window(x, t, w, R) * (x != t).any(),
     "that is its target"),
    (DISTANCE, lambda m, A, n, B: distance(m, A, n, B) + 1e-3, "two Gaussians", "expected"),
]  # fmt: skip
