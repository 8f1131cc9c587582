"""Answers to the exercises on questions about pictures."""

import itertools

import numpy as np

ACCURACY, GRADIENT, BLIND = "vqa_accuracy_of_matches", "soft_target_gradient", "best_blind_accuracy"


def accuracy(matches):
    """Over all subsets of the people but one."""
    R = matches.shape[1]
    found = [
        np.mean([min(sum(some) / 3, 1) for some in itertools.combinations(row.tolist(), R - 1)])
        for row in matches
    ]
    return np.array(found)


def closed(matches):
    """By how many agree."""
    n, R = matches.sum(axis=1), matches.shape[1]
    return (n * np.minimum((n - 1) / 3, 1) + (R - n) * np.minimum(n / 3, 1)) / R


def gradient(logits, targets):
    """By the hyperbolic tangent, which overflows nowhere."""
    return ((1 + np.tanh(logits / 2)) / 2 - targets) / logits.size


def blind(counts):
    """By giving the answers, and counting."""
    own = sum(int(row[row.argmax()]) for row in counts)
    one = int(counts[:, counts.sum(axis=0).argmax()].sum())
    return own / counts.sum(), one / counts.sum()


RIGHT = [(ACCURACY, accuracy), (ACCURACY, closed), (GRADIENT, gradient), (BLIND, blind)]
WRONG = [
    (ACCURACY, lambda m: np.minimum(m.sum(axis=1) / 3, 1), "left out once"),
    (ACCURACY, lambda m: np.minimum(0.3 * m.sum(axis=1), 1), "two people"),
    (GRADIENT, lambda s, y: (np.exp(s) / (1 + np.exp(s)) - y) / s.size, "overflows"),
    (GRADIENT, lambda s, y: gradient(s, np.round(y)), "right"),
    (BLIND, lambda c: (blind(c)[0], blind(c)[0]), "one and the same"),
]
