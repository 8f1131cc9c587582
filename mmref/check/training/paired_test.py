"""first and second, the guesses of two models, and labels: integers (N,). Returns, as a NumPy
number, the two-sided p-value of McNemar's exact test: how likely a division of their disagreements
is at least as uneven as this one, if each is a fair coin; 1 where there is none."""

import math

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, given

FAIR = "Which examples count, and how are they spread if the models are equally good?"
BOTH_WRONG = "Where both are wrong, neither is better, whatever they said."
RATIO = "The number of ways is too large for a float, and for 64 bits; the ratio is not."


def draw(rng, N=120, K=3):
    first, second, labels = rng.integers(0, K, (3, N))
    first[: N // 2], second[N // 4 : N // 2] = labels[: N // 2], labels[N // 4 : N // 2]
    return first, second, labels


def right_on(first, second, N):
    """Two models that are right on ranges of N examples."""
    return *(np.isin(np.arange(N), a).astype(int) for a in (first, second)), np.ones(N, int)


def disagreements(first, second, labels):
    one, two = first == labels, second == labels
    return int((one & ~two).sum()), int((two & ~one).sum())


def tails(a, b, sides=2, most=1.0):
    """How likely is a division as uneven; of whole numbers, so that nothing overflows."""
    ways = sum(math.comb(a + b, i) for i in range(min(a, b) + 1))
    return min(most, sides * ways / 2 ** (a + b))


def exact(first, second, labels, p=tails):
    """The p-value, or another function of the numbers of disagreements."""
    return np.float64(p(*disagreements(first, second, labels)))


def normal_tails(difference, variance):
    return np.float64(math.erfc(max(difference, 0) / math.sqrt(2 * variance)))


def unpaired(first, second, labels):
    p, q, n = (first == labels).mean(), (second == labels).mean(), len(labels)
    return normal_tails(abs(p - q), (p + q) * (1 - (p + q) / 2) / n)


def any_difference(first, second, labels):
    """Takes every pair of different guesses for a disagreement."""
    n, k = int((first != second).sum()), disagreements(first, second, labels)[0]
    return np.float64(tails(k, n - k))


wrong = Wrong(exact)
CASES = (
    case("120 examples, three classes", FAIR),
    case("the other way round", "Two-sided: the order is even.", lambda a, b, y: (b, a, y)),
    given("a few examples, some wrong twice", BOTH_WRONG, np.array([1, 1, 0, 2, 0, 1]),
          np.array([1, 0, 0, 1, 1, 1]), np.ones(6, int)),
    given("as many for the one as for the other", "A probability is at most 1.",
          *right_on(range(2), range(2, 4), 4)),
    given("the same guesses", "Without a disagreement, nothing speaks against it.",
          *right_on(range(2), range(2), 5)),
    given("all disagreements for the one", FAIR, *right_on(range(12), (), 12)),
    given("1,200 disagreements", RATIO, *right_on(range(550), range(750, 1400), 1400)),
)  # fmt: skip
MISTAKES = (
    ("One-sided: either model could have been the better one.",
     wrong(p=lambda a, b: tails(a, b, sides=1))),
    ("A probability is at most 1: where it is even, both tails hold the middle.",
     wrong(p=lambda a, b: tails(a, b, most=np.inf))),
    ("That is the large-sample approximation: the binomial itself is asked for.",
     wrong(p=lambda a, b: normal_tails(abs(a - b), a + b)),
     wrong(p=lambda a, b: normal_tails(abs(a - b) - 1, a + b))),
    ("That takes the models for tested on different examples: only disagreements count.", unpaired),
    (BOTH_WRONG, any_difference),
    ("That is the probability of the opposite.", wrong.then(lambda p: 1 - p)),
)  # fmt: skip
EXERCISE = Exercise(exact, __doc__, CASES, MISTAKES, draw, axis=None, also=("long", "ones"))
