"""What the exercises on recurrence share."""

from itertools import permutations

import numpy as np

from mmref.check._squash import HARD, LARGE, STRAIGHT
from mmref.check.exercise import case, normal, times

SHAPES = (
    "Do the shapes fit? The weights are (rows, width of what they meet), and examples stand in "
    "the rows of the inputs."
)
TRANSPOSED = "Is it U h or U transposed times h? States stand in the rows of h."
NO_BIAS = "The bias is missing."
LONG = "Go over as many steps as there are, however many."
# Small inputs, and U a rotation: tanh stays where its slope is near 1, so that the first step still
# matters at the last, forward and backward.
FAINT = {
    "inputs": times(0.1),
    "hidden_weight": lambda U: np.array([[0.6, -0.8], [0.8, 0.6]]),
    "bias": times(0.02),
}


def step(gates, states, gradients=0):
    """A ``draw`` of gradients (B, H), x, states (B, H), and the weights of all gates."""

    def draw(rng, B=5, D=3, H=2):
        rows = gates * H
        before, after = [(B, H)] * gradients, [(B, H)] * states
        return tuple(normal(rng, *before, (B, D), *after, (rows, D), (rows, H), (rows,)))

    return draw


def step_cases(hint):
    return (
        case("five rows", hint),
        case("axes of length 3 throughout", TRANSPOSED, B=3, H=3),
        case("inputs near 1000", LARGE, {"x": times(1000)}),
    )


def step_mistakes(wrong, order):
    """Mistakes with the weights of all gates, whose rows have this order."""
    *first, last = order
    in_order = f"The rows of the weights are {', '.join(first)} and {last}, in this order."
    others = [other for other in permutations(order) if other != tuple(order)]

    def turned(U):  # the matrix of each gate
        return np.concatenate([u.T for u in np.split(U, len(order))])

    return (
        (in_order, *(wrong(order=other) for other in others)),
        (NO_BIAS, wrong.of(bias=times(0))),
        (TRANSPOSED, wrong.of(hidden_weight=turned)),
        (STRAIGHT, *(wrong(gate=line) for line in HARD)),
    )
