"""What a generator and a discriminator that see fused modalities ask, for both frameworks."""

from collections.abc import Mapping

from mmref.contract.dcgan import check_dcgan
from mmref.contract.models import check_parts
from mmref.contract.settings import check_choice
from mmref.types import Layer

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
