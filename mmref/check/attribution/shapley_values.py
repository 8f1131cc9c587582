"""values (B, 2^M): of each of B rows what every coalition of M modalities is worth. Modality i is
in coalition number n where bit i of n is 1, so column 0 is nobody and the last column everybody; M
is to be found from the shape. Returns (B, M), the Shapley value of each modality: the mean, over
all orders in which the modalities may join, of what the worth changes by when it joins."""

from math import factorial

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, given, times
from mmref.reference import attribution

ORDERS = "Average over the orders, not over the coalitions: these count differently."
BITS = "Modality 0 is the lowest bit: in column 1 it is alone."
ALL = "A gain differs with who is there before: one order, or one coalition, is not all."
SUM = "All values of a row sum to v(all) - v(none)."


def joined(values, share=None, size=None, reverse=False, nobody=True):
    """What each adds to the coalitions without it, weighted; or wrong ones."""
    M = int(np.log2(values.shape[1]))
    columns, result = np.arange(2**M), []
    for i in range(M):
        bit = 1 << (M - 1 - i if reverse else i)
        without = columns[columns & bit == 0]
        without = without if nobody else without[1:] if M > 1 else without
        k = np.array([bin(n).count("1") for n in without])
        weights = np.array([factorial(n) * factorial(M - n - 1) / factorial(M) for n in k])
        weights = share(k, M) if share else weights
        result.append((values[:, without + bit] - values[:, without]) @ weights)
    return np.stack(result, axis=1)


def even(k, M):
    return np.full(len(k), 1 / len(k))


wrong = Wrong(joined)
CASES = (
    given("two modalities", "Two orders: each comes first once.",
          np.array([[0.5, 0.6, 0.7, 0.9]])),
    given("an exclusive or", ALL, np.array([[0.0, 0.0, 0.0, 1.0]])),
    case("three modalities", ORDERS),
    case("four modalities", ORDERS, N=16),
    case("one modality", SUM, N=2),
)  # fmt: skip
MISTAKES = (
    (ORDERS, wrong(share=even)),
    (BITS, wrong(reverse=True)),
    (ALL, wrong(share=lambda k, M: 1.0 * (k == 0)), wrong(share=lambda k, M: 1.0 * (k == M - 1))),
    (SUM, wrong(share=lambda k, M: np.ones(len(k))), wrong(nobody=False),
     wrong.of(values=times(2))),
)  # fmt: skip
draw = arrays("BN", B=5, N=8)
EXERCISE = Exercise(
    attribution.shapley_values, __doc__, CASES, MISTAKES, draw, long={"N": 32}, never="ones"
)
