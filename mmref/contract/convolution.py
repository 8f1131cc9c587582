"""What convolution asks of its arguments, in one place for all three wings.

A window of h x w entries slides over an image (H, W) and stops at H' x W' places. Messages name
numbers of channels and sizes, which are the same whether the channels come first or last.
"""

from mmref.contract.arrays import check_floats
from mmref.contract.settings import check_choice, check_counts, check_flags, pair
from mmref.errors import ShapeError
from mmref.types import DType, Padding, Pads, Pair, Size, Tensor

PADDINGS = ("same", "valid")


class Window:
    """The size, stride, padding and dilation of a sliding window, checked.

    Formula
        extent e = d (h - 1) + 1;  H' = floor((H + top + bottom - e) / s) + 1, likewise for W'

    Args
        size: h, or (h, w). stride, dilation: likewise, at least 1.
        padding: rows and columns of nothing around the image: an integer, (vertical, horizontal),
            ((top, bottom), (left, right)), "valid" for none, or "same" for as many as it takes
            to get ceil(H / s) rows, the odd one at the bottom; likewise for columns.

    Errors
        ValueError: a size, stride or dilation below 1, a padding below 0. TypeError: no integer.
        ShapeError: no pair of them. ChoiceError: an unknown word.

    >>> Window(3, stride=2, padding="same").place(8, 7)
    (((0, 1), (1, 1)), (4, 4))
    """

    def __init__(
        self, size: Size, stride: Size = 1, padding: Padding = 0, dilation: Size = 1
    ) -> None:
        self.size = pair("size", size)
        self.stride = pair("stride", stride)
        self.dilation = pair("dilation", dilation)
        self.padding = check_padding(padding)
        pairs = zip(self.size, self.dilation, strict=True)
        self.extent = tuple(d * (n - 1) + 1 for n, d in pairs)

    def place(self, height: int | None, width: int | None) -> tuple[Pads, Pair]:
        """((top, bottom), (left, right)) and (H', W') for an image of this height and width.

        Errors
            ShapeError: the window is larger than the padded image, or the size is not known.
        """
        if height is None or width is None:
            raise ShapeError("images", "a known height and width", (height, width))
        pads = self.pads((height, width))
        padded = tuple(n + sum(p) for n, p in zip((height, width), pads, strict=True))
        if any(n < e for n, e in zip(padded, self.extent, strict=True)):
            raise ShapeError("images", f"at least {self.extent} after padding", padded)
        sizes = zip(padded, self.extent, self.stride, strict=True)
        rows, columns = ((n - e) // s + 1 for n, e, s in sizes)
        return pads, (rows, columns)

    def pads(self, image: Pair) -> Pads:
        """((top, bottom), (left, right)) for an image (H, W)."""
        if not isinstance(self.padding, str):
            return self.padding
        if self.padding == "valid":
            return (0, 0), (0, 0)
        pads = []
        for n, e, s in zip(image, self.extent, self.stride, strict=True):
            places = -(-n // s)  # rounded up
            total = max((places - 1) * s + e - n, 0)
            pads.append((total // 2, total - total // 2))
        top_bottom, left_right = pads
        return top_bottom, left_right


def check_padding(padding: Padding) -> str | Pads:
    """A padding in one form: a word, or ((top, bottom), (left, right))."""
    if isinstance(padding, str):
        check_choice("padding", padding, PADDINGS)
        return padding
    if not isinstance(padding, list | tuple):
        padding = pair("padding", padding, 0)
    if len(padding) != 2:
        raise ShapeError("padding", "an integer, a pair of them or a pair of pairs", repr(padding))
    top_bottom, left_right = (pair(f"padding[{i}]", pads, 0) for i, pads in enumerate(padding))
    return top_bottom, left_right


def check_convolution(in_channels: int, channels: int, groups: int, bias: bool = True) -> None:
    """Raise unless these are counts and a flag, and ``groups`` divides the numbers of channels."""
    check_counts(in_channels=in_channels, channels=channels, groups=groups)
    check_flags(bias=bias)
    if in_channels % groups or channels % groups:
        expected = f"a divisor of the channels, {in_channels} in and {channels} out"
        raise ValueError(f"groups: expected {expected}, got {groups}")


def check_maps(
    images: Tensor,
    channels: int | None = None,
    axis: int = 1,
    kind: type | None = None,
    dtype: DType | None = None,
) -> None:
    """Raise unless ``images`` are floats with four axes, ``channels`` on the one given."""
    check_floats("images", images, kind, dtype)
    shape = tuple(images.shape)
    if len(shape) != 4:
        raise ShapeError("images", "4 axes", len(shape))
    if channels is not None and shape[axis] != channels:
        raise ShapeError("images", f"{channels} channels", shape[axis])
    if shape[axis] == 0:
        raise ShapeError("images", "at least one channel", 0)
