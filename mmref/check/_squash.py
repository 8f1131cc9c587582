"""What exercises on gates say of functions that squash a number."""

import numpy as np

LARGE = "Large inputs overflow in exp: sigmoid and tanh have two forms, one safe for each sign."
STRAIGHT = "The gates are squashed by the logistic function itself, not by a straight line."
# "Hard" sigmoids: a straight line, cut off at 0 and 1, with the slopes that the frameworks use.
HARD = tuple(
    lambda x, slope=slope: np.clip(slope * x + 0.5, 0, 1) for slope in (1 / 6, 1 / 5, 1 / 4)
)
