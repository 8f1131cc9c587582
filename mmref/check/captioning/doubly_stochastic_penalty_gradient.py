"""grad, a number: the gradient of a loss with respect to P = 1/B sum_b sum_n (1 - sum_t m_bt
alpha_btn)^2; weights alpha (B, T, N), at word t the share of place n; mask m (B, T), boolean, True
= a word. Returns the gradient with respect to the weights, (B, T, N). What the weights hold where
the mask is False, NaN included, has no effect, and its gradient is 0."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, normal, put, times
from mmref.reference.captioning import doubly_stochastic_penalty_gradient

SQUARE = "The derivative of (1 - s)^2 is -2 (1 - s)."
WORDS = "Each word adds to the same sum: all of them have one slope at a place."
MASK = "Padding looks nowhere: it adds nothing to the sum, and has no slope."
MEAN = "P is a mean over the batch, and a sum over the places."
SELECT = "A masked step may hold NaN, and 0 * NaN is NaN: select, do not multiply."


def draw(rng, B=3, T=4, N=5):
    weights = np.abs(normal(rng, (B, T, N))[0])
    return np.float64(0.5), weights, np.arange(T) < T - np.arange(B)[:, None] % T


def slopes(grad, weights, mask, factor=-2.0, kept=True, seen=None, share=len, to_one=1.0):
    """The gradient, or a wrong one."""
    there = np.where(mask[..., None], weights, 0) if kept else np.nan_to_num(weights)
    missing = to_one - (there.sum(axis=1) if seen is None else seen(there))  # (B, N)
    slope = factor * grad * np.broadcast_to(missing[:, None], weights.shape) / share(weights)
    return np.where(mask[..., None], slope, 0)


def reference(grad, weights, mask):
    return doubly_stochastic_penalty_gradient(grad, weights, mask)[0]


def spoiled(grad, weights, mask):
    return grad, np.where(mask[..., None], weights, np.nan), mask


wrong = Wrong(slopes)
CASES = (
    case("three captions of 4, 3 and 2 words", MASK),
    case("captions without padding", WORDS, {"mask": lambda m: m | True}),
    case("one word", "One word: the sum is its own weight.", T=1),
    case("an empty caption", "No word, no slope.", {"mask": put(1, False)}),
    case("grad 100", "The chain rule: the result grows with grad.", {"grad": times(200)}),
    case("NaN in the padding", SELECT, spoiled),
)
MISTAKES = (
    (SQUARE, wrong(factor=2.0), wrong(factor=-1.0)),
    (MASK, wrong(kept=False),
     lambda g, w, m: slopes(g, np.where(m[..., None], w, 0), m | True)),
    (MEAN, wrong(share=lambda w: 1.0), wrong(share=lambda w: w.shape[0] * w.shape[2]),
     wrong(share=lambda w: w.shape[0] * w.shape[1])),
    ("The sum of a place is to be 1, not its mean over the words.",
     wrong(seen=lambda w: w.mean(axis=1))),
    ("1 less the sum: what has been seen is taken away from 1.", wrong(to_one=0.0)),
)  # fmt: skip
EXERCISE = Exercise(reference, __doc__, CASES, MISTAKES, draw, outputs=("d_weights",))
