"""first and second, the guesses of two models, and labels: integers (N,). Returns, as a NumPy
number, the two-sided p-value of McNemar's exact test: how likely a division of their disagreements
is at least as uneven as this one, if each is a fair coin; 1 where there is none."""

import math

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, given
from mmref.check.training._tests import large_sample, unpaired

FAIR = "Which examples count, and how are they spread if the models are equally good?"
BOTH_WRONG = "Where both are wrong, neither is better, whatever they said."
RATIO = "The number of ways is too large for a float, and for 64 bits; the ratio is not."


def draw(rng, N=120, K=3):
    first, second, labels = rng.integers(0, K, (3, N))
    first[: N // 2], second[N // 4 : N // 2] = labels[: N // 2], labels[N // 4 : N // 2]
    return first, second, labels


def right_on(words, hint, first, second, N):
    """A case: two models that are right on these of N examples."""
    return given(words, hint, *(np.isin(range(N), a) + 0 for a in (first, second)), np.ones(N, int))


def tails(a, b, sides=2, most=1.0):
    """How likely is a division as uneven; of whole numbers, so that nothing overflows."""
    ways = sum(math.comb(a + b, i) for i in range(min(a, b) + 1))
    return min(most, sides * ways / 2 ** (a + b))


def exact(first, second, labels, p=tails, **how):
    """The p-value, or another function of the numbers of disagreements."""
    one, two = first == labels, second == labels
    return np.float64(p(int((one & ~two).sum()), int((two & ~one).sum()), **how))


wrong = Wrong(exact)
CASES = (
    case("120 examples, three classes", FAIR),
    case("the other way round", "Two-sided: the order is even.", lambda a, b, y: (b, a, y)),
    given("a few examples, some wrong twice", BOTH_WRONG,
          *np.array([[1, 1, 0, 2, 0, 1], [1, 0, 0, 1, 1, 1], [1, 1, 1, 1, 1, 1]])),
    right_on("as many for each", "A probability is at most 1.", range(2), range(2, 4), 4),
    right_on("the same guesses", "Nothing speaks against it.", range(2), range(2), 5),
    right_on("all disagreements for the one", FAIR, range(12), [], 12),
    right_on("1,200 disagreements", RATIO, range(550), range(750, 1400), 1400),
)  # fmt: skip
MISTAKES = (
    ("One-sided: either model could have been the better one.", wrong(sides=1)),
    ("A probability is at most 1: where it is even, both tails hold the middle.", wrong(most=2)),
    ("That is the large-sample approximation: the binomial itself is asked for.",
     *(wrong(p=lambda a, b, c=c: large_sample(abs(a - b) - c, a + b)) for c in (0, 1))),
    ("That takes the models for tested on different examples: only disagreements count.", unpaired),
    (BOTH_WRONG, lambda first, second, y: exact(first, second, np.where(first == y, y, second))),
    ("That is the probability of the opposite.", wrong.then(lambda p: 1 - p)),
)  # fmt: skip
EXERCISE = Exercise(exact, __doc__, CASES, MISTAKES, draw, axis=None, never="large zeros")
