"""clean and noise (B, ...), pictures and what is drawn from N(0, 1), of one shape, and alpha_bar
(B,), for each picture the share of its variance that is left. Returns the noisy pictures (B, ...):
sqrt(alpha_bar) clean + sqrt(1 - alpha_bar) noise."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, times
from mmref.reference import diffusion

ROWS = "Each picture has its own alpha_bar, which goes with its row, not with its last axis."
ROOT = "alpha_bar is a share of the variance; what is multiplied by numbers has their root."
LEFT = "The shares of the variance add up to 1, not their roots."
ENDS = "At 1 there is no noise yet, at 0 nothing else."
draw = arrays("BCHW", "BCHW", lambda rng, B, **_: rng.uniform(0.1, 0.9, B), B=3, C=2, H=4, W=3)


def mixed(x, n, a, signal=np.sqrt, spread=lambda a: np.sqrt(1 - a)):
    """The mixture, or a wrong one: other factors of picture and noise."""
    wide = a.reshape(-1, *[1] * (x.ndim - 1))
    return signal(wide) * x + spread(wide) * n


wrong = Wrong(mixed)
CASES = (
    case("three pictures", ROWS),
    case("one picture", "Does it work for a batch of one?", B=1),
    case("rows of numbers", "However many axes a picture has.",
         lambda x, n, a: (x[:, 0, 0], n[:, 0, 0], a)),
    case("before and after all steps", ENDS, lambda x, n, a: (x, n, np.arange(3) / 2)),
    case("bright pictures, much noise", "Nothing is clipped.",
         {"clean": times(1000), "noise": times(2000)}),
    case("nearly nothing left", "As small as it is, it counts.", lambda x, n, a: (x, n, 1e-8 * a)),
    case("as many pictures as columns", ROWS, B=3, W=3),
)  # fmt: skip
MISTAKES = (
    (ROOT, wrong(signal=lambda a: a, spread=lambda a: 1 - a)),
    (LEFT, wrong(spread=lambda a: 1 - np.sqrt(a))),
    ("What is left of the picture is its own share, and the noise has the rest.",
     wrong(signal=lambda a: np.sqrt(1 - a), spread=np.sqrt)),
    ("The noise is added.", wrong(spread=lambda a: -np.sqrt(1 - a))),
    ("That is the velocity: here the picture goes with sqrt(alpha_bar).",
     lambda x, n, a: diffusion.velocity(x, n, a)),
    (ROWS, lambda x, n, a: mixed(x, n, np.full_like(a, a[0])),
     lambda x, n, a: mixed(x, n, np.full_like(a, a.mean()))),
)  # fmt: skip
# a share is from 0 to 1
EXERCISE = Exercise(
    diffusion.diffused, __doc__, CASES, MISTAKES, draw, axis="picture", never="large zeros"
)
