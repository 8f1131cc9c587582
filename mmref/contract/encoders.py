"""What encoders ask, in one place for both frameworks."""

from collections.abc import Mapping, Sequence
from typing import Any

from mmref.contract.arrays import (
    check_floats,
    check_integers,
    check_rows,
    check_shape,
    check_some,
)
from mmref.contract.settings import (
    check_counts,
    check_height_width,
    check_kind,
    check_mapping,
    check_multiples,
    check_number,
)
from mmref.types import DType, Layer, Tensor


def check_encoders(encoders: Mapping[str, Layer], kind: type, what: str) -> None:
    """Raise unless ``encoders`` maps modalities to layers of this kind, which ``what`` names."""
    check_mapping("encoders", encoders, "encoder")
    for m, encoder in encoders.items():
        check_kind(f"encoders[{m!r}]", encoder, kind, what)


def check_size(size: Sequence[int], channels: Sequence[int]) -> None:
    """Raise unless ``size`` is (H, W), and each of ``channels`` can halve it once more."""
    check_height_width("size", size)
    check_kind("channels", channels, (list, tuple), "a list or tuple of integers")
    check_counts(**{f"channels[{i}]": n for i, n in enumerate(channels)})
    check_multiples(size, 2 ** len(channels), f", for {len(channels)} blocks")


def check_map(
    size: Sequence[int],
    channels: Sequence[int],
    dim: int | None,
    in_channels: int,
    momentum: float,
) -> None:
    """Raise unless blocks of these channels, one at least, make a map of images of this size.

    >>> check_map((8, 8), (), None, 3, 0.1)
    Traceback (most recent call last):
        ...
    ValueError: channels: expected those of one block at least, got ()
    """
    check_size(size, channels)
    if not channels:
        raise ValueError(f"channels: expected those of one block at least, got {channels!r}")
    check_counts(in_channels=in_channels)
    if dim is not None:
        check_counts(dim=dim)
    check_number("momentum", momentum, 0, 1, closed=True)


def check_ids(ids: Tensor, kind: type | None = None) -> None:
    """Raise unless ``ids`` are integers (B, T) with at least one step."""
    check_integers("ids", ids, "B", "T", kind=kind)
    check_some("ids", ids, "step", 1)


def check_table(
    table: Tensor, width: int, kind: type | None = None, dtype: DType | None = None
) -> None:
    """Raise unless ``table`` holds floats (B, width)."""
    check_floats("table", table, kind, dtype)
    check_shape("table", table, "B", width)


def check_vectors_of(
    name: str, vectors: Tensor, width: int, inputs: Any, kind: type | None = None
) -> None:
    """Raise unless ``vectors`` are floats (B, width), with as many rows as the inputs have."""
    check_floats(name, vectors, kind)
    check_shape(name, vectors, "B", width)
    if getattr(inputs, "shape", ()):
        check_rows(name, vectors.shape[0], inputs.shape[0], "its inputs")
