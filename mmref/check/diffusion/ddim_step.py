"""noisy (B, ...), pictures x of noise and picture; clean (B, ...), what was predicted for them
without noise; alpha_bar (B,), the share of the picture in the variance of x, and alpha_bar_previous
(B,), the share that the result is to have. Returns the pictures (B, ...) with less noise, in a step
without chance (eta = 0): the noise of x is what x has beside the predicted picture, and the two are
mixed again by the other shares."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, times
from mmref.reference import diffusion

NOISE = "x = sqrt(a) clean + sqrt(1 - a) noise: solve it for the noise."
MIXED = "Picture and noise are mixed by the roots of the shares that the result is to have."
LAST = "With alpha_bar_previous = 1 no noise is left: what was predicted."
ROWS = "Each picture has its own shares, which go with its row."
draw = arrays("BCHW", "BCHW", lambda rng, B, **_: rng.uniform(0.1, 0.5, B),
              lambda rng, B, **_: rng.uniform(0.55, 0.95, B), B=3, C=2, H=4, W=3)  # fmt: skip


def step(x, x0, a, b, signal=np.sqrt, spread=lambda a: np.sqrt(1 - a), drawn=None, again=None):
    """The step, or a wrong one: other factors of picture and noise, another noise."""
    a, b = (share.reshape(-1, *[1] * (x.ndim - 1)) for share in (a, b))
    noise = (x - signal(a) * x0) / spread(a) if drawn is None else drawn(x, x0, a)
    return signal(b) * x0 + (again or spread)(b) * noise


wrong = Wrong(step)
CASES = (
    case("three pictures", NOISE),
    case("one picture", "Does it work for a batch of one?", B=1),
    case("bright pictures", "Nothing is clipped.", {"noisy": times(2000), "clean": times(1000)}),
    case("the last step", LAST, lambda x, x0, a, b: (x, x0, a, np.ones_like(b))),
    case("the first step", "Of pure noise all is noise.", lambda x, x0, a, b: (x, x0, 0 * a, b)),
    case("a step of no length", "Nothing changes.", lambda x, x0, a, b: (x, x0, a, a)),
)  # fmt: skip
MISTAKES = (
    (NOISE, wrong(drawn=lambda x, x0, a: x - x0),
     wrong(drawn=lambda x, x0, a: (x - x0) / np.sqrt(1 - a)),
     wrong(drawn=lambda x, x0, a: x - np.sqrt(a) * x0)),
    ("Without the noise that was there it's a mixture with x itself.",
     wrong(drawn=lambda x, x0, a: x)),
    (MIXED, wrong(signal=lambda a: a, spread=lambda a: 1 - a),
     wrong(again=lambda b: 1 - np.sqrt(b))),
    ("alpha_bar is of x, alpha_bar_previous of the result.",
     lambda x, x0, a, b: step(x, x0, b, a)),
    ("That is the mean of Ho et al., which leaves room for noise: here none is added.",
     lambda x, x0, a, b: diffusion.posterior_mean(x, x0, a, b)),
    (LAST, lambda x, x0, a, b: step(x, x0, a, np.minimum(b, 0.999))),
    (ROWS, lambda x, x0, a, b: step(x, x0, np.full_like(a, a[0]), b),
     lambda x, x0, a, b: step(x, x0, a, np.full_like(b, b[0]))),
)  # fmt: skip
# a share is from 0 to 1
EXERCISE = Exercise(
    diffusion.ddim_step, __doc__, CASES, MISTAKES, draw, axis="picture", never="large zeros"
)
