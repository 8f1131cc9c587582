"""What the exercises on recurrence share."""

import numpy as np

from mmref.check.exercise import normal

SHAPES = (
    "Do the shapes fit? The weights are (rows, width of what they meet), and examples stand in "
    "the rows of the inputs."
)
TRANSPOSED = "Is it U h or U transposed times h? States stand in the rows of h."
NO_BIAS = "The bias is missing."


def step_arguments(rng, B, D, H, gates, states):
    """x, as many states (B, H), and the weights of all gates."""
    rows = gates * H
    shapes = (B, D), *[(B, H)] * states, (rows, D), (rows, H), (rows,)
    return tuple(normal(rng, *shapes))


def far(x, *others):
    return 1000 * x, *others


def turned(U, gates):
    """The matrix of each gate transposed."""
    return np.concatenate([u.T for u in np.split(U, gates)])
