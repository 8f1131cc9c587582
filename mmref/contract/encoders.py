"""What encoders of images and texts ask, in one place for both frameworks."""

from collections.abc import Sequence

from mmref.contract.arrays import check_array, dtype_name
from mmref.contract.settings import check_counts
from mmref.errors import ShapeError
from mmref.types import Tensor


def check_size(size: Sequence[int], channels: Sequence[int]) -> None:
    """Raise unless ``size`` is (H, W), and each of ``channels`` can halve it once more."""
    for name, numbers, expected in (
        ("size", size, "(H, W)"),
        ("channels", channels, "a list or tuple of integers"),
    ):
        if not isinstance(numbers, list | tuple):
            raise ShapeError(name, expected, repr(numbers))
        check_counts(**{f"{name}[{i}]": n for i, n in enumerate(numbers)})
    if len(size) != 2:
        raise ShapeError("size", "(H, W)", size)
    factor = 2 ** len(channels)
    if size[0] % factor or size[1] % factor:
        raise ShapeError("size", f"multiples of {factor} for {len(channels)} blocks", size)


def check_ids(ids: Tensor, kind: type | None = None) -> None:
    """Raise unless ``ids`` are integers (B, T) with at least one step."""
    check_array("ids", ids, kind)
    if len(ids.shape) != 2 or "int" not in dtype_name(ids):
        raise ShapeError("ids", "integers (B, T)", f"{dtype_name(ids)} {tuple(ids.shape)}")
    if ids.shape[1] == 0:
        raise ShapeError("ids", "at least one step", tuple(ids.shape))
