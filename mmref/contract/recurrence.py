"""The contract of sequences, in one place for all three wings.

``inputs`` are floats (B, T, D) with at least one step. ``mask`` is an optional boolean (B, T),
True = keep: at a masked step the state is carried on unchanged, whatever the inputs hold there,
so the last column of the states is the final state of every row, however short. An initial
state is (B, H).
"""

import inspect
from collections.abc import Sequence

from mmref.contract.arrays import alike, check_array, check_floats, dtype_name
from mmref.errors import ShapeError
from mmref.types import DType, Layer, Shape, Tensor, Tensors


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
    shape = tuple(inputs.shape)
    if len(shape) != 3 or shape[2] != dim:
        raise ShapeError("inputs", f"(B, T, {dim})", shape)
    if shape[1] == 0:
        raise ShapeError("inputs", "at least one step", shape)
    for name, state in (states or {}).items():
        if state is not None:
            check_floats(name, state, kind, dtype)
            _check_shape(name, state, "(B, H)", (shape[0], hidden))
    if mask is not None:
        check_step_mask(mask, shape[:2], kind)


def check_step_mask(mask: Tensor, shape: Shape, kind: type | None = None) -> None:
    """Raise unless ``mask`` is a boolean array of this shape (B, T)."""
    check_array("mask", mask, kind)
    _check_shape("mask", mask, "(B, T)", shape)
    if dtype_name(mask) != "bool":
        raise ShapeError("mask", "dtype bool (True = keep)", dtype_name(mask))


def check_lookup(
    weight: Tensor, ids: Tensor, mask: Tensor | None = None, kind: type | None = None
) -> None:
    """Raise unless ``weight`` (V, D), ``ids`` (B, T) and ``mask`` make an embedding lookup."""
    check_floats("weight", weight, kind)
    if len(weight.shape) != 2:
        raise ShapeError("weight", "(V, D)", tuple(weight.shape))
    check_array("ids", ids, kind)
    if len(ids.shape) != 2 or "int" not in dtype_name(ids):
        raise ShapeError("ids", "integers (B, T)", f"{dtype_name(ids)} {tuple(ids.shape)}")
    if mask is not None:
        check_step_mask(mask, tuple(ids.shape), kind)


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


def check_stack(method: str, layers: Sequence[Layer]) -> None:
    """Raise unless ``layers`` holds at least one layer, each as ``check_layers`` asks."""
    if not layers:
        raise ShapeError("layers", "at least one layer", "none")
    check_layers(method, **{f"layers[{i}]": layer for i, layer in enumerate(layers)})


def check_two_ways(inputs: Tensor, mask: Tensor | None = None, kind: type | None = None) -> None:
    """Raise unless ``inputs`` (B, T, ...) and ``mask`` can be turned around in time."""
    check_floats("inputs", inputs, kind)
    if len(inputs.shape) != 3:
        raise ShapeError("inputs", "(B, T, D)", tuple(inputs.shape))
    if mask is not None:
        check_step_mask(mask, tuple(inputs.shape[:2]), kind)


def _check_shape(name, array, letters, expected):
    """A symbolic size is None and fits any other."""
    if not alike(expected, tuple(array.shape)):
        written = ", ".join("?" if n is None else str(n) for n in expected)
        raise ShapeError(name, f"{letters} = ({written})", tuple(array.shape))
