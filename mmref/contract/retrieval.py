"""What two encoders into one space ask, in one place for both frameworks."""

from collections.abc import Iterable, Mapping

from mmref.contract.arrays import check_integers, check_rows, check_shape
from mmref.contract.encoders import check_encoders
from mmref.contract.settings import check_counts, check_scale
from mmref.errors import ModalityError
from mmref.types import Layer, Tensor

LEAST = 0.01  # of a learned temperature, so that logits are no more than a hundred cosines


def check_dual(
    encoders: Mapping[str, Layer], dim: int, temperature: float, kind: type, what: str
) -> None:
    """Raise unless these are two encoders of this kind that tell how wide their output is."""
    check_encoders(encoders, kind, what)
    if len(encoders) != 2:
        raise ModalityError(f"encoders: expected two modalities, got {list(encoders)}")
    for m, encoder in encoders.items():
        if not hasattr(encoder, "output_dim"):
            got = type(encoder).__name__
            raise TypeError(f"encoders[{m!r}]: expected {what} with output_dim, got {got}")
    check_counts(dim=dim)
    check_scale(temperature=temperature)
    if temperature < LEAST:
        raise ValueError(f"temperature: expected at least {LEAST}, got {temperature!r}")


def check_beside(modalities: Iterable[str], first: int | None, second: int | None) -> None:
    """Raise unless there are as many rows of the second modality as of the first."""
    one, other = (f"inputs[{m!r}]" for m in modalities)
    check_rows(other, second, first, one)


def check_groups(groups: Tensor, rows: int | None, kind: type | None = None) -> None:
    """Raise unless these are integers (B,), one for each row."""
    check_integers("groups", groups, "B", kind=kind)
    check_shape("groups", groups, B=rows)
