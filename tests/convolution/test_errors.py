"""Bad input to convolution: one error, word for word, in all three; and where a NaN goes."""

import numpy as np
import pytest

from mmref.errors import ShapeError
from mmref.reference.convolution import conv2d, conv2d_gradient
from mmref.reference.pooling import (
    max_pool2d,
)
from tests.convolution.windows import (
    AVG,
    BATCH,
    CHANNELS,
    CONV,
    MAX,
    NORM,
    OUT,
    cases,
    give,
    images,
    refused,
    take,
)
from tests.messages import assert_raises, error_of
from tests.wings import WINGS, wing_of


@pytest.mark.parametrize(("case", "operation"), cases("convolution"))
def test_convolution_refuses_the_same_in_all_three(case, operation):
    refused(case, operation)


@pytest.mark.parametrize("name", WINGS)
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda w: w.Conv2d(0, 6, 3), "in_channels: expected an integer, at least 1, got 0"),
        (lambda w: w.Conv2d(4, 2.5, 3), "channels: expected an integer, at least 1, got 2.5"),
        (lambda w: w.Conv2d(4, 6, (3, 0)), "size[1]: expected an integer, at least 1, got 0"),
        (
            lambda w: w.Conv2d(4, 10**14, 3),
            "channels: expected an integer, at most 2147483647, got 100000000000000",
        ),
        (
            lambda w: w.MaxPool2d(2, padding=10**12),
            "padding: expected an integer, at most 2147483647, got 1000000000000",
        ),
        (lambda w: w.Conv2d(4, 6, 3, bias="no"), "bias: expected one of True, False; got 'no'"),
    ],
)
def test_what_no_convolution_can_have_is_refused(name, make, message):
    assert_raises(error_of(message), message, lambda: make(wing_of(name)))


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
            lambda x: conv2d_gradient(np.ones((BATCH, OUT, 3, 5), int), x, ONES),
            "grad: expected floating-point numbers, got int64",
        ),
        (
            lambda x: conv2d(x, ONES, groups=3),
            "groups: expected a divisor of the channels, 4 in and 6 out, got 3",
        ),
        (lambda x: conv2d(x, ONES, groups=2), "weight: expected (6, 2, h, w), got (6, 4, 3, 3)"),
    ],
)
def test_the_reference_alone(call, message):
    with pytest.raises(ValueError) as caught:
        call(images())
    assert type(caught.value) is error_of(message)
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
