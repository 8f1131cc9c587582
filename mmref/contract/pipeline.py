"""What a generator and a discriminator that see fused modalities ask, for both frameworks."""

from collections.abc import Mapping

from mmref.contract.arrays import check_floats, check_rows, check_shape
from mmref.contract.dcgan import check_dcgan
from mmref.contract.models import check_parts
from mmref.contract.settings import check_choice, check_kind
from mmref.types import Layer, Tensor

SMALLEST = 16  # of a picture whose generator looks at words: a quarter of it is a map of 4 x 4


def check_drawing(
    encoders: Mapping[str, Layer],
    fusion: Layer,
    text: str | None,
    size: int,
    width: int,
    kind: type,
    what: str,
    **counts: int,
) -> None:
    """Raise unless these are encoders for the fusion's modalities, with sizes of a DCGAN, and
    ``text`` is None or names an encoder that tells of its words."""
    check_parts(encoders, fusion, 0.0, kind, what)
    check_dcgan(size, 1, width, **counts)
    if text is None:
        return
    check_choice("text", text, tuple(encoders))
    if not hasattr(encoders[text], "words"):
        got = type(encoders[text]).__name__
        raise TypeError(f"encoders[{text!r}]: expected a TextEncoder, got {got} (or text=None)")
    if size < SMALLEST:
        raise ValueError(f"size: expected at least {SMALLEST} to look at words, got {size}")


def check_told(told: object, kind: type, rows: int | None) -> None:
    """Raise unless a generator was ``told``, by its ``read``, of as many rows as there is noise."""
    check_kind("told", told, kind, "what read(inputs) gave")
    check_rows("noise", rows, told.mean.shape[0], "inputs")  # type: ignore[attr-defined]


def check_scored(
    features: Tensor, told: Tensor, shape: tuple, dim: int, kind: type | None = None
) -> None:
    """Raise unless a discriminator can compare these: features (B, ...) and told (B, dim)."""
    check_floats("features", features, kind)
    check_shape("features", features, "B", *shape)
    check_floats("told", told, kind)
    check_shape("told", told, "B", dim)
    check_rows("told", told.shape[0], features.shape[0], "features")
