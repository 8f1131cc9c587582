"""logits (B, K) of K classes; groups (K,), whole numbers from 0: the answer that class k belongs
to; answers (B,), whole numbers: the right one of each row. The probability of an answer is the sum
of the softmax over its classes. Returns (B, K), the gradient with respect to the logits of
-log P(right answer), the mean over the B rows."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, put

TWO = "log of a sum of exponentials, less log of the sum of all: two softmaxes come out."
INSIDE = "Among the classes of the right answer, each is pulled up by its share of them."
LARGE = "Subtract the largest logit of each softmax before exp."


def draw(rng, B=3, K=4):
    groups = np.arange(K) % 2
    return rng.normal(size=(B, K)).round(2), groups, rng.integers(0, min(K, 2), B)


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def gradient(logits, groups, answers, inside=softmax, all_of=softmax, over=len):
    """The gradient, or a wrong one."""
    right = groups == answers[:, None]  # (B, K)
    return (all_of(logits) - inside(np.where(right, logits, -np.inf))) / over(logits)


def evenly(x):
    there = np.isfinite(x)
    return there / there.sum(axis=1, keepdims=True)


wrong = Wrong(gradient)
CASES = (
    case("three rows, four classes, two answers", TWO),
    case("each class is an answer", "Then it is softmax less one-hot.",
         lambda s, g, a: (s, np.arange(len(g)), a)),
    case("one answer for all", "It is certain: nothing to learn.",
         lambda s, g, a: (s, 0 * g, 0 * a)),
    case("a logit of 800", LARGE, {"logits": put(0, 800.0)}),
)  # fmt: skip
MISTAKES = (
    (INSIDE, wrong(inside=evenly), wrong(inside=lambda x: np.isfinite(x) * 1.0),
     wrong(inside=lambda x: np.isfinite(x) * softmax(np.nan_to_num(x, neginf=0)))),
    (TWO, wrong(all_of=evenly), wrong(all_of=lambda x: 0 * x)),
    ("The mean is over B rows, not over B K numbers.", wrong(over=np.size),
     wrong(over=lambda s: 1)),
)  # fmt: skip
EXERCISE = Exercise(gradient, __doc__, CASES, MISTAKES, draw, axis="row",
                    outputs=("logits",))  # fmt: skip
