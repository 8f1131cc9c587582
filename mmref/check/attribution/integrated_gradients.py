"""inputs and baselines (B, D); weight (H, D), bias (H,) and output (H,) of the score
output . tanh(weight x + bias), a number for each row; steps, an integer. Returns (B, D), what each
number of the input contributes: its distance from the baseline, times the mean slope of the score
at the middles of as many equal parts of the straight way between them."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, times
from mmref.reference import attribution

FACTOR = "The mean slope is multiplied by inputs - baselines, number by number."
MIDDLE = "Take the slope in the middle of each part: at (s + 1/2) / steps of the way, s from 0."
MEAN = "The mean over the steps, not the sum."
WAY = "Begin at the baseline and end at the input."
CHAIN = "The slope of tanh is 1 - tanh^2."


def along(inputs, baselines, weight, bias, output, steps, shift=0.5, factor=None, power=1.0,
          bent=True, turned=False):  # fmt: skip
    """The contributions, or wrong ones."""
    total = np.zeros(inputs.shape)
    for s in range(steps):
        a = (s + shift) / steps
        ends = (inputs, baselines) if turned else (baselines, inputs)
        x = ends[0] + a * (ends[1] - ends[0])
        h = np.tanh(x @ weight.T + bias)
        total += (output * (1 - h**2 if bent else 1)) @ weight
    factor = inputs - baselines if factor is None else factor(inputs, baselines)
    return factor * total / steps**power


wrong = Wrong(along)
CASES = (
    case("one step", CHAIN, steps=1),
    case("three steps", MIDDLE),
    case("from a baseline of zeros", FACTOR, {"baselines": np.zeros_like}),
    case("to an input of zeros", WAY, {"inputs": np.zeros_like}),
    case("a steep score", FACTOR, {"output": times(10_000)}),
)
MISTAKES = (
    (FACTOR, wrong(factor=lambda x, b: x), wrong(factor=lambda x, b: 1.0),
     wrong(factor=lambda x, b: np.abs(x - b))),
    (MIDDLE, wrong(shift=0.0), wrong(shift=1.0)),
    (MEAN, wrong(power=0.0)),
    (WAY, wrong(factor=lambda x, b: b - x), wrong(shift=0.25)),
    (CHAIN, wrong(bent=False)),
)  # fmt: skip
draw = arrays("BD", "BD", "HD", "H", "H", "steps", B=3, D=4, H=5, steps=3)
EXERCISE = Exercise(attribution.integrated_gradients, __doc__, CASES, MISTAKES, draw)
