"""What the networks of a DCGAN ask, in one place for both frameworks."""

from mmref.contract.arrays import alike, check_array, dtype_name
from mmref.contract.settings import check_count, check_counts
from mmref.errors import ShapeError
from mmref.types import Tensor


def check_dcgan(size: int, classes: int, width: int, **counts: int) -> None:
    """Raise unless these can make a DCGAN; ``size``, of the image, is a power of 2 from 8."""
    check_counts(classes=classes, width=width, **counts)
    check_count("size", size, 8)
    if size & (size - 1):
        raise ShapeError("size", "a power of 2, at least 8", size)


def check_labels(labels: Tensor, batch: int | None, classes: int, kind: type | None = None) -> None:
    """Raise unless ``labels`` are integers (B,)."""
    check_array("labels", labels, kind)
    shape = tuple(labels.shape)
    if len(shape) != 1 or not alike((batch,), shape) or "int" not in dtype_name(labels):
        got = f"{dtype_name(labels)} {shape}"
        expected = f"integers ({'B' if batch is None else batch},) from 0 to {classes - 1}"
        raise ShapeError("labels", expected, got)
