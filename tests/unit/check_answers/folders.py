"""Answers to smoothed_gradient, early_stop and paired_test."""

import math

import numpy as np
from scipy.stats import binom, binomtest, norm

from tests.unit.check_answers.tables import right, softmax, wrong


@right("smoothed_gradient")
def p_minus_target(logits, labels, smoothing):
    K = logits.shape[1]
    target = (1 - smoothing) * np.eye(K)[labels] + smoothing / K
    return (softmax(logits) - target) / len(labels)


@right("smoothed_gradient")
def gradient_by_loops(logits, labels, smoothing):
    B, K = logits.shape
    result = np.empty((B, K))
    for b, k in np.ndindex(B, K):
        e = [math.exp(s - max(logits[b])) for s in logits[b]]
        target = smoothing / K + (1 - smoothing if labels[b] == k else 0)
        result[b, k] = (e[k] / sum(e) - target) / B
    return result


@wrong("smoothed_gradient", "five rows", "divided by B")
def of_the_sum(logits, labels, smoothing):
    return p_minus_target(logits, labels, smoothing) * len(labels)


@wrong("smoothed_gradient", "five rows", "no effect")
def unsmoothed(logits, labels, smoothing):
    return p_minus_target(logits, labels, 0)


@wrong("smoothed_gradient", "five rows", "where the loss grows")
def downhill(logits, labels, smoothing):
    return -p_minus_target(logits, labels, smoothing)


@wrong("smoothed_gradient", "five rows", "the label among them")
def spread_over_the_others(logits, labels, smoothing):
    K = logits.shape[1]
    one_hot = np.eye(K)[labels]
    target = (1 - smoothing) * one_hot + smoothing / (K - 1) * (1 - one_hot)
    return (softmax(logits) - target) / len(labels)


@wrong("smoothed_gradient", "five rows", "sums to 1")
def label_without_its_part(logits, labels, smoothing):
    one_hot = np.eye(logits.shape[1])[labels]
    target = np.where(one_hot == 1, 1 - smoothing, smoothing / logits.shape[1])
    return (softmax(logits) - target) / len(labels)


@wrong("smoothed_gradient", "five rows", "not what the label keeps")
def other_way_round(logits, labels, smoothing):
    return p_minus_target(logits, labels, 1 - smoothing)


@wrong("smoothed_gradient", "five rows", "not probabilities yet")
def without_softmax(logits, labels, smoothing):
    target = (1 - smoothing) * np.eye(logits.shape[1])[labels] + smoothing / logits.shape[1]
    return (logits - target) / len(labels)


@wrong("smoothed_gradient", "five rows", "number of classes")
def mean_over_classes(logits, labels, smoothing):
    return p_minus_target(logits, labels, smoothing) * len(labels) / logits.size


@wrong("smoothed_gradient", "five rows", "whatever the target's entries")
def softmax_over_rows(logits, labels, smoothing):
    K = logits.shape[1]
    target = (1 - smoothing) * np.eye(K)[labels] + smoothing / K
    return (softmax(logits, axis=0) - target) / len(labels)


@wrong("smoothed_gradient", "logits of 1000", "overflows")
def overflowing(logits, labels, smoothing):
    e = np.exp(logits)
    target = (1 - smoothing) * np.eye(logits.shape[1])[labels] + smoothing / logits.shape[1]
    return (e / e.sum(axis=1, keepdims=True) - target) / len(labels)


@wrong("smoothed_gradient", "two classes", "over K classes")
def three_classes(logits, labels, smoothing):
    target = (1 - smoothing) * np.eye(logits.shape[1])[labels] + smoothing / 3
    return (softmax(logits) - target) / len(labels)


@wrong("smoothed_gradient", "no smoothing", "of the chapter")
def always_smoothed(logits, labels, smoothing):
    return p_minus_target(logits, labels, smoothing or 0.1)


@wrong("smoothed_gradient", "all of it smoothed", "gets 1 / K")
def never_all(logits, labels, smoothing):
    return p_minus_target(logits, labels, min(smoothing, 0.9))


@wrong("smoothed_gradient", "one row", "got (3,)")
def row_squeezed(logits, labels, smoothing):
    return p_minus_target(logits, labels, smoothing).squeeze()


@right("early_stop")
def stop_by_loop(losses, patience):
    best = 0
    for epoch in range(len(losses)):
        if losses[epoch] < losses[best]:
            best = epoch
        elif epoch - best >= patience:
            break
    return epoch + 1, best


@right("early_stop")
def stop_by_minima(losses, patience):
    lowest = np.fmin.accumulate(losses)
    new = np.flatnonzero(np.r_[True, lowest[1:] < lowest[:-1]])  # each better than all before
    for one, following in zip(new, [*new[1:], len(losses) + patience]):
        if following - one > patience:
            return min(one + patience + 1, len(losses)), one
    return len(losses), new[-1]


@wrong("early_stop", "too late", "beyond the stop")
def best_of_all(losses, patience):
    return stop_by_loop(losses, patience)[0], int(np.nanargmin(losses))


@wrong("early_stop", "a minimum, then worse", "All epochs are run")
def never_stopped(losses, patience):
    return len(losses), int(np.nanargmin(losses))


@wrong("early_stop", "a minimum, then worse", "weights are kept")
def last_kept(losses, patience):
    run = stop_by_loop(losses, patience)[0]
    return run, run - 1


@wrong("early_stop", "a minimum, then worse", "One epoch too many")
def one_more(losses, patience):
    return stop_by_loop(losses, patience + 1)


@wrong("early_stop", "better again in time", "begins anew")
def patience_used_up(losses, patience):
    best = waited = 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best = epoch
        else:
            waited += 1
        if waited == patience:
            break
    return epoch + 1, best


@wrong("early_stop", "a minimum, then worse", "than the epoch before")
def while_it_rises(losses, patience):
    waited = 0
    for epoch in range(1, len(losses)):
        waited = waited + 1 if losses[epoch] >= losses[epoch - 1] else 0
        if waited == patience:
            break
    return epoch + 1, int(np.nanargmin(losses[: epoch + 1]))


@wrong("early_stop", "equal losses", "Equal is not better")
def equals_are_better(losses, patience):
    best = 0
    for epoch in range(len(losses)):
        if losses[epoch] <= losses[best]:
            best = epoch
        elif epoch - best >= patience:
            break
    return epoch + 1, best


@wrong("early_stop", "a minimum, then worse", "it is how many")
def last_epoch_run(losses, patience):
    run, best = stop_by_loop(losses, patience)
    return run - 1, best


@wrong("early_stop", "a minimum, then worse", "counts from 0")
def kept_from_one(losses, patience):
    run, best = stop_by_loop(losses, patience)
    return run, best + 1


@wrong("early_stop", "a minimum, then worse", "First how many")
def exchanged(losses, patience):
    return stop_by_loop(losses, patience)[::-1]


@wrong("early_stop", "not a number", "no minimum")
def smallest_so_far(losses, patience):
    for epoch in range(len(losses)):
        best = int(np.argmin(losses[: epoch + 1]))
        if epoch - best >= patience:
            break
    return epoch + 1, best


@wrong("early_stop", "one epoch", "UnboundLocalError")
def from_the_second(losses, patience):
    best = 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best = epoch
        elif epoch - best >= patience:
            break
    return epoch + 1, best


@wrong("early_stop", "better to the end", "all epochs are run")
def stopped_before_the_last(losses, patience):
    run, best = stop_by_loop(losses, patience)
    return (run, best) if best < len(losses) - 1 else (run - 1, best - 1)


@wrong("early_stop", "a patience of 1", "the last")
def at_least_two(losses, patience):
    return stop_by_loop(losses, max(patience, 2))


@wrong("early_stop", "expected a whole number, got a float")
def epochs_as_floats(losses, patience):
    run, best = stop_by_loop(losses, patience)
    return float(run), float(best)


@wrong("early_stop", "expected 2 arrays, got an int")
def epochs_alone(losses, patience):
    return stop_by_loop(losses, patience)[0]


def disagreements(first, second, labels):
    one, two = first == labels, second == labels
    return (one & ~two).sum(), (two & ~one).sum()


@right("paired_test")
def by_scipy(first, second, labels):
    a, b = disagreements(first, second, labels)
    return np.float64(binomtest(int(a), int(a + b)).pvalue if a + b else 1.0)


@right("paired_test")
def by_the_tail(first, second, labels):
    a, b = disagreements(first, second, labels)
    return np.minimum(1.0, 2 * binom.cdf(min(a, b), a + b, 0.5))


@wrong("paired_test", "60 examples", "One-sided")
def one_sided(first, second, labels):
    a, b = disagreements(first, second, labels)
    return np.float64(binom.cdf(min(a, b), a + b, 0.5))


@wrong("paired_test", "the other way round", "order is even")
def for_the_first(first, second, labels):
    a, b = disagreements(first, second, labels)
    return np.float64(min(1.0, 2 * binom.cdf(b, a + b, 0.5)))


@wrong("paired_test", "as many", "hold the middle")
def more_than_one(first, second, labels):
    a, b = disagreements(first, second, labels)
    return np.float64(2 * binom.cdf(min(a, b), a + b, 0.5))


@wrong("paired_test", "60 examples", "approximation")
def by_chi_squared(first, second, labels):
    a, b = disagreements(first, second, labels)
    return 2 * norm.sf(abs(a - b) / np.sqrt(a + b)) if a + b else np.float64(1)


@wrong("paired_test", "60 examples", "approximation")
def by_chi_squared_corrected(first, second, labels):
    a, b = disagreements(first, second, labels)
    return 2 * norm.sf(max(abs(a - b) - 1, 0) / np.sqrt(a + b)) if a + b else np.float64(1)


@wrong("paired_test", "60 examples", "only disagreements count")
def unpaired(first, second, labels):
    p, q, n = (first == labels).mean(), (second == labels).mean(), len(labels)
    mean = (p + q) / 2
    return 2 * norm.sf(abs(p - q) / np.sqrt(2 * mean * (1 - mean) / n))


@wrong("paired_test", "60 examples", "whatever they said")
def different_guesses(first, second, labels):
    n = int((first != second).sum())
    k = int(((first == labels) & (second != labels)).sum())
    return np.float64(min(1.0, 2 * binom.cdf(min(k, n - k), n, 0.5)))


@wrong("paired_test", "60 examples", "opposite")
def probability_of_a_difference(first, second, labels):
    return 1 - by_the_tail(first, second, labels)


@wrong("paired_test", "the same guesses", "ZeroDivisionError")
def by_the_share(first, second, labels):
    a, b = (int(n) for n in disagreements(first, second, labels))
    share = min(a, b) / (a + b)
    return np.minimum(1.0, 2 * binom.cdf(round(share * (a + b)), a + b, 0.5))


@wrong("paired_test", "the same guesses", "got nan")
def nothing_to_divide(first, second, labels):
    a, b = disagreements(first, second, labels)
    return by_the_tail(first, second, labels) * (a + b) / np.float64(a + b)


@wrong("paired_test", "2,800 disagreements", "too large for a float")
def ways_as_floats(first, second, labels):
    a, b = disagreements(first, second, labels)
    n, k = int(a + b), int(min(a, b))
    return np.float64(min(1.0, 2 * sum(float(math.comb(n, i)) for i in range(k + 1)) / 2.0**n))


@wrong("paired_test", "got a float", "NumPy arrays throughout")
def python_number(first, second, labels):
    return float(by_the_tail(first, second, labels))


@wrong("paired_test", "all disagreements for the one", "spread")
def one_at_least(first, second, labels):
    a, b = disagreements(first, second, labels)
    low = max(min(a, b), 1) if a + b else 0
    return np.minimum(1.0, 2 * binom.cdf(low, a + b, 0.5))
