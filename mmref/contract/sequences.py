"""The contract of sequences, in one place for all three wings.

``inputs`` are floats (B, T, D) with at least one step. ``mask`` is an optional boolean (B, T),
True = keep: at a masked step the state is carried on unchanged, whatever the inputs hold there,
so the last column of the states is the final state of every row, however short. An initial
state is (B, H). These checks read shapes and dtypes only, so they serve every framework; ``kind``
and ``dtype`` are as in ``mmref.contract.fusion``.
"""

from mmref.contract.arrays import check_array, check_floats, dtype_name
from mmref.errors import ShapeError


def check_sequences(inputs, dim, hidden, states=None, mask=None, kind=None, dtype=None):
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


def check_step_mask(mask, shape, kind=None):
    """Raise unless ``mask`` is a boolean array of this shape (B, T)."""
    check_array("mask", mask, kind)
    _check_shape("mask", mask, "(B, T)", shape)
    if dtype_name(mask) != "bool":
        raise ShapeError("mask", "dtype bool (True = keep)", dtype_name(mask))


def check_lookup(weight, ids, mask=None, kind=None):
    """Raise unless ``weight`` (V, D), ``ids`` (B, T) and ``mask`` make an embedding lookup."""
    check_floats("weight", weight, kind)
    if len(weight.shape) != 2:
        raise ShapeError("weight", "(V, D)", tuple(weight.shape))
    check_array("ids", ids, kind)
    if len(ids.shape) != 2 or "int" not in dtype_name(ids):
        raise ShapeError("ids", "integers (B, T)", f"{dtype_name(ids)} {tuple(ids.shape)}")
    if mask is not None:
        check_step_mask(mask, tuple(ids.shape), kind)


def _check_shape(name, array, letters, expected):
    """A symbolic size is None and fits any other."""
    shape = tuple(array.shape)
    fits = len(shape) == len(expected) and all(
        None in (a, b) or a == b for a, b in zip(shape, expected, strict=False)
    )
    if not fits:
        raise ShapeError(name, f"{letters} = {_written(expected)}", shape)


def _written(shape):
    return f"({', '.join('?' if n is None else str(n) for n in shape)})"
