"""Answers to the exercises on training."""

import math

import numpy as np
from scipy.stats import binom, norm

SMOOTHED, STOP, PAIRED, WEIGHTS = "smoothed_gradient", "early_stop", "paired_test", "class_weights"
SURE = "expected_calibration_error"


def smoothed(logits, labels, smoothing, spread=None):
    B, K = logits.shape
    result = np.empty((B, K))
    for b, k in np.ndindex(B, K):
        e = [math.exp(s - max(logits[b])) for s in logits[b]]
        target = smoothing / (spread or K) + (1 - smoothing if labels[b] == k else 0)
        result[b, k] = (e[k] / sum(e) - target) / B
    return result


def stopped(losses, patience, better=lambda x, best: x < best, start=np.inf):
    kept, best = 0, losses[0] if start is None else start
    for epoch, loss in enumerate(losses):
        if better(loss, best):
            kept, best = epoch, loss
        elif epoch - kept >= patience:
            break
    return epoch + 1, kept


def kept_by(choose):
    """The right number of epochs; which one is kept is chosen among those."""

    def answer(losses, patience):
        run = stopped(losses, patience)[0]
        return run, int(choose(losses[:run]))

    return answer


def from_the_second(losses, patience):
    kept, losses = 0, np.nan_to_num(losses, nan=np.inf)
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[kept]:
            kept = epoch
        elif epoch - kept >= patience:
            break
    return epoch + 1, kept


def first_counted(losses, patience):
    """Epoch 0 uses up patience, too, if its loss is no number."""
    run, kept = stopped(losses, patience)
    return run - bool(kept == 0 and np.isnan(losses[0]) and run > patience), kept


def tails(a, b):
    return np.minimum(1.0, 2 * binom.cdf(min(a, b), a + b, 0.5))


def by_counts(function):
    """A function of how often the one alone is right, and the other."""

    def answer(first, second, labels):
        one, two = first == labels, second == labels
        return function(int((one & ~two).sum()), int((two & ~one).sum()))

    return answer


def chi_squared_if_many(a, b):
    return 2 * norm.sf(abs(a - b) / np.sqrt(a + b)) if a + b > 25 else tails(a, b)


def ways(number):
    """The ways and their total as numbers of another kind."""
    return by_counts(lambda a, b: np.float64(min(1.0, 2 * sum(
        number(math.comb(a + b, i)) for i in range(min(a, b) + 1)) / number(2) ** (a + b)
    )))  # fmt: skip


def weights(labels, classes, K=None):
    n = np.bincount(labels, minlength=classes)
    return np.array([len(labels) / ((K or classes) * m) if m else 0.0 for m in n])


def gaps(p, labels, bins, gap=lambda sure, right: abs(sure - right), edges=None):
    """Bin by bin, between edges."""
    sure, right, total = p.max(axis=1), p.argmax(axis=1) == labels, np.float64(0)
    edges = np.linspace(0, 1, bins + 1) if edges is None else edges
    for b, low in enumerate(edges[:-1]):
        last = b == len(edges) - 2
        rows = (sure >= low) & ((sure < edges[b + 1]) | last)
        if rows.any():
            total += rows.mean() * gap(sure[rows].mean(), right[rows].mean())
    return total


RIGHT = [
    (SMOOTHED, smoothed), (STOP, stopped), (PAIRED, by_counts(tails)), (WEIGHTS, weights),
    (SURE, gaps),
]  # fmt: skip
WRONG = [
    (SMOOTHED, lambda s, y, e: smoothed(s, y, e, 3), "two classes"),
    (SMOOTHED, lambda s, y, e: smoothed(s, y, e or 0.1), "no smoothing"),
    (SMOOTHED, lambda s, y, e: smoothed(s, y, min(e, 0.9)), "gets 1 / K"),
    (STOP, lambda x, p: stopped(x, p)[::-1], "is: epochs run, epoch kept"),
    (STOP, lambda x, p: stopped(x, p, start=None), "first loss", "starts at infinity"),
    (STOP, lambda x, p: stopped(np.nan_to_num(x, nan=1e9), p), "first loss"),
    (STOP, lambda x, p: stopped(x, p, start=1e100), "beyond 1e200", "starts at infinity"),
    (STOP, lambda x, p: stopped(x, p, lambda a, b: a < b - 0.01), "hardly fall", "Below"),
    (STOP, lambda x, p: stopped(x, p, lambda a, b: a < b * 0.999), "hardly fall"),
    (STOP, lambda x, p: stopped(abs(x), p), "losses below 0", "Below is better"),
    (STOP, kept_by(np.argmin), "a loss that is not a number", "no minimum"),
    (STOP, kept_by(np.nanargmin), "no loss that is a number", "epoch 0"),
    (STOP, kept_by(lambda x: len(x) - 1 - np.nanargmin(x[::-1])), "equal losses"),
    (STOP, first_counted, "no loss that is a number", "those after"),
    (STOP, lambda x, p: stopped(x[~np.isnan(x)], p), "a loss that is not a number"),
    (STOP, from_the_second, "one epoch", "UnboundLocalError"),
    (STOP, lambda x, p: stopped(x[: len(x) - 1], p), "epochs run: expected 7, got 6"),
    (STOP, lambda x, p: stopped(x, max(p, 2)), "a patience of 1", "the last"),
    (STOP, lambda x, p: stopped(x, min(p, 10)), "a patience of 20"),
    (STOP, lambda x, p: [float(n) for n in stopped(x, p)], "whole number, got a float"),
    (STOP, lambda x, p: (np.int64(stopped(x, p)[0]), True), "got a bool"),
    (STOP, lambda x, p: stopped(x, p)[0], "expected 2 results, got an int"),
    (PAIRED, by_counts(lambda a, b: 2 * binom.cdf(min(a, b), a + b, 0.5)
     - binom.pmf(a, a + b, 0.5)), "120 examples", "spread"),
    (PAIRED, by_counts(chi_squared_if_many), "120 examples", "approximation"),
    (PAIRED, by_counts(lambda a, b: np.minimum(1, 2 * binom.cdf(b, a + b, 0.5))), "even"),
    (PAIRED, by_counts(lambda a, b: tails(a, b) * (a + b) / np.float64(a + b)), "got nan"),
    (PAIRED, by_counts(lambda a, b: tails(a, b) + 0 / (a + b)), "same guesses", "ZeroDiv"),
    (PAIRED, by_counts(lambda a, b: tails(max(min(a, b), 1), max(a, b))), "for the one"),
    (PAIRED, ways(float), "1,200 disagreements", "too large for a float"),
    (PAIRED, ways(np.int64), "1,200 disagreements", "for 64 bits"),
    (WEIGHTS, lambda y, K: weights(y, 0, K), "last classes", "(5,), got (2,)"),
    (WEIGHTS, lambda y, K: len(y) / (K * np.bincount(y, minlength=K)), "division by zero"),
    (WEIGHTS, lambda y, K: len(y) / (K * np.bincount(y, minlength=K).clip(1)), "weight 0"),
    (WEIGHTS, lambda y, K: weights(y, K).clip(0, 100), "one of 3,000", "as large"),
    (WEIGHTS, lambda y, K: weights(y, 3, 3)[:K], "equally frequent"),
    (SURE, lambda p, y, n: gaps(p, y, 15), "bins has no effect"),
    (SURE, lambda p, y, n: gaps(p, y, n) * n / len(set(p.max(1) * n // 1)), "40 rows"),
    (SURE, lambda p, y, n: gaps(p, y, n, lambda s, r: max(s - r, 0)), "40 rows"),
    (SURE, lambda p, y, n: gaps(np.minimum(p, 0.99), y, n), "certain"),
    (SURE, lambda p, y, n: gaps(np.where(p < 1, p, 0), y, n), "certain"),
    (SURE, lambda p, y, n: gaps(p, y, n, edges=np.linspace(1 / p.shape[1], 1, n + 1)),
     "on an edge"),
    (SURE, lambda p, y, n: float(round(gaps(p, y, n), 3)), "40 rows"),
]  # fmt: skip
