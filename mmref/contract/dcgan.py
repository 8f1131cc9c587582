"""What the networks of a DCGAN ask, in one place for both frameworks."""

from mmref.contract.arrays import check_floats, check_integers, check_shape
from mmref.contract.settings import check_count, check_counts
from mmref.types import DType, Tensor


def check_dcgan(size: int, classes: int, width: int, **counts: int) -> None:
    """Raise unless these can make a DCGAN; ``size``, of the image, is a power of 2 from 8."""
    check_counts(classes=classes, width=width, **counts)
    check_count("size", size, 8)
    if size & (size - 1):
        raise ValueError(f"size: expected a power of 2, at least 8, got {size}")


def check_noise(
    noise: Tensor, latent: int, kind: type | None = None, dtype: DType | None = None
) -> None:
    """Raise unless ``noise`` is floats (B, Z)."""
    check_floats("noise", noise, kind, dtype)
    check_shape("noise", noise, "B", latent)


def check_labels(labels: Tensor, batch: int | None, kind: type | None = None) -> None:
    """Raise unless ``labels`` are integers, one for each example."""
    check_integers("labels", labels, "B" if batch is None else batch, kind=kind)
