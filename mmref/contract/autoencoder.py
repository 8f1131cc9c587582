"""What autoencoders ask of their arguments, in one place for all three wings."""

from collections.abc import Mapping
from typing import Any

from mmref.contract.arrays import (
    check_rows,
    check_same,
    check_shape,
    check_some,
    check_truths,
)
from mmref.contract.settings import check_kind, check_mapping, check_number, check_scale
from mmref.errors import ModalityError
from mmref.types import Layer, Tensor


def check_outputs(outputs: Tensor, targets: Tensor, kind: type | None = None) -> None:
    """Raise unless both are floats (B, ...) of one shape and dtype, a number at least in a row.

    >>> import numpy as np
    >>> check_outputs(np.ones((2, 3)), np.ones((2, 4)))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: targets: expected (2, 3) as outputs, got (2, 4)
    """
    check_same(kind, outputs=outputs, targets=targets)
    check_shape("outputs", outputs, "B", "D", "...")
    check_some("outputs", outputs, "number in a row", *range(1, len(outputs.shape)))


def check_rows_present(present: Tensor | None, rows: int | None, kind: type | None = None) -> None:
    """Raise unless ``present`` is None or boolean (B,), one for each row of the outputs."""
    if present is not None:
        check_truths("present", present, "the target is there", kind)
        check_shape("present", present, "B")
        check_rows("present", present.shape[0], rows, "outputs")


def check_moments(mean: Tensor, log_variance: Tensor, kind: type | None = None) -> None:
    """Raise unless both are floats (B, Z) of one shape and dtype."""
    check_same(kind, mean=mean, log_variance=log_variance)
    check_shape("mean", mean, "B", "Z")


def check_sampled(
    mean: Tensor, log_variance: Tensor, noise: Tensor, kind: type | None = None
) -> None:
    """Raise unless all three are floats (B, Z) of one shape and dtype."""
    check_moments(mean, log_variance, kind)
    check_same(kind, mean=mean, noise=noise)


def check_bound(
    outputs: Tensor,
    targets: Tensor,
    mean: Tensor,
    log_variance: Tensor,
    variance: float,
    beta: float,
    kind: type | None = None,
) -> None:
    """Raise unless these make a bound on the likelihood of each row."""
    check_outputs(outputs, targets, kind)
    check_moments(mean, log_variance, kind)
    check_rows("mean", mean.shape[0], outputs.shape[0], "outputs")
    check_scale(variance=variance)
    check_number("beta", beta, 0)


def check_coders(encoder: Layer, decoder: Layer, kind: type, what: str) -> None:
    """Raise unless both are layers of this kind, the code as wide as the decoder takes it.

    Layers of other people need not tell their widths.
    """
    check_kind("encoder", encoder, kind, what)
    check_decoder("decoder", decoder, getattr(encoder, "output_dim", None), kind, what)


def check_output_dim(encoder: Layer) -> None:
    """Raise unless the encoder tells how wide its vectors are."""
    if not hasattr(encoder, "output_dim"):
        expected = "a layer with an output_dim, such as a Backbone"
        raise TypeError(f"encoder: expected {expected}, got {type(encoder).__name__}")


def check_decoder(name: str, decoder: Any, width: int | None, kind: type, what: str) -> None:
    """Raise unless ``decoder`` is a layer that takes a code of this width, where both are known."""
    check_kind(name, decoder, kind, what)
    got = getattr(decoder, "input_dim", width)
    if width is not None and got != width:
        raise ValueError(f"{name}: expected input_dim {width}, as wide as the code, got {got}")


def check_decoders(
    decoders: Mapping[str, Layer], modalities: Mapping[str, Any], width: int, kind: type, what: str
) -> None:
    """Raise unless there is a decoder for each modality, which takes a code of this width."""
    check_mapping("decoders", decoders, "decoder")
    if set(decoders) != set(modalities):
        raise ModalityError("decoders", modalities, decoders)
    for m, decoder in decoders.items():
        check_decoder(f"decoders[{m!r}]", decoder, width, kind, what)
