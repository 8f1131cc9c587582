"""images (B, C, H, W), scale (C,) and shift (C,), eps a number. Returns (B, C, H, W), normalized as
in training: each channel less its mean, over the root of its variance plus eps, times scale, plus
shift; mean and variance are those of the batch, the variance divided by the number of its terms."""

import numpy as np

from mmref.check.exercise import ONES, Exercise, Wrong, always, arrays, case, times
from mmref.check.normalization._parts import CANCEL, in_one_pass, of_a_sample, root

CHANNEL = "Each channel is normalized by itself, over all images and all places."
ARGUMENT = "eps is an argument: take it as it comes."
draw = arrays("BCHW", "C", "C", "eps", B=4, C=3, H=2, W=5, eps=1e-5)


def moved(means, factors=(1, 1, 1)):
    """Channels with other means and deviations."""
    mean, factor = np.array([means, factors], dtype=float)[:, :, None, None]
    return {"images": lambda x: x * factor + mean}


def batch_norm(images, scale, shift, eps, axes=(0, 2, 3), variance=np.var, root=root):
    mean, spread = (f(images, axis=axes, keepdims=True) for f in (np.mean, variance))
    return scale[:, None, None] * (images - mean) / root(spread, eps) + shift[:, None, None]


wrong = Wrong(batch_norm)
CASES = (
    case("four images, three channels", CHANNEL),
    case("an epsilon of 0.1", "Where does eps stand?", eps=0.1),
    case("channels of different mean and size", CHANNEL, moved([5, -3, 0], [0.1, 1, 10]), eps=1e-3),
    case("one image", CHANNEL, B=1),
    case("one channel, one pixel", ONES, C=1, H=1, W=1),
    case("channels far from zero", CANCEL, moved([1e4, -1e4, 2e4])),
    case("a channel that is constant", "The variance is 0 there: eps is left.",
         moved([0, 7, 0], [1, 0, 1]), eps=1e-3),
    case("small numbers, an epsilon of 1e-12", ARGUMENT, moved([0] * 3, [1e-4] * 3), eps=1e-12),
)  # fmt: skip
MISTAKES = (
    ("The batch is normalized by its own variance, divided by m; m - 1 is for what is stored.",
     wrong(variance=of_a_sample)),
    ("eps stands under the root, beside the variance.", wrong(root=lambda v, e: np.sqrt(v) + e)),
    ("eps is missing: it is always added to the variance, not only to one that is small.",
     wrong(root=lambda v, eps: np.sqrt(v))),
    (ARGUMENT, *(wrong.of(eps=always(eps)) for eps in (1e-5, 1e-3))),
    ("Divide by the deviation, the root of the variance.", wrong(root=np.add)),
    ("That normalizes each image by itself: the batch is shared.", wrong(axes=(2, 3))),
    ("Every place has its own statistics there; they are shared by all places.", wrong(axes=0)),
    ("All channels are mixed: each has its own mean.", wrong(axes=(0, 1, 2, 3))),
    ("That is layer norm: it mixes the channels of an image.", wrong(axes=(1, 2, 3))),
    ("Scale and shift are missing.", wrong.of(scale=lambda a: a**0, shift=times(0))),
    ("In which order: first the mean goes, then the deviation, then scale and shift.",
     wrong.exchanged("scale", "shift"),
     lambda x, a, b, eps: a[:, None, None] * batch_norm(x, a**0, b, eps)),
    (CANCEL, wrong(variance=in_one_pass)),
)  # fmt: skip
EXERCISE = Exercise(
    batch_norm, __doc__, CASES, MISTAKES, draw, axis="image",
    never="ones",  # frameworks refuse a batch of a single number
    raised=f"Do the shapes fit? Channels are the second axis. {CHANNEL}",
)  # fmt: skip
