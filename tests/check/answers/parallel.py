"""Answers to the exercises on several workers: right ones by other routes, and wrong ones."""

import numpy as np

AVERAGED, COMBINED = "averaged_gradients", "combined_statistics"
GRADIENT, SENT = "combined_statistics_gradient", "ring_all_reduce_sent"


def of_rows(gradients, counts):
    """As if every row had its worker's gradient."""
    return np.repeat(gradients, counts, axis=0).mean(axis=0)


def by_squares(means, variances, counts):
    """The mean of squares less the square of the mean."""
    mean = np.average(means, axis=0, weights=counts)
    squares = np.average(variances + means**2, axis=0, weights=counts)
    return np.stack([mean, squares - mean**2])


def nudged(grad, means, variances, counts, step=1e-4):
    """v is a square in the means and straight in the variances: central differences are exact."""
    found = []
    for which, array in enumerate((means, variances)):
        slopes = np.zeros(array.shape)
        for at in np.ndindex(array.shape):
            ends = []
            for sign in (1, -1):
                moved = [means.copy(), variances.copy()]
                moved[which][at] += sign * step
                ends.append((grad * by_pairs(*moved, counts)).sum())
            slopes[at] = (ends[0] - ends[1]) / (2 * step)
        found.append(slopes)
    return tuple(found)


def by_pairs(means, variances, counts):
    """One worker after the other, as Chan, Golub and LeVeque write it, with sums of squares."""
    n, mean, squares = counts[0], means[0], counts[0] * variances[0]
    for more, m, v in zip(counts[1:], means[1:], variances[1:], strict=True):
        squares = squares + more * v + n * more / (n + more) * (m - mean) ** 2
        mean = mean + more / (n + more) * (m - mean)
        n += more
    return np.stack([mean, squares / n])


def analytic(grad, means, variances, counts):
    w = np.array(counts)[:, None] / sum(counts)
    away = means - np.average(means, axis=0, weights=counts)
    return w * grad[0] + 2 * w * away * grad[1], w * np.ones_like(variances) * grad[1]


def closed_form(lengths):
    """Twice all pieces, less the one that comes back to a worker in each half."""
    c = np.array(lengths)
    if len(c) == 1:
        return np.zeros(1, int)
    return 2 * c.sum() - np.roll(c, -1) - np.roll(c, -2)


RIGHT = [(AVERAGED, of_rows), (COMBINED, by_pairs), (GRADIENT, analytic), (SENT, closed_form)]
WRONG = [
    (AVERAGED, lambda g, n: g.mean(axis=0), "plain mean"),
    (AVERAGED, lambda g, n: of_rows(g, n)[None], "expected the shape"),
    (COMBINED, lambda m, v, n: by_squares(m, v, (1,) * len(n)), "share of the rows"),
    (GRADIENT, lambda g, m, v, n: analytic(g, 0 * m, v, n), "two ways"),
    (SENT, lambda c: closed_form(c) // 2, "2 (P - 1) steps"),
]
