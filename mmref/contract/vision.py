"""What cutting images into patches asks, in one place for all three wings."""

from collections.abc import Sequence

from mmref.contract.settings import check_counts
from mmref.errors import ShapeError


def check_patches(size: Sequence[int], patch: int) -> None:
    """Raise unless ``size`` is (H, W), and both are multiples of ``patch``.

    >>> check_patches((32, 30), 4)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: size: expected multiples of patch = 4, got (32, 30)
    """
    check_counts(patch=patch)
    if not isinstance(size, list | tuple) or len(size) != 2:
        raise ShapeError("size", "(H, W)", size)
    check_counts(**{f"size[{i}]": n for i, n in enumerate(size)})
    if size[0] % patch or size[1] % patch:
        raise ShapeError("size", f"multiples of patch = {patch}", tuple(size))
