"""grad (N, M), the gradient of a loss with respect to what quantized returns; then x (N, M); scale
s, a positive number; zero_point z, an integer; bits, a whole number. Returns (N, M): what counts as
the gradient with respect to x, the straight-through estimator: grad where round(x / s) + z is an
integer that so many bits hold, from -2^(bits-1) to 2^(bits-1) - 1, and 0 elsewhere."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case

ROUNDED = "What counts is the rounded number: x may lie almost half a step beyond the last point."
ZERO = "z moves the range: it is added before you look."
ENDS = "With 8 bits the integers go from -128 to 127, both ends inside."
CLIPPED = "Where q is cut off the result does not move with x: there the gradient is 0."
ONE = "Inside, the staircase counts as the straight line that it follows: a factor of 1."


def draw(rng, N=4, M=3, zero=3.0, bits=4.0):
    grad = rng.normal(size=(N, M)).round(2)
    return grad, rng.normal(size=(N, M)).round(2), 0.1, int(zero), int(bits)


def straight_through_gradient(
    grad, x, scale, zero_point, bits, to=np.round, low=0, high=0, shift=1, all_of=False, by=None
):
    """The gradient, or a wrong one."""
    half = 2 ** (bits - 1)
    q = to(x / scale) + shift * zero_point
    inside = (q >= -half + low) & (q <= half - 1 + high)
    return grad * (inside | all_of) * (by(scale) if by else 1.0)


wrong = Wrong(straight_through_gradient)
EDGES = np.array([-1.04, -1.06, 0.44, 0.46])  # with z = 3: half a step around both last points


def at_the_ends(x):
    return np.resize(EDGES, x.shape)


CASES = (
    case("4 bits, z = 3", ZERO),
    case("8 bits, nothing is cut off", ONE, bits=8),
    case("z = 0", CLIPPED, zero=0),
    case("near both ends", ROUNDED, {"x": at_the_ends}),
    case("on both ends", ENDS, {"x": lambda x: np.resize([-1.1, 0.4], x.shape)}),
    case("2 bits", ENDS, bits=2, zero=-1),
)
MISTAKES = (
    (CLIPPED, wrong(all_of=True)),
    (ENDS, wrong(low=1), wrong(high=-1), wrong(high=1)),
    (ZERO, wrong(shift=0), wrong(shift=-1)),
    (ROUNDED, wrong(to=lambda v: v)),
    (ONE, wrong(by=lambda s: s), wrong(by=lambda s: 1 / s)),
)
EXERCISE = Exercise(straight_through_gradient, __doc__, CASES, MISTAKES, draw)
