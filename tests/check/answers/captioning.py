"""Answers to the exercises on captions."""

import heapq

import numpy as np
from scipy.special import log_softmax

PENALTY, LOSS, STEP = "doubly_stochastic_penalty_gradient", "next_word_loss", "beam_step"


def penalty(grad, weights, mask):
    """Weight by weight."""
    slope = np.zeros(weights.shape)
    for b, t, n in np.ndindex(weights.shape):
        if mask[b, t]:
            seen = sum(weights[b, s, n] for s in np.flatnonzero(mask[b]))
            slope[b, t, n] = 2 * grad * (seen - 1) / len(weights)
    return slope


def loss(logits, labels, mask):
    """Word by word."""
    losses = [-log_softmax(logits[b, t])[labels[b, t]] for b, t in np.argwhere(mask)]
    return np.float64(np.mean(losses) if losses else 0)


def step(log_p, next_p, width):
    """From a heap."""
    P, V = next_p.shape
    all_of_them = ((log_p[i] + next_p[i, v], i, v) for i in range(P) for v in range(V))
    best = heapq.nlargest(width, all_of_them)
    return np.array([i for _, i, _ in best]), np.array([v for *_, v in best])


RIGHT = [(PENALTY, penalty), (LOSS, loss), (STEP, step)]
WRONG = [
    (PENALTY, lambda g, w, m: penalty(g, np.minimum(w, 1), m), "weights"),
    (PENALTY, lambda g, w, m: penalty(g, w[:, ::-1], m), "d_weights"),
    (LOSS, lambda x, y, m: loss(np.minimum(x, 100), y, m), "scores of 1000"),
    (LOSS, lambda x, y, m: loss(x, y, m) if m.any() else np.float64(np.nan), "no word at all"),
    (STEP, lambda p, n, w: step(p, n, min(w, 3)), "beginning"),
    (STEP, lambda p, n, w: step(np.maximum(p, -1), n, w), "far behind"),
]
