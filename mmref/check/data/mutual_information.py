"""table (L, V) of joint probabilities, which sum to 1; returns how many bits the columns tell about
the rows."""

import numpy as np

from mmref.check.exercise import Exercise, case, given

BITS = "Is the logarithm to the base 2?"
ZERO = "0 log 0 counts as 0."


def draw(rng, L=3, V=4, zeros=()):
    """``zeros``: where the table has some."""
    table = rng.dirichlet(np.full(L * V, 0.8)).reshape(L, V)
    for place in zeros:
        table[place] = 0
    return (table / table.sum(),)


def mutual_information(table):
    product = table.sum(1, keepdims=True) * table.sum(0)
    some = table > 0
    return (table[some] * np.log2(table[some] / product[some])).sum()


def entropy(p):
    p = p[p > 0]
    return -(p * np.log2(p)).sum()


CASES = (
    case("three labels, four values", BITS),
    case("five labels, two values", BITS, L=5, V=2),
    case("a cell of zero", ZERO, zeros=[(1, 2)]),
    case("a row and a column of zeros", f"What never comes tells nothing. {ZERO}",
         zeros=[np.s_[2], np.s_[:, 1]]),
    given("independent rows and columns", "Nothing is known: 0 bits.",
          np.outer([0.2, 0.8], [0.5, 0.3, 0.2])),
    given("each column has a row of its own",
          "All is known: as many bits as it takes to name one of the rows.", np.eye(5) / 5),
)  # fmt: skip
MISTAKES = (
    ("These are nats: bits take the logarithm to the base 2.",
     lambda t: mutual_information(t) * np.log(2)),
    ("The minus belongs to entropies.", lambda t: -mutual_information(t)),
    ("That is the entropy of the pair, not what the parts share.", entropy),
    ("That is what is left to ask, H(Y | V).", lambda t: entropy(t) - entropy(t.sum(0))),
    ("That is what is left to ask, H(V | Y).", lambda t: entropy(t) - entropy(t.sum(1))),
    ("That is the entropy of the rows alone.", lambda t: entropy(t.sum(1))),
    ("That is the entropy of the columns alone.", lambda t: entropy(t.sum(0))),
    ("Each logarithm is to be weighted with its probability, and the sum taken, not the mean.",
     lambda t: mutual_information(t) / t.size),
)  # fmt: skip
EXERCISE = Exercise(mutual_information, __doc__, CASES, MISTAKES, draw, axis=None,
                    never="large zeros")  # fmt: skip
