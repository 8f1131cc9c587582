"""How large, how far, how many: counting for stacks of convolutions and poolings."""

from collections.abc import Sequence

import numpy as np

from mmref.contract.convolution import Window, check_convolution
from mmref.contract.settings import check_count, check_height_width
from mmref.errors import ShapeError
from mmref.types import Array, Padding, Pads, Pair, Size


def output_size(
    image: Pair, size: Size, stride: Size = 1, padding: Padding = 0, dilation: Size = 1
) -> Pair:
    """The number of places (H', W') that a window visits.

    Formula
        H' = floor((H + top + bottom - d (h - 1) - 1) / s) + 1, and W' likewise

    Args
        image: (H, W). The rest as in :func:`mmref.reference.convolution.conv2d`.

    Errors
        As in conv2d.

    >>> output_size((128, 128), 3, stride=2, padding="same")
    (64, 64)
    """
    check_height_width("image", image)
    return Window(size, stride, padding, dilation).place(*image)[1]


def same_padding(image: Pair, size: Size, stride: Size = 1, dilation: Size = 1) -> Pads:
    """((top, bottom), (left, right)) of the padding "same": H' = ceil(H / s), W' = ceil(W / s).

    Formula
        top + bottom = max((H' - 1) s + d (h - 1) + 1 - H, 0); the odd row is at the bottom

    >>> same_padding((8, 7), 3, stride=2)
    ((0, 1), (1, 1))
    """
    check_height_width("image", image)
    return Window(size, stride, "same", dilation).pads(image)


def receptive_field(
    sizes: Sequence[int], strides: Sequence[int], dilations: Sequence[int] | None = None
) -> Array:
    """How many input pixels, along one axis, one output of each layer of a stack can see.

    Formula
        R_0 = 1, J_0 = 1;  R_l = R_{l-1} + d_l (k_l - 1) J_{l-1},  J_l = s_l J_{l-1},
        where J_l is how many input pixels lie between neighbors of layer l

    Args
        sizes, strides: k_l and s_l of each layer, convolutions and poolings alike.
        dilations: d_l, all 1 if None.

    Returns
        Integers (L,): r_1, ..., r_L. Beyond 64 bits they are Python's, dtype object.

    Errors
        ShapeError: not one integer for each layer. ValueError: one below 1.

    Source
        Dumoulin and Visin, arXiv 1603.07285; cf. Luo et al., NeurIPS 2016, arXiv 1701.04128.

    >>> receptive_field([3, 2, 3, 2], [1, 2, 1, 2])  # two blocks of convolution and pooling
    array([ 3,  4,  8, 10])
    """
    sizes, strides = _layers("sizes", sizes), _layers("strides", strides)
    dilations = [1] * len(sizes) if dilations is None else _layers("dilations", dilations)
    for name, numbers in (("strides", strides), ("dilations", dilations)):
        if len(numbers) != len(sizes):
            raise ShapeError(name, f"{len(sizes)} numbers, as sizes", len(numbers))
    field, jump, fields = 1, 1, []
    for k, s, d in zip(sizes, strides, dilations, strict=True):
        field, jump = field + d * (k - 1) * jump, jump * s
        fields.append(field)
    return np.array(fields, dtype="int64" if field < 2**63 else object)


def conv2d_parameters(
    in_channels: int, channels: int, size: Size, groups: int = 1, bias: bool = True
) -> int:
    """How many numbers a convolution learns.

    Formula
        O (C / groups) h w, and O biases

    >>> conv2d_parameters(3, 32, 3)
    896
    """
    check_convolution(in_channels, channels, groups, bias)
    h, w = Window(size).size
    return channels * (in_channels // groups) * h * w + channels * bias


def conv2d_multiply_adds(
    places: Pair, in_channels: int, channels: int, size: Size, groups: int = 1
) -> int:
    """How many multiplications, each with an addition, one image takes.

    Formula
        H' W' O (C / groups) h w

    Args
        places: (H', W'), as :func:`output_size` gives them.

    >>> conv2d_multiply_adds((128, 128), 3, 32, 3)
    14155776
    """
    check_height_width("places", places)
    return places[0] * places[1] * conv2d_parameters(in_channels, channels, size, groups, False)


def _layers(name, numbers):
    """One integer for each layer, as Python's own: those do not overflow."""
    if not isinstance(numbers, list | tuple | np.ndarray) or np.ndim(numbers) == 0:
        raise ShapeError(name, "one integer for each layer", repr(numbers))
    for i, number in enumerate(numbers):
        check_count(f"{name}[{i}]", number)
    return [int(number) for number in numbers]
