"""Bad input to batch norm: one error, word for word, in all three."""

import numpy as np
import pytest

from mmref.errors import ShapeError
from mmref.reference.normalization import batch_norm, batch_norm_gradient, running_statistics
from tests.convolution.windows import CHANNELS, cases, images, norm_wing, refused
from tests.messages import assert_raises, error_of
from tests.wings import WINGS, numpy, tensor, wing_of


@pytest.mark.parametrize(("case", "operation"), cases("batch norm"))
def test_batch_norm_refuses_the_same_in_all_three(case, operation):
    refused(case, operation)


# Batch norm that cannot compute a variance, and what only the reference and the layers' own
# statistics ask for.


@pytest.mark.parametrize(
    ("rows", "unbiased", "message"),
    [
        (1, True, "images: expected at least two numbers in each channel, got 1"),
        (0, True, "images: expected at least two numbers in each channel, got 0"),
        (0, False, "images: expected at least one number in each channel, got 0"),
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
def test_a_momentum_outside_0_to_1_is_refused(name, momentum):
    message = f"momentum: expected a number in [0, 1], got {momentum!r}"
    assert_raises(
        error_of(message), message, lambda: wing_of(name).BatchNorm2d(3, momentum=momentum)
    )
    x = images()
    stored = np.zeros(CHANNELS)
    assert_raises(
        error_of(message), message, lambda: running_statistics(x, stored, stored, momentum)
    )


@pytest.mark.parametrize("name", WINGS)
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda w: w.BatchNorm2d(3, unbiased="x"),
            "unbiased: expected one of True, False; got 'x'",
        ),
        (lambda w: w.BatchNorm2d(0), "channels: expected an integer, at least 1, got 0"),
    ],
)
def test_channels_and_flags_that_are_none_are_refused(name, make, message):
    assert_raises(error_of(message), message, lambda: make(wing_of(name)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
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
            lambda x: batch_norm_gradient(x.astype(int), x, np.ones(4), np.ones(4)),
            "grad: expected floating-point numbers, got int64",
        ),
        (
            lambda x: batch_norm(x, None, np.ones(4)),
            "scale: expected floating-point numbers, got object",
        ),
        (
            lambda x: running_statistics(x, np.ones(4), np.ones(4), unbiased="x"),
            "unbiased: expected one of True, False; got 'x'",
        ),
    ],
)
def test_the_reference_alone(call, message):
    with pytest.raises(ValueError) as caught:
        call(images())
    assert type(caught.value) is error_of(message)
    assert str(caught.value).startswith(message)
