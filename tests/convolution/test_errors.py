"""Bad input to convolution, pooling and batch norm: one error, word for word, in all three wings;
and NaN: one stated result."""

import numpy as np
import pytest

from mmref.errors import ChoiceError, ShapeError
from mmref.reference.convolution import conv2d, conv2d_gradient
from mmref.reference.geometry import (
    conv2d_multiply_adds,
    conv2d_parameters,
    output_size,
    receptive_field,
    same_padding,
)
from mmref.reference.normalization import batch_norm, batch_norm_gradient, running_statistics
from mmref.reference.pooling import (
    avg_pool2d,
    avg_pool2d_gradient,
    max_pool2d,
    max_pool2d_gradient,
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
        np.ones((BATCH, CHANNELS, 5, 7), "int64"),
        {},
        ShapeError,
        "images: expected floating-point numbers, got int64",
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
        ShapeError,
        "groups: expected a divisor of the channels, 4 in and 6 out, got 4",
    ),
    "no groups": (
        {"convolution": (lambda x, **o: conv2d(x, np.ones((6, 4, 3, 3)), **o), conv_wing)},
        images(),
        {"groups": 0},
        ShapeError,
        "groups: expected an integer, at least 1, got 0",
    ),
    "no channels": (
        {"max": MAX, "average": AVG},
        images(0),
        {},
        ShapeError,
        "images: expected at least 1 channel, got 0",
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
        ShapeError,
        "stride: expected an integer, at least 1, got 0",
    ),
    "stride of a half": (
        EVERY_WINDOW,
        images(),
        {"stride": (2, 0.5)},
        ShapeError,
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
        ShapeError,
        "size: expected an integer, at least 1, got 0",
    ),
    "dilation of zero": (
        {"convolution": CONV},
        images(),
        {"dilation": (1, 0)},
        ShapeError,
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
        ShapeError,
        "padding: expected an integer, at least 0, got -1",
    ),
    "negative padding on one side": (
        EVERY_WINDOW,
        images(),
        {"padding": ((0, 0), (0, -2))},
        ShapeError,
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
        ShapeError,
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
        ShapeError,
        "epsilon: expected a number, at least 0, got -1e-05",
    ),
    "epsilon that is none": (
        {"batch norm": NORM},
        images(),
        {"epsilon": float("nan")},
        ShapeError,
        "epsilon: expected a number, at least 0, got nan",
    ),
}


@pytest.mark.parametrize(
    ("case", "operation"), [(c, o) for c, (operations, *_) in BAD.items() for o in operations]
)
def test_all_three_say_the_same(case, operation):
    operations, x, options, error, message = BAD[case]
    in_reference, in_wing = operations[operation]
    assert_raises(error, message, lambda: in_reference(x, **options))
    for name in WINGS:
        wing = wing_of(name)
        given = give(name, x)
        assert_raises(error, message, lambda w=wing, g=given: in_wing(w, g, **options))


# Batch norm that cannot compute a variance, and what only the reference and the layers' own
# statistics ask for.


@pytest.mark.parametrize(
    ("rows", "unbiased", "message"),
    [
        (1, True, "images: expected at least 2 numbers in a channel, got 1"),
        (0, True, "images: expected at least 2 numbers in a channel, got 0"),
        (0, False, "images: expected at least 1 numbers in a channel, got 0"),
    ],
)
def test_too_few_numbers_for_a_variance(rows, unbiased, message):
    x, channel = np.ones((rows, CHANNELS), "float32"), np.ones(CHANNELS)
    call = lambda: running_statistics(x, channel, channel, unbiased=unbiased)  # noqa: E731
    assert_raises(ShapeError, message, call)
    for name in WINGS:
        wing, given = wing_of(name), tensor(name, x)
        assert_raises(
            ShapeError, message, lambda w=wing, g=given: norm_wing(w, g, unbiased=unbiased)
        )


@pytest.mark.parametrize("name", WINGS)
def test_a_single_number_has_a_biased_variance(name):
    """Of one number the variance is 0: the shift alone is left."""
    x = np.full((1, CHANNELS), 3.0, "float32")
    y = norm_wing(wing_of(name), tensor(name, x), unbiased=False)
    np.testing.assert_array_equal(numpy(y), np.zeros((1, CHANNELS)))


@pytest.mark.parametrize("name", WINGS)
@pytest.mark.parametrize("momentum", [-0.1, 1.5, "0.1", float("nan")])
def test_momentum(name, momentum):
    message = f"momentum: expected a number in [0, 1], got {momentum!r}"
    assert_raises(ShapeError, message, lambda: wing_of(name).BatchNorm2d(3, momentum=momentum))
    x = images()
    stored = np.zeros(CHANNELS)
    assert_raises(ShapeError, message, lambda: running_statistics(x, stored, stored, momentum))


@pytest.mark.parametrize("name", WINGS)
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda w: w.Conv2d(0, 6, 3), "in_channels: expected an integer, at least 1, got 0"),
        (lambda w: w.Conv2d(4, 2.5, 3), "channels: expected an integer, at least 1, got 2.5"),
        (lambda w: w.Conv2d(4, 6, (3, 0)), "size[1]: expected an integer, at least 1, got 0"),
        (lambda w: w.Conv2d(4, 6, 3, bias="no"), "bias: expected one of True, False; got 'no'"),
        (
            lambda w: w.BatchNorm2d(3, unbiased="x"),
            "unbiased: expected one of True, False; got 'x'",
        ),
        (lambda w: w.BatchNorm2d(0), "channels: expected an integer, at least 1, got 0"),
    ],
)
def test_constructors(name, make, message):
    error = ChoiceError if "one of" in message else ShapeError
    assert_raises(error, message, lambda: make(wing_of(name)))


def test_what_is_no_tensor_and_other_precisions():
    torch = pytest.importorskip("torch")
    wing, x = wing_of("torch"), images()
    layers = wing.Conv2d(CHANNELS, 2, 3), wing.MaxPool2d(2), wing.AvgPool2d(2)
    for layer in (*layers, wing.BatchNorm2d(CHANNELS)):
        message = "images: expected a torch.Tensor, got ndarray"
        assert_raises(TypeError, message, lambda f=layer: f(x))
    for layer in (layers[0], wing.BatchNorm2d(CHANNELS)):
        message = "images: expected float32 as in the layer, got float64"
        assert_raises(ShapeError, message, lambda f=layer: f(torch.tensor(x).double()))
        assert layer.double()(torch.tensor(x).double()).dtype == torch.float64


def test_keras_needs_a_known_size():
    keras = pytest.importorskip("keras")
    if keras.backend.backend() == "torch":
        pytest.skip("on PyTorch, Keras puts numbers in the place of unknown sizes")
    wing = wing_of("keras")
    message = "images: expected a known height and width, got (None, None)"
    for layer in (wing.Conv2d(3, 2, 3), wing.MaxPool2d(2), wing.AvgPool2d(2)):
        with pytest.raises(ShapeError) as caught:
            layer(keras.Input((None, None, 3)))
        assert message in str(caught.value)


ONES = np.ones((OUT, CHANNELS, 3, 3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: conv2d(x, ONES[0]), "weight: expected (O, C / groups, h, w), got (4, 3, 3)"),
        (lambda x: conv2d(x, ONES.astype(int)), "weight: expected floating-point numbers, got "),
        (lambda x: conv2d(x, ONES, np.ones(5)), "bias: expected (6,), got (5,)"),
        (
            lambda x: conv2d_gradient(np.ones((BATCH, OUT, 3, 4)), x, ONES),
            "grad: expected (2, 6, 3, 5), got (2, 6, 3, 4)",
        ),
        (
            lambda x: max_pool2d_gradient(np.ones((BATCH, CHANNELS, 2, 2)), x, 2),
            "grad: expected (2, 4, 2, 3), got (2, 4, 2, 2)",
        ),
        (
            lambda x: avg_pool2d_gradient(np.ones((BATCH, CHANNELS, 2)), x, 2),
            "grad: expected (2, 4, 2, 3), got (2, 4, 2)",
        ),
        (
            lambda x: batch_norm_gradient(np.ones(4), x, np.ones(4), np.ones(4)),
            "grad: expected (2, 4, 5, 7), got (4,)",
        ),
        (lambda x: batch_norm(x, np.ones(4), np.ones(3)), "shift: expected (4,), got (3,)"),
        (
            lambda x: batch_norm(x, np.ones(4), np.ones(4), np.ones(4)),
            "mean and variance: expected both or neither, got one",
        ),
        (
            lambda x: conv2d_gradient(np.ones((BATCH, OUT, 3, 5), int), x, ONES),
            "grad: expected floating-point numbers, got int64",
        ),
        (
            lambda x: max_pool2d_gradient(np.ones((BATCH, CHANNELS, 2, 3), int), x, 2),
            "grad: expected floating-point numbers, got int64",
        ),
        (
            lambda x: avg_pool2d_gradient(np.ones((BATCH, CHANNELS, 2, 3), int), x, 2),
            "grad: expected floating-point numbers, got int64",
        ),
        (
            lambda x: batch_norm_gradient(x.astype(int), x, np.ones(4), np.ones(4)),
            "grad: expected floating-point numbers, got int64",
        ),
        (
            lambda x: conv2d(x, ONES, groups=3),
            "groups: expected a divisor of the channels, 4 in and 6 out, got 3",
        ),
        (lambda x: conv2d(x, ONES, groups=2), "weight: expected (6, 2, h, w), got (6, 4, 3, 3)"),
        (
            lambda x: batch_norm(x, None, np.ones(4)),
            "scale: expected floating-point numbers, got object",
        ),
        (
            lambda x: running_statistics(x, np.ones(4), np.ones(4), unbiased="x"),
            "unbiased: expected one of True, False; got 'x'",
        ),
        (
            lambda x: avg_pool2d_gradient(x[..., :2, :3], x, 2, count_padding=1),
            "count_padding: expected one of True, False; got 1",
        ),
        (
            lambda x: receptive_field([3, 0], [1, 1]),
            "sizes[1]: expected an integer, at least 1, got 0",
        ),
        (
            lambda x: receptive_field([(3, 3)], [1]),
            "sizes[0]: expected an integer, at least 1, got (3, 3)",
        ),
        (
            lambda x: receptive_field([3], [1.5]),
            "strides[0]: expected an integer, at least 1, got 1.5",
        ),
        (
            lambda x: receptive_field([3], [1], [-1]),
            "dilations[0]: expected an integer, at least 1, got -1",
        ),
        (lambda x: receptive_field(3, [1]), "sizes: expected one integer for each layer, got 3"),
        (
            lambda x: conv2d_parameters(3, 8, 3, bias="no"),
            "bias: expected one of True, False; got 'no'",
        ),
        (
            lambda x: conv2d_multiply_adds((4, 0), 3, 8, 3),
            "places[1]: expected an integer, at least 1, got 0",
        ),
        (lambda x: conv2d_multiply_adds(4, 3, 8, 3), "places: expected (height, width), got 4"),
        (lambda x: output_size(8, 3), "image: expected (height, width), got 8"),
        (lambda x: output_size((8, 1, 1), 3), "image: expected (height, width), got (8, 1, 1)"),
        (
            lambda x: same_padding((8, 2.5), 3),
            "image[1]: expected an integer, at least 1, got 2.5",
        ),
        (lambda x: receptive_field([3, 3], [1]), "strides: expected 2 numbers, as sizes, got 1"),
        (
            lambda x: conv2d_parameters(3, 8, 3, groups=2),
            "groups: expected a divisor of the channels, 3 in and 8 out, got 2",
        ),
        (
            lambda x: output_size((2, 9), 3),
            "images: expected at least (3, 3) after padding, got (2, 9)",
        ),
    ],
)
def test_the_reference_alone(call, message):
    with pytest.raises((ShapeError, ChoiceError)) as caught:
        call(images())
    assert str(caught.value).startswith(message)


# ---- stated results ----

NAN_AT = (0, 1, 2, 3)  # image 0, channel 1


def reached(size, padding=0, stride=None):
    """Which places of image 0 have the NaN in their window."""
    marks = np.zeros((BATCH, 1, 5, 7))
    marks[0, 0, 2, 3] = 1
    return max_pool2d(marks, size, stride or 1, padding)[:, 0] == 1


@pytest.mark.parametrize("name", ["reference", *WINGS])
def test_a_nan_goes_where_its_window_goes(name):
    x = images()
    x[NAN_AT] = np.nan

    def result(operation, **options):
        in_reference, in_wing = operation
        if name == "reference":
            return in_reference(x, **options)
        return take(name, in_wing(wing_of(name), give(name, x), **options))

    conv = np.isnan(result(CONV, padding=1))
    assert (conv == reached(3, 1)[:, None]).all()  # all output channels
    grouped = np.isnan(result(CONV, groups=2))
    assert (grouped[:, :3] == reached(3)[:, None]).all() and not grouped[:, 3:].any()
    for pool in (MAX, AVG):
        pooled = np.isnan(result(pool, size=2, stride=1))
        assert (pooled[:, 1] == reached(2)).all()
        assert not np.delete(pooled, 1, axis=1).any()
    channel = np.isnan(result(NORM))
    assert channel[:, 1].all() and not np.delete(channel, 1, axis=1).any()


@pytest.mark.parametrize("name", ["reference", *WINGS])
def test_minus_infinity_is_a_pixel_like_any_other(name):
    x = np.full((1, 1, 2, 2), -np.inf, "float32")
    if name == "reference":
        assert max_pool2d(x, 2) == -np.inf
        assert max_pool2d_gradient(np.ones((1, 1, 1, 1)), x, 2)[0].ravel().tolist() == [1, 0, 0, 0]
    else:
        assert take(name, max_wing(wing_of(name), give(name, x))).item() == -np.inf


@pytest.mark.parametrize("name", ["reference", *WINGS])
def test_padding_never_wins(name):
    """Where all pixels are -inf, the first of them has the gradient, not the padding."""
    x = np.full((1, 1, 3, 3), -np.inf, "float32")
    if name == "reference":
        found = max_pool2d_gradient(np.ones((1, 1, 2, 2)), x, 2, padding=1)[0]
    else:
        pool = wing_of(name).MaxPool2d(2, padding=1)
        found = take(name, gradient_of_sum(name, pool, give(name, x)))
    # The four windows hold one pixel, two in a row, two in a column, and four.
    assert found[0, 0].tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 0]]


def gradient_of_sum(name, function, x):
    if name == "torch":
        x.requires_grad_()
        function(x).sum().backward()
        return x.grad
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            total = keras.ops.sum(function(x))
        return tape.gradient(total, x)
    if keras.backend.backend() == "torch":
        x = x.detach().requires_grad_()
        keras.ops.sum(function(x)).backward()
        return x.grad
    pytest.skip("gradients in TensorFlow and PyTorch")


def test_a_field_beyond_64_bits_is_exact():
    fields = receptive_field([3] * 70, [2] * 70)
    assert fields[-1] == 2**71 - 1 and fields[0] == 3
    assert receptive_field([], []).shape == (0,)
