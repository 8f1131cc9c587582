"""Exercises on training from a folder: smoothed labels, when to stop, which model is better."""

import math

import numpy as np

from mmref.check._compare import compare_function
from mmref.check._plain import compare_plain
from mmref.check._run import Case, Exercise


def smoothing_cases():
    rng = np.random.default_rng(44)
    logits, labels = rng.normal(size=(5, 3)), np.array([2, 0, 0, 1, 2])
    hint = "What is the derivative of the loss by a logit, whatever the target's entries?"
    yield _rows("five rows, three classes", (logits, labels, 0.1), hint)
    yield _rows("no smoothing", (logits, labels, 0.0), "Then it is the gradient of the chapter.")
    even = "All of the target is spread: every class, the label too, gets 1 / K."
    yield _rows("all of it smoothed", (logits, labels, 1.0), even)
    two = rng.normal(size=(4, 2)), np.array([0, 1, 1, 0])
    yield _rows("two classes", (*two, 0.3), "The share is spread over K classes.")
    large = "The exponential overflows: subtract each row's largest logit first."
    yield _rows("logits of 1000", (1000 * logits, labels, 0.1), large)
    yield _rows("one row", (logits[:1], labels[:1], 0.1), "The batch axis stays.")


def _rows(words, args, hint):
    return Case(words, args, hint)


def _softmax(s):
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _targets(s, y, smoothing):
    return (1 - smoothing) * np.eye(s.shape[1])[y] + smoothing / s.shape[1]


def _smoothed(s, y, smoothing):
    return (_softmax(s) - _targets(s, y, smoothing)) / len(y)


def _others_alone(s, y, smoothing):
    K = s.shape[1]
    target = np.full_like(s, smoothing / (K - 1))
    target[np.arange(len(y)), y] = 1 - smoothing
    return (_softmax(s) - target) / len(y)


def _label_short(s, y, smoothing):
    target = np.full_like(s, smoothing / s.shape[1])
    target[np.arange(len(y)), y] = 1 - smoothing
    return (_softmax(s) - target) / len(y)


SMOOTHING_MISTAKES = (
    ("The loss is the mean over the rows: each gradient is divided by B.",
     lambda s, y, e: _smoothed(s, y, e) * len(y)),
    ("The smoothing has no effect yet.", lambda s, y, e: _smoothed(s, y, 0)),
    ("The sign: the gradient points to where the loss grows.",
     lambda s, y, e: -_smoothed(s, y, e)),
    ("The share is spread over all K classes, the label among them.", _others_alone),
    ("The label gets its part of the share, too: the target sums to 1.", _label_short),
    ("The share is what is spread, not what the label keeps.",
     lambda s, y, e: _smoothed(s, y, 1 - e)),
    ("Logits are not probabilities yet.",
     lambda s, y, e: (s - _targets(s, y, e)) / len(y)),
    ("Divided by the number of classes: the mean is over the rows.",
     lambda s, y, e: _smoothed(s, y, e) * len(y) / s.size),
)  # fmt: skip


def stopping_cases():
    hint = "Go through the epochs as they come, with the best so far in mind."
    worse = np.array([1.5, 1.2, 1.0, 1.1, 1.3, 1.2, 1.3, 1.4, 1.5, 1.6])
    yield _curve("a minimum, then worse", worse, 3, hint)
    later = "Training has stopped: what would have come later is not known."
    yield _curve("a lower minimum too late", np.array([1.5, 1.2, 1.3, 1.4, 0.9]), 2, later)
    enough = "The patience begins anew with every better epoch."
    yield _curve("better again in time", np.array([1.5, 1.6, 1.4, 1.5, 1.3, 1.4, 1.5]), 2, enough)
    never = "With nothing to stop it, all epochs are run."
    yield _curve("better to the end", np.array([1.5, 1.3, 1.2, 1.1]), 2, never)
    yield _curve("worse from the start", np.array([1.0, 1.1, 1.2, 1.3, 1.4]), 3, hint)
    one = "With a patience of 1, the first epoch that is not better is the last."
    yield _curve("a patience of 1", np.array([1.5, 1.2, 1.3, 1.0]), 1, one)
    tie = "Equal is not better: the first of equals is kept, and the patience runs on."
    yield _curve("equal losses", np.array([1.2, 1.0, 1.0, 1.0, 1.0, 0.9]), 3, tie)
    nan = "Not-a-number is not better than anything: it is no minimum."
    yield _curve("a loss that is not a number", np.array([1.2, 1.0, np.nan, 1.1, 0.8]), 2, nan)
    yield _curve("one epoch", np.array([1.2]), 2, never)


def _curve(words, losses, patience, hint):
    return Case(words, (losses, patience), hint)


def _stopped(losses, patience, better=lambda loss, best: loss < best, late=0, anew=True):
    best, kept, waited, epoch = np.inf, 0, 0, -1
    for epoch, loss in enumerate(losses.tolist()):
        if better(loss, best):
            best, kept = loss, epoch
            waited = 0 if anew else waited
        else:
            waited += 1
        if waited >= patience + late:
            break
    return epoch + 1, kept


STOPPING_MISTAKES = (
    ("The best of all epochs may lie beyond the stop: later ones are never run.",
     lambda x, p: (_stopped(x, p)[0], int(np.nanargmin(x)))),
    ("All epochs are run here: stop once the patience is over.",
     lambda x, p: (len(x), int(np.nanargmin(x)))),
    ("The last epoch run is not the one whose weights are kept.",
     lambda x, p: (_stopped(x, p)[0], _stopped(x, p)[0] - 1)),
    ("One epoch too many: the last one allowed is the patience-th that is not better.",
     lambda x, p: _stopped(x, p, late=1)),
    ("The patience begins anew with every better epoch.", lambda x, p: _stopped(x, p, anew=False)),
    ("Better than the epoch before is not better than the best.",
     lambda x, p: _by_steps(x, p)),
    ("Equal is not better: the first of equals is kept, and the patience runs on.",
     lambda x, p: _stopped(x, p, lambda loss, best: loss <= best)),
    ("The number of epochs run counts from 1: it is how many they are.",
     lambda x, p: (_stopped(x, p)[0] - 1, _stopped(x, p)[1])),
    ("The epoch kept counts from 0.", lambda x, p: (_stopped(x, p)[0], _stopped(x, p)[1] + 1)),
    ("First how many epochs were run, then which one is kept.", lambda x, p: _stopped(x, p)[::-1]),
)  # fmt: skip


def _by_steps(losses, patience):
    """Waits while the loss rises from epoch to epoch."""
    waited = epoch = 0
    for epoch in range(1, len(losses)):
        waited = 0 if losses[epoch] < losses[epoch - 1] else waited + 1
        if waited >= patience:
            break
    return epoch + 1, int(np.nanargmin(losses[: epoch + 1]))


def paired_cases():
    rng = np.random.default_rng(45)
    hint = "Which examples count, and how are they spread if the models are equally good?"
    first, second, labels = (rng.integers(0, 3, 60) for _ in range(3))
    first[:25], second[10:30] = labels[:25], labels[10:30]
    yield _scalar("60 examples, three classes", (first, second, labels), hint)
    yield _scalar("the other way round", (second, first, labels), "Two-sided: the order is even.")
    same = np.array([1, 1, 0, 2, 0, 1]), np.array([1, 0, 0, 1, 1, 1]), np.array([1, 1, 1, 1, 1, 1])
    both_wrong = "Where both are wrong, neither is better, whatever they said."
    yield _scalar("a few examples, some wrong twice", same, both_wrong)
    tie = np.array([1, 1, 0, 0]), np.array([0, 0, 1, 1]), np.ones(4, int)
    yield _scalar("as many for the one as for the other", tie, "A probability is at most 1.")
    equal = np.array([0, 1, 2]), np.array([0, 1, 2]), np.array([0, 2, 2])
    yield _scalar("the same guesses", equal, "Without a disagreement, nothing speaks against it.")
    sure = np.arange(12) % 3
    yield _scalar("all disagreements for the one", (sure, (sure + 1) % 3, sure), hint)
    y = np.zeros(3000, int)
    a, b = np.where(np.arange(3000) < 1300, 1, 0), np.where(np.arange(3000) >= 1500, 1, 0)
    large = "The number of ways is too large for a float, the ratio is not."
    yield Case("2,800 disagreements", (a, b, y), large, axis=None)


def _scalar(words, args, hint):
    return Case(words, args, hint, axis=None)


def _disagreements(first, second, labels):
    one, two = first == labels, second == labels
    return int((one & ~two).sum()), int((two & ~one).sum())


def _tail(n, k):
    """P(at most k heads of n tosses); whole numbers of any size, so that nothing overflows."""
    return sum(math.comb(n, i) for i in range(k + 1)) / 2**n


def _paired(first, second, labels, sides=2, most=1.0):
    n10, n01 = _disagreements(first, second, labels)
    return np.float64(min(most, sides * _tail(n10 + n01, min(n10, n01))))


def _z(difference, variance):
    return np.float64(math.erfc(difference / math.sqrt(2 * variance)) if variance else 1.0)


def _chi_squared(first, second, labels, correction=0):
    n10, n01 = _disagreements(first, second, labels)
    return _z(max(abs(n10 - n01) - correction, 0), n10 + n01)


def _unpaired(first, second, labels):
    p, q, n = (first == labels).mean(), (second == labels).mean(), len(labels)
    pooled = (p + q) / 2
    return _z(abs(p - q), 2 * pooled * (1 - pooled) / n)


def _any_difference(first, second, labels):
    """Takes every pair of different guesses for a disagreement."""
    n, k = int((first != second).sum()), _disagreements(first, second, labels)[0]
    return np.float64(min(1.0, 2 * _tail(n, min(k, n - k))))


PAIRED_MISTAKES = (
    ("One-sided: either model could have been the better one.",
     lambda a, b, y: _paired(a, b, y, sides=1)),
    ("A probability is at most 1: where it is even, both tails hold the middle.",
     lambda a, b, y: _paired(a, b, y, most=np.inf)),
    ("That is the large-sample approximation: the binomial itself is asked for.", _chi_squared),
    ("That is the large-sample approximation: the binomial itself is asked for.",
     lambda a, b, y: _chi_squared(a, b, y, 1)),
    ("That takes the models for tested on different examples: only disagreements count.",
     _unpaired),
    ("Where both are wrong, neither is better, whatever they said.", _any_difference),
    ("That is the probability of the opposite.", lambda a, b, y: 1 - _paired(a, b, y)),
)  # fmt: skip

SMOOTHED = "smoothed_gradient(logits, labels, smoothing)"
STOP = "early_stop(losses, patience)"
PAIRED = "paired_test(first, second, labels)"
EXERCISES = {
    "smoothed_gradient": Exercise(
        SMOOTHED,
        "logits (B, K), labels (B,) from 0 to K - 1, smoothing, a number from 0 to 1. The target "
        "of a row is (1 - smoothing) times the one-hot label plus smoothing / K for every class. "
        "Returns the gradient (B, K) of the mean cross-entropy with respect to the logits.",
        compare_function(SMOOTHED, _smoothed, smoothing_cases, SMOOTHING_MISTAKES),
    ),
    "early_stop": Exercise(
        STOP,
        "losses (E,), the validation losses that the epochs would have; patience, 1 or more. "
        "Training stops after patience epochs in a row without a loss below the lowest so far, or "
        "after E epochs. Returns two whole numbers: how many epochs are run, and which of them, "
        "counted from 0, has the weights that are kept.",
        compare_plain(
            STOP,
            _stopped,
            stopping_cases,
            STOPPING_MISTAKES,
            outputs=("epochs run", "epoch kept"),
            kind="a whole number",
        ),
        closing="",
    ),
    "paired_test": Exercise(
        PAIRED,
        "first and second, the guesses of two models, and labels: integers (N,). Returns, as a "
        "NumPy number, the two-sided p-value of McNemar's exact test: how likely a division of "
        "their disagreements is at least as uneven as this one, if each is a fair coin; 1 where "
        "there is none.",
        compare_function(PAIRED, _paired, paired_cases, PAIRED_MISTAKES),
    ),
}
