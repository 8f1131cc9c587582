"""grad (B, ...), the gradient of a loss with respect to the velocity
v = sqrt(a) noise - sqrt(1 - a) clean; then clean and noise (B, ...) and a = alpha_bar (B,), one for
each row. Returns the gradients with respect to clean, noise and alpha_bar."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case
from mmref.reference import diffusion

HALF = "The derivative of sqrt(a) is 1 / (2 sqrt(a)), that of -sqrt(1 - a) is 1 / (2 sqrt(1 - a))."
ROWS = "Each row has one alpha_bar, which moves all of its numbers: their sum."
SIGN = "The picture has a minus in v."
draw = arrays("BCHW", "BCHW", "BCHW", lambda rng, B, **_: rng.uniform(0.1, 0.9, B), B=3, C=2, H=4,
              W=3)  # fmt: skip


def slope(g, x, n, a, half=2.0, sign=1.0, total=np.sum):
    """Of alpha_bar: right, or with another factor, sign or mean."""
    wide = a.reshape(-1, *[1] * (x.ndim - 1))
    each = g * (n / (half * np.sqrt(wide)) + sign * x / (half * np.sqrt(1 - wide)))
    return total(each, axis=tuple(range(1, x.ndim)))


def other(**changes):
    """The gradients, with a wrong one of alpha_bar."""

    def gradients(g, x, n, a):
        return *diffusion.velocity_gradient(g, x, n, a)[:2], slope(g, x, n, a, **changes)

    return gradients  # fmt: skip


wrong = Wrong(diffusion.velocity_gradient)
CASES = (
    case("three pictures", HALF),
    case("one picture", "Does it work for a batch of one?", B=1),
    case("rows of numbers", "However many axes a picture has.",
         lambda g, x, n, a: (g[:, 0, 0], x[:, 0, 0], n[:, 0, 0], a)),
    case("nearly pure noise", HALF, lambda g, x, n, a: (g, x, n, 1e-6 * a)),
)  # fmt: skip
MISTAKES = (
    (HALF, other(half=1.0)),
    (SIGN, other(sign=-1.0), wrong.then(lambda x, n, a: (-x, n, a))),
    (ROWS, other(total=np.mean), wrong.then(lambda x, n, a: (x, n, a.sum() + 0 * a))),
    ("The roots of the shares are the factors, not the shares.",
     lambda g, x, n, a: diffusion.velocity_gradient(g, x, n, a**2)),
    ("These are in another order: clean, noise, alpha_bar.",
     wrong.then(lambda x, n, a: (n, x, a))),
)  # fmt: skip
# a share is from 0 to 1
EXERCISE = Exercise(
    diffusion.velocity_gradient, __doc__, CASES, MISTAKES, draw,
    outputs=("clean", "noise", "alpha_bar"), never="large zeros",
)  # fmt: skip
