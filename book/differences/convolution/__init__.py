"""Convolution, pooling and resizing."""

from book.differences.convolution import (
    convolution,
    extremes,
    layout,
    padding,
    pooling,
    resizing,
    transposed,
)
from book.differences.registry import Group

GROUP = Group(
    title="Convolution, pooling, resizing",
    introduction=(
        "The arithmetic is the same in both: cross-correlation, in the order height, width. What "
        "differs is where the channels stand, and what happens at the edge."
    ),
    differences=(
        layout.IMAGE_LAYOUT,
        convolution.CONV_KERNEL,
        transposed.TRANSPOSED_KERNEL,
        convolution.DEPTHWISE_KERNEL,
        padding.STRIDE_TWO_SAME,
        padding.PAD_ORDER,
        transposed.TRANSPOSED_SAME,
        convolution.STRIDE_AND_DILATION,
        layout.FLATTEN,
        pooling.AVERAGE_PADDING,
        pooling.AVERAGE_SAME,
        pooling.MAX_TIES,
        extremes.MAX_EXTREMES,
        extremes.NAN_PIXEL,
        resizing.RESIZE_NEAREST,
        resizing.RESIZE_BICUBIC,
    ),
)
