"""x (N, M); scale s, a positive number; zero_point z, an integer; bits, a whole number. Returns
(N, M): for each number s (q - z), where q is round(x / s) + z, cut off at the lowest and the
highest integer that so many bits hold, -2^(bits-1) and 2^(bits-1) - 1. A half is rounded to the
even neighbor, as NumPy does."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, put
from mmref.reference import compression

ENDS = "With 8 bits q goes from -128 to 127: one more below 0 than above."
ZERO = "z is added before q is cut off, and taken away before q is multiplied by s."
NEAREST = "q is the nearest integer, not the one below."
HALVES = "A half goes to the even neighbor: 1.5 becomes 2, and so does 2.5."
SCALE = "The result is on the scale of x: the integers are multiplied by s."


def draw(rng, N=4, M=3):
    return rng.normal(size=(N, M)).round(2), 0.1, 3, 8


def moved(x, scale, zero_point, bits, to=np.round, low=0, high=0, inside=True, back=True, size=1):
    """The numbers, or wrong ones."""
    half = 2 ** (bits - 1)
    ends = -half + low, half - 1 + high
    if inside:
        q = np.clip(to(x / scale) + zero_point, *ends)
        return (scale if size else 1.0) * (q - zero_point * back)
    return scale * np.clip(to(x / scale), *ends)


wrong = Wrong(moved)
CASES = (
    case("8 bits, z = 0", NEAREST, {"zero_point": lambda z: 0}),
    case("z = 3", ZERO),
    case("4 bits, a wide x", ENDS, {"x": lambda x: 10 * x, "bits": lambda b: 4}),
    case("2 bits", ENDS, {"x": lambda x: 3 * x, "bits": lambda b: 2, "zero_point": lambda z: -1}),
    case("halves", HALVES, {"x": lambda x: (np.round(x * 4) + 0.5) / 2, "scale": lambda s: 0.5}),
    case("16 bits", ENDS, {"x": lambda x: 1000 * x, "bits": lambda b: 16}),
    case("far outside", ENDS, {"x": put(np.s_[0], 1e6)}),
)
MISTAKES = (
    (NEAREST, wrong(to=np.floor), wrong(to=np.trunc)),
    (HALVES, wrong(to=lambda v: np.floor(v + 0.5))),
    (ENDS, wrong(low=1), wrong(high=1), wrong(low=1, high=1), wrong(low=-(10**9), high=10**9)),
    (ZERO, wrong(inside=False), wrong(back=False)),
    (SCALE, wrong(size=0)),
)
EXERCISE = Exercise(compression.quantized, __doc__, CASES, MISTAKES, draw)
