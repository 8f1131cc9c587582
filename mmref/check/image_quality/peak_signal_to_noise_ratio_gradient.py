"""grad (B,), the gradient of a loss with respect to each picture's peak signal-to-noise ratio; then
images and targets (B, ...), floats of one shape, and their range data_range. Returns the gradients
with respect to images and targets, each (B, ...)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, normal
from mmref.reference import image_quality

CHAIN = "A logarithm's derivative is 1 over what stands in it, and its base is 10."
OWN = "Each picture has its own error, and its own number in grad."
RANGE = "The range adds a constant to the decibels: what is its derivative?"
SMALL = "Near the target the slope is large: nothing is added to the error."


def draw(rng, B=3, C=2, H=4, W=5, data_range=1.0):
    images, targets = rng.uniform(0, data_range, size=(2, B, C, H, W)).round(2)
    (grad,) = normal(rng, (B,))
    return grad, images, targets, data_range


def slopes(grad, images, targets, data_range, factor=lambda images, data_range: 1.0):
    """Both gradients, or wrong ones: times a factor."""
    given = grad, images, targets, data_range
    dx, dt = image_quality.peak_signal_to_noise_ratio_gradient(*given)
    return factor(images, data_range) * dx, factor(images, data_range) * dt


wrong = Wrong(slopes)
CASES = (
    case("three pictures", CHAIN),
    case("one picture", "Does it work for a batch of one?", B=1),
    case("pictures in [0, 255]", RANGE, data_range=255.0),
    case("rows of numbers, without height and width", "However many axes a picture has.",
         lambda g, x, t, R: (g, x[:, 0, 0], t[:, 0, 0], R)),
    case("nearly the target", SMALL, lambda g, x, t, R: (g, t + 1e-6 * (x - t), t, R)),
)  # fmt: skip
MISTAKES = (
    (CHAIN, wrong(factor=lambda x, R: np.log(10)), wrong(factor=lambda x, R: 0.5)),
    ("The targets are pulled the other way.", wrong.then(lambda x, t: (x, x))),
    ("The error's own mean has its 1 over the number of pixels, and so does its derivative.",
     wrong(factor=lambda x, R: x[0].size), wrong(factor=lambda x, R: 1 / x[0].size)),
    (OWN, wrong.of(grad=lambda g: g.mean() + 0 * g)),
    (RANGE, wrong(factor=lambda x, R: R**2)),
)  # fmt: skip
EXERCISE = Exercise(
    image_quality.peak_signal_to_noise_ratio_gradient, __doc__, CASES, MISTAKES, draw,
    outputs=("images", "targets"), axis="picture",
)  # fmt: skip
