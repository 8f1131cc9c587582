"""Bad input to sizes, fields and counts of convolution; and fields beyond 64 bits."""

import pytest

from mmref.reference.geometry import (
    conv2d_multiply_adds,
    conv2d_parameters,
    output_size,
    receptive_field,
    same_padding,
)
from tests.convolution.windows import images
from tests.messages import error_of


@pytest.mark.parametrize(
    ("call", "message"),
    [
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
        (lambda x: conv2d_multiply_adds(4, 3, 8, 3), "places: expected (H, W), got 4"),
        (lambda x: output_size(8, 3), "image: expected (H, W), got 8"),
        (lambda x: output_size((8, 1, 1), 3), "image: expected (H, W), got (8, 1, 1)"),
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
    with pytest.raises((TypeError, ValueError)) as caught:
        call(images())
    assert type(caught.value) is error_of(message)
    assert str(caught.value).startswith(message)


def test_a_field_beyond_64_bits_is_exact():
    fields = receptive_field([3] * 70, [2] * 70)
    assert fields[-1] == 2**71 - 1 and fields[0] == 3
    assert receptive_field([], []).shape == (0,)
