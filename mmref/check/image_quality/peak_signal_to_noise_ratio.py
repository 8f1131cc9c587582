"""images and targets (B, ...), floats of one shape, and their range data_range. Returns the peak
signal-to-noise ratio in decibels (B,), one for each picture: ten times the logarithm to the base 10
of data_range squared over the picture's mean squared error."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, times
from mmref.reference import image_quality

RANGE = "The range is an argument: 255 for bytes, 2 for pictures in [-1, 1]."
SMALL = "An error may be as small as this: nothing is added to it."


def draw(rng, B=3, C=2, H=4, W=5, data_range=1.0):
    images, targets = rng.uniform(0, data_range, size=(2, B, C, H, W)).round(2)
    return images, targets, data_range


def error(x, t):
    return ((x - t) ** 2).mean(axis=tuple(range(1, x.ndim)))


wrong = Wrong(image_quality.peak_signal_to_noise_ratio)
CASES = (
    case("pictures in [0, 1]", "One number for each picture: which axes does the mean run over?"),
    case("one picture", "Does it work for a batch of one?", B=1),
    case("pictures in [0, 255]", RANGE, data_range=255.0),
    case("rows of numbers, without height and width", "However many axes a picture has.",
         lambda x, t, R: (x[:, 0, 0], t[:, 0, 0], R)),
    case("nearly the target", SMALL, lambda x, t, R: (t + 1e-9 * (x - t), t, R)),
)  # fmt: skip
MISTAKES = (
    ("That is one ratio for the whole batch; each picture has its own.",
     lambda x, t, R: 10 * np.log10(R**2 / np.mean((x - t) ** 2)) + np.zeros(len(x))),
    ("The range is squared, as the error is.", lambda x, t, R: 10 * np.log10(R / error(x, t)),
     lambda x, t, R: 10 * np.log10(1 / error(x, t))),
    ("Of a squared error ten times the logarithm, of its root twenty times.",
     wrong.then(times(2)), wrong.then(times(0.5))),
    ("Decibels have the logarithm to the base 10.",
     lambda x, t, R: 10 * np.log(R**2 / error(x, t))),
    ("A larger error is a smaller ratio: look at the sign.", wrong.then(np.negative)),
    ("The mean of the squares, not their sum.",
     lambda x, t, R: 10 * np.log10(R**2 / (error(x, t) * x[0].size))),
    ("The peak is the range's, not the largest number that happens to be there.",
     lambda x, t, R: 10 * np.log10(t.max() ** 2 / error(x, t))),
    (SMALL, lambda x, t, R: 10 * np.log10(R**2 / (error(x, t) + 1e-12))),
)  # fmt: skip
EXERCISE = Exercise(image_quality.peak_signal_to_noise_ratio, __doc__, CASES, MISTAKES, draw,
                    axis="picture")  # fmt: skip
