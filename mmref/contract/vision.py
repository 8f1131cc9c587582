"""What cutting images into patches asks, in one place for all three wings."""

from collections.abc import Sequence

from mmref.contract.settings import check_counts, check_height_width, check_multiples


def check_patches(size: Sequence[int], patch: int) -> None:
    """Raise unless ``size`` is (H, W), and both are multiples of ``patch``.

    >>> check_patches((32, 30), 4)
    Traceback (most recent call last):
        ...
    ValueError: size: expected multiples of 4, the width of a patch, got (32, 30)
    """
    check_counts(patch=patch)
    check_height_width("size", size)
    check_multiples(size, patch, ", the width of a patch")
