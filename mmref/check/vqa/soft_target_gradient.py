"""logits (B, K); targets (B, K), from 0 to 1: how right each answer is, of which several may be.
Returns the gradient, (B, K), with respect to the logits s of the binary cross-entropy
-y log p - (1 - y) log(1 - p), p = 1 / (1 + exp(-s)), its mean over all B K numbers."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, put

LESS = "What is left of the logarithms: what is said, less what is right."
MEAN = "The mean is over B K numbers, not over B."
EACH = "Each answer has a sigmoid of its own; no softmax joins them."
LARGE = "exp(800) overflows, and exp(-800) does not: which of the two does p need?"


def draw(rng, B=3, K=4):
    return rng.normal(size=(B, K)).round(2), rng.integers(0, 11, (B, K)) / 10


def gradient(logits, targets, said=None, right=1.0, count=None):
    """The gradient, or a wrong one."""
    e = np.exp(-np.abs(logits))
    p = np.where(logits >= 0, 1, e) / (1 + e) if said is None else said(logits)
    return (p - right * targets) / (logits.size if count is None else count(logits))


def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


wrong = Wrong(gradient)
CASES = (
    case("three questions, four answers", LESS),
    case("targets of 0 and 1", LESS, lambda s, y: (s, np.round(y))),
    case("a logit of -800", LARGE, {"logits": put(0, -800.0)}),
    case("a logit of 800", LARGE, {"logits": put(0, 800.0)}),
    case("one answer", MEAN, K=1),
)  # fmt: skip
MISTAKES = (
    (LESS, wrong(right=0.0), wrong(right=0.5)),
    (MEAN, wrong(count=lambda s: len(s)), wrong(count=lambda s: s.shape[1]),
     wrong(count=lambda s: 1)),
    (EACH, wrong(said=softmax)),
    (LARGE, wrong(said=lambda s: np.exp(s) / (1 + np.exp(s)))),
)  # fmt: skip
EXERCISE = Exercise(gradient, __doc__, CASES, MISTAKES, draw, axis="question",
                    outputs=("logits",))  # fmt: skip
