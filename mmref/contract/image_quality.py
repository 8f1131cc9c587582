"""What judging images asks of its arguments, in one place for all three wings.

Pictures are compared as floats: the difference of two unsigned bytes wraps around, 3 - 5 = 254,
so pictures of integers are refused and never cast.
"""

from mmref.contract.arrays import check_floats, check_same, check_shape, check_some, known
from mmref.contract.settings import check_count, check_scale
from mmref.errors import ShapeError
from mmref.types import Tensor

# The constants k_1 and k_2 of Wang et al. 2004, section III.B: as shares of the range, what is
# added to numerator and denominator, so that neither vanishes where a picture is black or flat.
LUMINANCE, CONTRAST = 0.01, 0.03


def check_pictures(
    images: Tensor, targets: Tensor, data_range: float, kind: type | None = None
) -> None:
    """Raise unless both are floats (B, ...) of one shape and dtype, with at least one number each.

    >>> import numpy as np
    >>> check_pictures(np.ones((2, 3)), np.ones((2, 4)), 1.0)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: targets: expected (2, 3) as images, got (2, 4)
    """
    check_floats("images", images, kind)
    check_shape("images", images, "B", "N", "...")
    check_some("images", images, "number a picture", *range(1, len(images.shape)))
    check_same(kind, images=images, targets=targets)
    check_scale(data_range=data_range)


def check_windowed(
    images: Tensor,
    targets: Tensor,
    data_range: float,
    size: int,
    deviation: float,
    axes: tuple[int, int] = (2, 3),
    kind: type | None = None,
) -> None:
    """Raise unless, besides, they have four axes, and height and width hold a whole window.

    axes: those of height and width.
    """
    check_floats("images", images, kind)
    check_shape("images", images, *("BCHW" if axes == (2, 3) else "BHWC"))
    check_pictures(images, targets, data_range, kind)
    check_count("size", size)
    check_scale(deviation=deviation)
    found = tuple(images.shape[axis] for axis in axes)
    if any(known(n) and n < size for n in found):
        raise ShapeError("images", f"height and width of at least {size}, the window", found)
