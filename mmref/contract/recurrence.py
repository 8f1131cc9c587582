"""The contract of sequences, in one place for all three wings.

``inputs`` are floats (B, T, D) with at least one step. ``mask`` is an optional boolean (B, T),
True = keep: at a masked step the state is carried on unchanged, whatever the inputs hold there,
so the last column of the states is the final state of every row, however short. An initial
state is (B, H).
"""

import inspect
from collections.abc import Iterable

from mmref.contract.arrays import (
    check_floats,
    check_integers,
    check_shape,
    check_some,
    check_truths,
)
from mmref.contract.settings import check_kind
from mmref.types import DType, Layer, Tensor, Tensors


def check_sequences(
    inputs: Tensor,
    dim: int,
    hidden: int,
    states: Tensors | None = None,
    mask: Tensor | None = None,
    kind: type | None = None,
    dtype: DType | None = None,
) -> None:
    """Raise unless ``inputs``, initial ``states`` (name -> array or None) and ``mask`` fit.

    >>> import numpy as np
    >>> check_sequences(np.ones((5, 4, 3)), 2, 6)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: inputs: expected (B, T, 2), got (5, 4, 3)
    """
    check_floats("inputs", inputs, kind, dtype)
    check_shape("inputs", inputs, "B", "T", dim)
    check_some("inputs", inputs, "step", 1)
    for name, state in (states or {}).items():
        if state is not None:
            check_floats(name, state, kind, dtype)
            check_shape(name, state, B=inputs.shape[0], H=hidden)
    if mask is not None:
        check_step_mask(mask, inputs, kind)


def check_step_mask(mask: Tensor, inputs: Tensor, kind: type | None = None) -> None:
    """Raise unless ``mask`` says of each step of ``inputs`` (B, T, ...) whether to keep it."""
    check_truths("mask", mask, "keep", kind)
    check_shape("mask", mask, B=inputs.shape[0], T=inputs.shape[1])


def check_lookup(
    weight: Tensor, ids: Tensor, mask: Tensor | None = None, kind: type | None = None
) -> None:
    """Raise unless ``weight`` (V, D), ``ids`` (B, T) and ``mask`` make an embedding lookup."""
    check_floats("weight", weight, kind)
    check_shape("weight", weight, "V", "D")
    check_integers("ids", ids, "B", "T", kind=kind)
    if mask is not None:
        check_step_mask(mask, ids, kind)


def check_layers(method: str, **layers: Layer) -> None:
    """Raise unless each layer's ``method`` takes inputs and mask by these names, as ours do.

    The frameworks' own layers do not, or give the last state alone.
    """
    for name, layer in layers.items():
        call = getattr(layer, method, None)
        taken = inspect.signature(call).parameters if callable(call) else {}
        if not {"inputs", "mask"} <= set(taken):
            got = f"{type(layer).__module__}.{type(layer).__qualname__}"
            expected = "a layer that is called with inputs and mask, as RNN, LSTM, GRU"
            raise TypeError(f"{name}: expected {expected}, got {got}")


def check_stack(method: str, layers: Iterable[Layer]) -> list[Layer]:
    """``layers`` as a list; raises unless they are some, each as ``check_layers`` asks."""
    check_kind("layers", layers, Iterable, "a list of layers")
    layers = list(layers)
    if not layers:
        raise ValueError("layers: expected at least one layer, got none")
    check_layers(method, **{f"layers[{i}]": layer for i, layer in enumerate(layers)})
    return layers


def check_two_ways(inputs: Tensor, mask: Tensor | None = None, kind: type | None = None) -> None:
    """Raise unless ``inputs`` (B, T, ...) and ``mask`` can be turned around in time."""
    check_floats("inputs", inputs, kind)
    check_shape("inputs", inputs, "B", "T", "D")
    if mask is not None:
        check_step_mask(mask, inputs, kind)
