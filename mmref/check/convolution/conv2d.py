"""The convolution of networks, a cross-correlation: images (B, C, H, W), weight (O, C, h, w), bias
(O,), floats; stride, an integer s for both directions; padding, an integer p: so many rows and
columns of zeros on each of the four sides. Returns (B, O, H', W'), where H' is (H + 2 p - h) / s,
rounded down, plus 1, and W' likewise. A NaN in an image is in the places whose window covers it,
and nowhere else."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, normal, put, times
from mmref.reference.convolution import conv2d

KERNEL = "At one place: which pixels does the window cover, and which entry multiplies which?"
CHANNELS = "Each output channel sums over all input channels, with a kernel for each of them."
SIZES = "How many places are there? Count the starts at which the window still fits."


# Sizes differ, so that no swapped axis goes unnoticed.
def draw(rng, B=2, C=3, out=4, H=9, W=7, h=5, w=2, steps=(1, 0)):
    """``steps``: stride and padding."""
    return *normal(rng, (B, C, H, W), (out, C, h, w), (out,)), *steps


wrong = Wrong(conv2d)
CASES = (
    case("one channel, one kernel", KERNEL, B=1, C=1, out=1, H=4, W=5, h=2, w=3),
    case("a batch, channels, several kernels", CHANNELS),
    case("a stride of 2", "The window starts at the rows 0, s, 2 s, ... as long as it fits.", H=10,
         steps=(2, 0)),
    case("a padding of 1", "Rows and columns of zeros, the same number on all four sides, then as "
         "without.", H=24, W=22, steps=(1, 1)),
    case("stride 3, padding 2", SIZES, H=6, W=9, h=3, w=4, steps=(3, 2)),
    case("a kernel as large as the image", SIZES, B=21, H=4, W=5, h=4, w=5),
    case("a kernel of one pixel", CHANNELS, C=21, out=22, H=15, W=17, h=1, w=1, steps=(4, 3)),
    case("a square image, as many channels as kernels", KERNEL, C=3, out=3, H=5, W=5, h=3, w=3),
    case("an image with a NaN", "A NaN is in every place whose window covers it, in all output "
         "channels, and nowhere else.", {"images": put((1, 2, 1, 3), np.nan)}, steps=(1, 1)),
)  # fmt: skip
MISTAKES = (
    ("That is convolution as mathematics defines it; networks leave the kernel as it stands.",
     wrong.of(weight=lambda w: w[:, :, ::-1, ::-1])),
    (KERNEL, wrong.of(weight=lambda w: w[:, :, :, ::-1]), wrong.of(weight=lambda w: w[:, :, ::-1])),
    ("The bias: one number for each output channel, the same at every place.",
     wrong.of(bias=times(0)), lambda x, w, b, *steps: conv2d(x, w, w.shape[1] * b, *steps),
     lambda x, w, b, *steps: conv2d(x, w, w[0].size * b, *steps)),
    (CHANNELS, wrong.of(weight=lambda w: w[:, :1], images=lambda x: x[:, :1])),
    ("The kernel of one input channel is used for all of them.",
     wrong.of(weight=lambda w: np.broadcast_to(w[:, :1], w.shape))),
    ("The kernel of one output channel is used for all of them.",
     wrong.of(weight=lambda w: np.broadcast_to(w[:1], w.shape))),
    ("Over the channels one sums; their mean is smaller by their number.",
     wrong.of(weight=lambda w: w / w.shape[1])),
    ("Outside the image there are zeros.",
     lambda x, w, b, s, p: conv2d(np.pad(x, [(0, 0)] * 2 + [(p, p)] * 2, "edge"), w, b, s)),
)  # fmt: skip
# loops in Python take their time: not all axes are long at once
EXERCISE = Exercise(
    conv2d, __doc__, CASES, MISTAKES, draw, axis="image",
    long={"B": 2, "C": 2, "out": 3, "H": 21, "W": 22, "h": 21, "w": 21},
    raised=f"Do the shapes fit? Output channels are the second axis of the result. {SIZES}",
)  # fmt: skip
