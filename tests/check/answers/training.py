"""Answers to smoothed_gradient, early_stop, paired_test and class_weights."""

import math

import numpy as np
from scipy.stats import binom, binomtest, norm


def softmax(s, shift=lambda s: s.max(1, keepdims=True)):
    e = np.exp(s - shift(s))
    return e / e.sum(1, keepdims=True)


def minus_target(p, labels, smoothing, K=None):
    """The gradient for these probabilities."""
    target = (1 - smoothing) * np.eye(p.shape[1])[labels] + smoothing / (K or p.shape[1])
    return (p - target) / len(labels)


def smoothed(s, y, smoothing):
    return minus_target(softmax(s), y, smoothing)


def smoothed_by_loops(logits, labels, smoothing):
    B, K = logits.shape
    result = np.empty((B, K))
    for b, k in np.ndindex(B, K):
        e = [math.exp(s - max(logits[b])) for s in logits[b]]
        target = smoothing / K + (1 - smoothing if labels[b] == k else 0)
        result[b, k] = (e[k] / sum(e) - target) / B
    return result


def shifted(shift):
    return lambda s, y, e: minus_target(softmax(s, shift), y, e)


def stopped(losses, patience, better=lambda x, best: x < best, start=np.inf):
    kept, best = 0, losses[0] if start is None else start
    for epoch, loss in enumerate(losses):
        if better(loss, best):
            kept, best = epoch, loss
        elif epoch - kept >= patience:
            break
    return epoch + 1, kept


def stopped_by_minima(losses, patience):
    lowest = np.fmin.accumulate(np.where(np.isnan(losses), np.inf, losses))
    new = np.flatnonzero(np.r_[True, lowest[1:] < lowest[:-1]])  # each better than all before
    for one, following in zip(new, [*new[1:], len(losses) + patience], strict=True):
        if following - one > patience:
            return min(one + patience + 1, len(losses)), one
    return len(losses), new[-1]


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


def counts(first, second, labels):
    one, two = first == labels, second == labels
    return int((one & ~two).sum()), int((two & ~one).sum())


def tails(a, b):
    return np.minimum(1.0, 2 * binom.cdf(min(a, b), a + b, 0.5))


def by_counts(function):
    return lambda *args: function(*counts(*args))


def by_ratios(a, b):
    """Each term from the one before it, the largest first, so that nothing overflows."""
    n, k = a + b, min(a, b)
    term = math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1))
    if n > 1000:
        return np.float64(binomtest(k, n).pvalue)
    total = 0.0
    for i in range(k, -1, -1):
        total += term / 2.0**n
        term *= i / (n - i + 1)
    return np.float64(min(1.0, 2 * total))


def middle_halved(a, b):
    return np.float64(2 * binom.cdf(min(a, b), a + b, 0.5) - binom.pmf(a, a + b, 0.5))


def chi_squared_if_many(a, b):
    many = a + b > 25
    return 2 * norm.sf(abs(a - b) / np.sqrt(a + b)) if many else tails(a, b)


def ways_as_floats(a, b):
    ways = sum(float(math.comb(a + b, i)) for i in range(min(a, b) + 1))
    return np.float64(min(1.0, 2 * ways / 2.0 ** (a + b)))


def ways_in_64_bits(a, b):
    ways = sum(math.comb(a + b, i) for i in range(min(a, b) + 1))
    return np.float64(min(1.0, 2 * ways / 2 ** np.int64(a + b)))


def weights(labels, classes, K=None):
    n = np.bincount(labels, minlength=classes)
    return np.divide(len(labels), (K or classes) * n, out=np.zeros(len(n)), where=n > 0)


def weights_by_loops(labels, classes):
    n = [int((labels == k).sum()) for k in range(classes)]
    return np.array([len(labels) / (classes * m) if m else 0.0 for m in n])


RIGHT = [
    ("smoothed_gradient", smoothed),
    ("smoothed_gradient", smoothed_by_loops),
    ("early_stop", stopped),
    ("early_stop", stopped_by_minima),
    ("paired_test", by_counts(lambda a, b: np.float64(binomtest(a, a + b).pvalue if a + b else 1))),
    ("paired_test", by_counts(tails)),
    ("class_weights", weights),
    ("class_weights", weights_by_loops),
]
WRONG = [
    ("smoothed_gradient", lambda s, y, e: smoothed(s, y, 0), "smoothing has no effect"),
    ("smoothed_gradient", shifted(lambda s: 0), "logits of 1000", "overflows"),
    ("smoothed_gradient", shifted(lambda s: np.maximum(s.max(1, keepdims=True), 0)), "0 / 0"),
    ("smoothed_gradient", shifted(lambda s: s.max()), "1000, 0 and -1000", "of its own"),
    ("smoothed_gradient", shifted(lambda s: s.mean(1, keepdims=True)), "1000 and more"),
    ("smoothed_gradient", lambda s, y, e: smoothed(s.clip(-100, 100), y, e), "logits of 1000"),
    ("smoothed_gradient", lambda s, y, e: minus_target(softmax(s), y, e, 3), "two classes"),
    ("smoothed_gradient", lambda s, y, e: smoothed(s, y, e or 0.1), "no smoothing"),
    ("smoothed_gradient", lambda s, y, e: smoothed(s, y, min(e, 0.9)), "gets 1 / K"),
    ("smoothed_gradient", lambda s, y, e: smoothed(s[:, :6], y % 6, e), "longer axes"),
    ("smoothed_gradient", lambda s, y, e: smoothed(s.astype("f4"), y, e), "digits"),
    ("smoothed_gradient", lambda s, y, e: smoothed(np.longdouble(s), y, e), "Keep the dtype"),
    ("smoothed_gradient", lambda s, y, e: smoothed(s, y, e).squeeze(), "length 1", "got ()"),
    ("early_stop", lambda x, p: stopped(x, p)[::-1], "is: epochs run, epoch kept"),
    ("early_stop", lambda x, p: stopped(x, p, start=None), "first loss", "starts at infinity"),
    ("early_stop", lambda x, p: stopped(np.nan_to_num(x, nan=1e9), p), "first loss"),
    ("early_stop", lambda x, p: stopped(x, p, start=10), "beyond 1e200", "starts at infinity"),
    ("early_stop", lambda x, p: stopped(x, p, start=1e100), "beyond 1e200"),
    ("early_stop", lambda x, p: stopped(x, p, lambda a, b: a < b - 0.01), "hardly fall", "Below"),
    ("early_stop", lambda x, p: stopped(x, p, lambda a, b: a < b * 0.999), "hardly fall"),
    ("early_stop", lambda x, p: stopped(abs(x), p), "losses below 0", "Below is better"),
    ("early_stop", lambda x, p: (stopped(x, p)[0], np.nanargmin(x)), "beyond the stop"),
    ("early_stop", kept_by(np.argmin), "a loss that is not a number", "no minimum"),
    ("early_stop", kept_by(np.nanargmin), "no loss that is a number", "epoch 0"),
    ("early_stop", kept_by(lambda x: len(x) - 1 - np.nanargmin(x[::-1])), "equal losses"),
    ("early_stop", first_counted, "no loss that is a number", "those after"),
    ("early_stop", lambda x, p: stopped(x[~np.isnan(x)], p), "a loss that is not a number"),
    ("early_stop", from_the_second, "one epoch", "UnboundLocalError"),
    ("early_stop", lambda x, p: stopped(x[: len(x) - 1], p), "epochs run: expected 7, got 6"),
    ("early_stop", lambda x, p: stopped(x, max(p, 2)), "a patience of 1", "the last"),
    ("early_stop", lambda x, p: stopped(x, min(p, 10)), "a patience of 20"),
    ("early_stop", lambda x, p: stopped(x[:50], p), "sixty epochs"),
    ("early_stop", lambda x, p: [float(n) for n in stopped(x, p)], "whole number, got a float"),
    ("early_stop", lambda x, p: (np.int64(stopped(x, p)[0]), True), "got a bool"),
    ("early_stop", lambda x, p: stopped(x, p)[0], "expected 2 results, got an int"),
    ("paired_test", by_counts(middle_halved), "120 examples", "spread"),
    ("paired_test", by_counts(chi_squared_if_many), "120 examples", "approximation"),
    ("paired_test", by_counts(lambda a, b: np.minimum(1, 2 * binom.cdf(b, a + b, 0.5))), "even"),
    ("paired_test", by_counts(lambda a, b: tails(a, b) * (a + b) / np.float64(a + b)), "got nan"),
    ("paired_test", by_counts(lambda a, b: tails(a, b) + 0 / (a + b)), "same guesses", "ZeroDiv"),
    ("paired_test", by_counts(lambda a, b: tails(max(min(a, b), 1), max(a, b))), "for the one"),
    ("paired_test", by_counts(ways_as_floats), "1,200 disagreements", "too large for a float"),
    ("paired_test", by_counts(ways_in_64_bits), "1,200 disagreements", "for 64 bits"),
    ("paired_test", by_counts(lambda a, b: np.round(tails(a, b), 6)), "digits"),
    ("class_weights", lambda y, K: weights(y, 0, K), "last classes", "(5,), got (2,)"),
    ("class_weights", lambda y, K: len(y) / (K * np.bincount(y, minlength=K)), "division by zero"),
    ("class_weights", lambda y, K: len(y) / (K * np.bincount(y, minlength=K).clip(1)), "weight 0"),
    ("class_weights", lambda y, K: weights(y, K).clip(0, 100), "one of 3,000", "as large"),
    ("class_weights", lambda y, K: weights(y, 3, 3)[:K], "equally frequent"),
    ("class_weights", lambda y, K: weights(y, K).astype(int), "dtype float64, got int64"),
    ("class_weights", lambda y, K: weights(y, K).astype("f4"), "dtype float64, got float32"),
    ("class_weights", lambda y, K: np.round(weights(y, K), 5), "digits"),
    ("class_weights", lambda y, K: weights(y, K).squeeze(), "length 1", "got ()"),
]
