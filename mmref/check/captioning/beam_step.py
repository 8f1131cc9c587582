"""log_p (P,), the log probabilities of P beginnings of a text; next_p (P, V), for each of them the
log probabilities of the next word; width W, a whole number. Returns two arrays of whole numbers
(W,): of the W likeliest beginnings that are one word longer, the likeliest first, which of the old
ones each continues, and with which word. No two are equally likely; where there are fewer than W,
all are returned."""

import numpy as np

from mmref.check.exercise import INTEGERS, Exercise, Wrong, case, put

SUM = "A product of probabilities is a sum of their logarithms: the beginning counts, too."
ALL = "The W best of all P times V, not the best of each beginning."
ORDER = "The likeliest comes first."
WHICH = "Number k of all is beginning k // V with word k % V."
FEW = "There may be fewer than W."


def draw(rng, P=3, V=5, width=4):
    # Distinct by much, so that no rounding changes the order.
    steps = rng.permutation(P * V).reshape(P, V) * 0.37
    return -rng.permutation(P) * (0.74 + 0.3 / P) - 0.05, -0.2 - steps, width


def step(log_p, next_p, width, total=None, order=lambda flat: np.argsort(-flat), cut=None):
    """The step, or a wrong one."""
    words = next_p.shape[1]
    flat = (log_p[:, None] + next_p if total is None else total(log_p, next_p)).ravel()
    k = order(flat)[:width]
    return (k // words, k % words) if cut is None else cut(k, next_p)


def of_each(log_p, next_p, width):
    """The best word of each beginning."""
    words = next_p.argmax(axis=1)
    order = np.argsort(-(log_p + next_p.max(axis=1)))[:width]
    return order, words[order]


wrong = Wrong(step)
CASES = (
    case("three beginnings, five words", ALL),
    case("one beginning", "At the start there is one beginning: its W best words.", P=1),
    case("a width of 1", "With a width of 1 the search is greedy.", width=1),
    case("wider than all there are", FEW, P=1, V=2, width=9),
    case("a beginning that is far behind", SUM,
         {"log_p": lambda log_p: log_p - 49.77 * (np.arange(len(log_p)) == 0)}),
    case("more beginnings than words", WHICH, P=6, V=3),
    case("a word that is certain", "The logarithm of 1 is 0.", {"next_p": put((1, 2), 0.0)}),
)  # fmt: skip
MISTAKES = (
    (SUM, wrong(total=lambda p, n: n), wrong(total=lambda p, n: n - p[:, None])),
    (ALL, of_each),
    (ORDER, wrong(order=np.argsort),
     lambda p, n, w: tuple(part[::-1] for part in step(p, n, w))),
    (WHICH, wrong(cut=lambda k, n: (k // len(n), k % len(n))),
     wrong(cut=lambda k, n: (k % n.shape[1], k // n.shape[1]))),
    ("Log probabilities are added, not multiplied.", wrong(total=lambda p, n: p[:, None] * n)),
)  # fmt: skip
EXERCISE = Exercise(step, __doc__, CASES, MISTAKES, draw, kind=INTEGERS, axis="beginning",
                    outputs=("beginning", "word"), never="zeros")  # fmt: skip
