"""What bad calls of convolution, pooling and batch norm are made from."""

import numpy as np

from mmref.errors import ChoiceError, ShapeError
from mmref.reference.convolution import conv2d
from mmref.reference.normalization import batch_norm
from mmref.reference.pooling import (
    avg_pool2d,
    max_pool2d,
)
from tests.messages import assert_raises
from tests.wings import WINGS, numpy, tensor, wing_of

BATCH, CHANNELS, OUT = 2, 4, 6


def images(channels=CHANNELS, height=5, width=7, dtype="float32"):
    return np.random.default_rng(0).normal(size=(BATCH, channels, height, width)).astype(dtype)


def give(name, x):
    """The array as the wing's tensor, channels where the wing has them."""
    x = np.moveaxis(x, 1, -1) if name == "keras" and x.ndim > 1 else x
    return tensor(name, np.ascontiguousarray(x))


def take(name, y):
    return np.moveaxis(numpy(y), -1, 1) if name == "keras" else numpy(y)


# What is asked of each operation: (in the reference, in a wing), for images and options.


def conv_reference(x, groups=1, size=(3, 3), in_channels=CHANNELS, channels=OUT, **options):
    weight = np.ones((channels, in_channels // groups, *size), "float32")
    return conv2d(x, weight, np.zeros(channels, "float32"), groups=groups, **options)


def conv_wing(wing, x, size=(3, 3), in_channels=CHANNELS, channels=OUT, **options):
    return wing.Conv2d(in_channels, channels, size, **options)(x)


def max_reference(x, size=2, **options):
    return max_pool2d(x, size, **options)


def max_wing(wing, x, size=2, **options):
    return wing.MaxPool2d(size, **options)(x)


def avg_reference(x, size=2, **options):
    return avg_pool2d(x, size, **options)


def avg_wing(wing, x, size=2, **options):
    return wing.AvgPool2d(size, **options)(x)


def norm_reference(x, **options):
    return batch_norm(x, np.ones(CHANNELS, "float32"), np.zeros(CHANNELS, "float32"), **options)


def norm_wing(wing, x, **options):
    layer = wing.BatchNorm2d(CHANNELS, **options)
    return layer(x, training=True) if wing.__name__.endswith("keras") else layer(x)


CONV, MAX = (conv_reference, conv_wing), (max_reference, max_wing)


AVG, NORM = (avg_reference, avg_wing), (norm_reference, norm_wing)


EVERY_WINDOW = {"convolution": CONV, "max": MAX, "average": AVG}


# (operations, images, options, error, message)
BAD = {
    "two axes": (
        EVERY_WINDOW,
        images()[0, 0],
        {},
        ShapeError,
        "images: expected 4 axes, got 2",
    ),
    "no batch axis": (EVERY_WINDOW, images()[0], {}, ShapeError, "images: expected 4 axes, got 3"),
    "channels": (
        {"convolution": CONV, "batch norm": NORM},
        images(3),
        {},
        ShapeError,
        "images: expected 4 channels, got 3",
    ),
    "integers": (
        EVERY_WINDOW | {"batch norm": NORM},
        np.ones((BATCH, CHANNELS, 5, 7), "int32"),
        {},
        ShapeError,
        "images: expected floating-point numbers, got int32",
    ),
    "bytes": (
        EVERY_WINDOW | {"batch norm": NORM},
        np.ones((BATCH, CHANNELS, 5, 7), "uint8"),
        {},
        ShapeError,
        "images: expected floating-point numbers, got uint8",
    ),
    "window too large": (
        EVERY_WINDOW,
        images(),
        {"size": (6, 3)},
        ShapeError,
        "images: expected at least (6, 3) after padding, got (5, 7)",
    ),
    "window too large, padded": (
        {"convolution": CONV},
        images(),
        {"size": (3, 9), "padding": ((0, 0), (1, 0))},
        ShapeError,
        "images: expected at least (3, 9) after padding, got (5, 8)",
    ),
    "window too large, dilated": (
        {"convolution": CONV},
        images(),
        {"size": (3, 3), "dilation": 3},
        ShapeError,
        "images: expected at least (7, 7) after padding, got (5, 7)",
    ),
    "no pixels": (
        EVERY_WINDOW,
        images(height=0),
        {"size": (1, 1)},
        ShapeError,
        "images: expected at least (1, 1) after padding, got (0, 7)",
    ),
    "groups": (
        {"convolution": CONV},
        images(),
        {"groups": 4},
        ValueError,
        "groups: expected a divisor of the channels, 4 in and 6 out, got 4",
    ),
    "no groups": (
        {"convolution": (lambda x, **o: conv2d(x, np.ones((6, 4, 3, 3)), **o), conv_wing)},
        images(),
        {"groups": 0},
        ValueError,
        "groups: expected an integer, at least 1, got 0",
    ),
    "no channels": (
        {"max": MAX, "average": AVG},
        images(0),
        {},
        ShapeError,
        "images: expected at least one channel, got 0",
    ),
    "no channels, but some expected": (
        {"convolution": CONV},
        images(0),
        {},
        ShapeError,
        "images: expected 4 channels, got 0",
    ),
    "a word for a flag": (
        {"average": AVG},
        images(),
        {"count_padding": "no"},
        ChoiceError,
        "count_padding: expected one of True, False; got 'no'",
    ),
    "stride of zero": (
        EVERY_WINDOW,
        images(),
        {"stride": 0},
        ValueError,
        "stride: expected an integer, at least 1, got 0",
    ),
    "stride of a half": (
        EVERY_WINDOW,
        images(),
        {"stride": (2, 0.5)},
        TypeError,
        "stride[1]: expected an integer, at least 1, got 0.5",
    ),
    "three strides": (
        EVERY_WINDOW,
        images(),
        {"stride": (1, 1, 1)},
        ShapeError,
        "stride: expected an integer or a pair of them, got (1, 1, 1)",
    ),
    "size of zero": (
        {"max": MAX, "average": AVG},
        images(),
        {"size": 0},
        ValueError,
        "size: expected an integer, at least 1, got 0",
    ),
    "dilation of zero": (
        {"convolution": CONV},
        images(),
        {"dilation": (1, 0)},
        ValueError,
        "dilation[1]: expected an integer, at least 1, got 0",
    ),
    "a word": (
        EVERY_WINDOW,
        images(),
        {"padding": "full"},
        ChoiceError,
        "padding: expected one of 'same', 'valid'; got 'full'",
    ),
    "negative padding": (
        EVERY_WINDOW,
        images(),
        {"padding": -1},
        ValueError,
        "padding: expected an integer, at least 0, got -1",
    ),
    "negative padding on one side": (
        EVERY_WINDOW,
        images(),
        {"padding": ((0, 0), (0, -2))},
        ValueError,
        "padding[1][1]: expected an integer, at least 0, got -2",
    ),
    "three paddings": (
        EVERY_WINDOW,
        images(),
        {"padding": (1, 1, 1)},
        ShapeError,
        "padding: expected an integer, a pair of them or a pair of pairs, got (1, 1, 1)",
    ),
    "a window of padding": (
        {"max": MAX, "average": AVG},
        images(),
        {"padding": (0, 2)},
        ValueError,
        "padding: expected less than the window (2, 2), got ((0, 0), (2, 2))",
    ),
    "one axis": (
        {"batch norm": NORM},
        images()[0, 0, 0],
        {},
        ShapeError,
        "images: expected at least 2 axes, got 1",
    ),
    "epsilon": (
        {"batch norm": NORM},
        images(),
        {"epsilon": -1e-5},
        ValueError,
        "epsilon: expected a finite number, at least 0, got -1e-05",
    ),
    "epsilon that is none": (
        {"batch norm": NORM},
        images(),
        {"epsilon": float("nan")},
        ValueError,
        "epsilon: expected a finite number, at least 0, got nan",
    ),
}


def cases(*asked):
    """The cases of the operations asked for."""
    return [(c, o) for c, (operations, *_) in BAD.items() for o in operations if o in asked]


def refused(case, operation):
    """By the reference and by both wings, with the same words."""
    operations, x, options, error, message = BAD[case]
    in_reference, in_wing = operations[operation]
    assert_raises(error, message, lambda: in_reference(x, **options))
    for name in WINGS:
        wing = wing_of(name)
        given = give(name, x)
        assert_raises(error, message, lambda w=wing, g=given: in_wing(w, g, **options))
