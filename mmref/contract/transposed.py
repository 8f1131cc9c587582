"""The contract of the transposed convolution, in one place for all three wings.

Its images are those of a convolution: ``mmref.contract.convolution.check_maps``.
"""

from mmref.contract.arrays import check_floats, check_shape, check_some
from mmref.contract.settings import pair
from mmref.errors import ShapeError
from mmref.types import DType, Pair, Shape, Size, Tensor


def transposed_options(stride: Size, padding: Size, output_padding: Size) -> dict[str, Pair]:
    """The three as pairs; raises unless they are integers, and output_padding below the stride."""
    stride, padding = pair("stride", stride), pair("padding", padding, 0)
    output_padding = pair("output_padding", output_padding, 0)
    # Else a second input size would give the same output.
    if any(extra >= step for extra, step in zip(output_padding, stride, strict=True)):
        expected = f"less than the stride {stride}"
        raise ValueError(f"output_padding: expected {expected}, got {output_padding}")
    return {"stride": stride, "padding": padding, "output_padding": output_padding}


def transposed_sizes(
    shape: Shape, kernel: Pair, stride: Size, padding: Size, output_padding: Size
) -> tuple[Pair, Pair, Pair, tuple]:
    """Checked (stride, padding, output_padding) as pairs, and the size (H', W') of the output.

    shape: (H, W) of the images. kernel: (h, w). H' = (H - 1) stride - 2 padding + h +
    output_padding; a symbolic size stays None.
    """
    options = transposed_options(stride, padding, output_padding)
    stride, padding, output_padding = options.values()
    if 0 in shape:
        raise ShapeError("images", "at least (1, 1)", tuple(shape))
    size: list[int | None] = []
    for i, axis in enumerate("HW"):
        n = shape[i]
        if n is not None:
            n = (n - 1) * stride[i] - 2 * padding[i] + kernel[i] + output_padding[i]
            if n < 1:
                expected = f"less, so that {axis}' is at least 1"
                raise ValueError(f"padding: expected {expected}, got {padding}")
        size.append(n)
    return stride, padding, output_padding, tuple(size)


def check_kernel(name: str, kernel: Tensor, layout: str, kind: type | None = None) -> None:
    """Raise unless ``kernel`` are floats with these four axes, none empty.

    >>> import numpy as np
    >>> check_kernel("weight", np.zeros((3, 6)), "COhw")
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: weight: expected (C, O, h, w), got (3, 6)
    """
    check_floats(name, kernel, kind)
    check_shape(name, kernel, *layout)
    check_some(name, kernel, "number")


def check_bias(
    bias: Tensor, channels: int, kind: type | None = None, dtype: DType | None = None
) -> None:
    """Raise unless ``bias`` is None, or floats (O,)."""
    if bias is None:
        return
    check_floats("bias", bias, kind, dtype)
    check_shape("bias", bias, channels)
