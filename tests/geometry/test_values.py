"""Sizes, fields and counts of convolution, against what they count."""

import itertools

import numpy as np
import pytest

from mmref.reference.convolution import conv2d, conv2d_gradient
from mmref.reference.geometry import (
    conv2d_multiply_adds,
    conv2d_parameters,
    output_size,
    receptive_field,
    same_padding,
)


def test_same_padding_rounds_up_and_puts_the_odd_row_last():
    for height, size, stride, dilation in itertools.product(
        range(1, 9), (1, 2, 3, 5), (1, 2, 3), (1, 2)
    ):
        ((top, bottom), _) = same_padding((height, 1), size, stride, dilation)
        assert 0 <= top <= bottom <= top + 1  # no row is cut off where a stride leaves some over
        rows, _ = output_size((height, 1), size, stride, "same", dilation)
        assert rows == -(-height // stride)
        if top + bottom:  # one row less is too few: it costs a place, or the only one
            fewer = height + top + bottom - 1 - dilation * (size - 1) - 1
            assert fewer // stride + 1 < rows


@pytest.mark.parametrize(
    ("sizes", "strides", "dilations"),
    [([3], [1], [1]), ([3, 2, 3, 2], [1, 2, 1, 2], None), ([5, 3, 3], [2, 1, 3], [1, 4, 2])],
)
def test_the_receptive_field_is_what_the_gradient_reaches(sizes, strides, dilations):
    expected = receptive_field(sizes, strides, dilations)
    layers = list(zip(sizes, strides, dilations or [1] * len(sizes), strict=True))
    for depth, field in enumerate(expected, 1):
        maps = [np.zeros((1, 1, 1, 120))]
        for size, stride, dilation in layers[:depth]:
            kernel = np.ones((1, 1, 1, size))
            maps.append(conv2d(maps[-1], kernel, None, (1, stride), 0, (1, dilation)))
        grad = np.zeros(maps[-1].shape)
        grad[..., grad.shape[-1] // 2] = 1
        for x, (size, stride, dilation) in zip(maps[-2::-1], layers[:depth][::-1], strict=True):
            kernel = np.ones((1, 1, 1, size))
            grad, _ = conv2d_gradient(grad, x, kernel, None, (1, stride), 0, (1, dilation))
        reached = np.flatnonzero(grad)
        assert reached[-1] - reached[0] + 1 == field


def test_counts_against_pytorch():
    torch = pytest.importorskip("torch")
    from torch.utils.flop_counter import FlopCounterMode

    for groups, bias in ((1, True), (2, False), (4, True)):
        layer = torch.nn.Conv2d(4, 8, (3, 2), stride=2, groups=groups, bias=bias)
        count = sum(p.numel() for p in layer.parameters())
        assert count == conv2d_parameters(4, 8, (3, 2), groups, bias)
    layer = torch.nn.Conv2d(4, 8, (3, 2), stride=2)
    with FlopCounterMode(display=False) as counter:
        layer(torch.ones(5, 4, 9, 11))
    places = output_size((9, 11), (3, 2), 2)
    # A multiplication and an addition are two operations.
    assert counter.get_total_flops() == 2 * 5 * conv2d_multiply_adds(places, 4, 8, (3, 2))
