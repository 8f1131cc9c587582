"""The framework's variables behind each canonical array of a model, and the way there and back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmref.convert.tables import (
    APART,
    ARGUMENTS,
    COMPOSITES,
    FLATTENED,
    LAYERS,
    MODELS,
    OWN_LAYERS,
)
from mmref.types import Array, Layer


@dataclass(frozen=True)
class Slot:
    """The framework's variables behind one canonical array, and the way there and back."""

    variables: tuple
    decode: Callable  # list of the variables' arrays -> canonical array
    encode: Callable  # the inverse
    is_sum: bool = False
    rows: tuple | None = None  # (i, n): the i-th of n equal parts of the variable's rows

    def get(self, read: Callable[[Any], Array | None]) -> Array:
        return self.decode([read(v) for v in self.variables])


def slots_of(model: Layer) -> dict[str, Slot]:
    """All canonical arrays of a model, name -> slot; but a Backbone's no weight may be left out."""
    apart: list[Layer] = []
    slots = dict(_walk(model, _framework(model), apart))
    known = {id(v) for slot in slots.values() for v in slot.variables}
    known |= {id(v) for backbone in apart for _, v in _weights(backbone)}
    for name, variable in _weights(model):
        if id(variable) not in known:
            raise TypeError(f"convert: {type(model).__name__} has a weight no table names: {name}")
    return slots


def _walk(model, framework, apart, path=""):
    """(name, slot) of every canonical array; ``path`` leads here, for messages.

    What is found to stay apart is added to that list.
    """
    if any(base.__name__ in APART and _is_ours(base) for base in type(model).__mro__):
        apart.append(model)
        return
    kind, layer, parts = _kind(model, framework)
    if kind is None:
        raise TypeError(f"convert: no table for {path or 'the model'}, a {type(model).__name__}")
    if framework == "keras" and not model.built:
        _build(model, kind, parts, path)
    if layer:
        for array in layer(model) if callable(layer) else layer:
            slot = _torch_slot(model, array) if framework == "torch" else _keras_slot(model, array)
            if slot is not None:
                yield array.name, slot
        return
    for part in parts:
        arguments = ARGUMENTS.get(kind, {}).get(part, {})
        for key, item in _items(getattr(model, part)):
            name = part + key
            if _is_variable(item):
                yield name, Slot((item,), lambda a: a[0], lambda a: [a])
                continue
            for leaf, slot in _walk(item, framework, apart, f"{path}.{name}".lstrip(".")):
                if framework == "keras" and kind in FLATTENED and leaf == "weight":
                    dense, map_shape = FLATTENED[kind]
                    slot = _flattened(slot, map_shape(model)) if part == dense else slot
                known = f"{arguments[leaf]}{key}" if leaf in arguments else f"{name}.{leaf}"
                yield known, slot


def _items(child):
    if child is None:
        return
    if hasattr(child, "items"):
        yield from ((f".{key}", item) for key, item in child.items())
    elif isinstance(child, list) or type(child).__name__ == "ModuleList":
        yield from ((f".{i}", item) for i, item in enumerate(child))
    else:
        yield "", child


def _kind(model, framework):
    """The first class, along the bases, that a table knows: its name; its arrays if it is a
    layer, or else its parts.

    A framework's own LSTM and ours share the name, not the attributes; a class of ours that was
    pasted into a notebook comes from ``__main__``.
    """
    for base in type(model).__mro__:
        name, theirs = base.__name__, base.__module__.partition(".")[0] in ("torch", "keras")
        layers = LAYERS if theirs else OWN_LAYERS
        models = COMPOSITES[framework] if theirs else MODELS
        if name in layers[framework]:
            return name, layers[framework][name], None
        if name in models:
            return name, None, models[name]
    return None, None, None


def _is_ours(base):
    """Many call a class of their own Backbone."""
    return base.__module__.partition(".")[0] == "mmref"


def _torch_slot(layer, array):
    names = array.torch if array.joined else (array.torch,)
    variables = tuple(_attribute(layer, name) for name in names)
    if any(v is None for v in variables):  # bias=False, affine=False
        return None
    if array.joined == "sum":
        return Slot(variables, lambda a: a[0] + a[1], lambda a: [a, np.zeros_like(a)], True)
    if array.joined == "stack":
        return Slot(variables, np.stack, list)
    if array.rows:
        return Slot(variables, lambda a: part(a[0], array.rows), lambda a: [a], rows=array.rows)
    return Slot(variables, lambda a: a[0], lambda a: [a])


def _attribute(layer, path):
    for name in path.split("."):
        layer = getattr(layer, name, None)
    return layer


def part(array: Any, rows: tuple[int, int]) -> Any:
    """The i-th of n equal parts of the rows, for rows = (i, n); a view."""
    i, n = rows
    size = len(array) // n
    return array[i * size : (i + 1) * size]


def _keras_slot(layer, array):
    variable = _attribute(layer, array.keras)
    if variable is None:  # use_bias=False, scale=False
        return None
    axes = array.axes or range(len(variable.shape))
    back = np.argsort(axes)
    if array.split is not None:  # (K, D / K) is one axis of ours
        apart = [variable.shape[i] for i in back]
        merged = [*apart[: array.split], -1, *apart[array.split + 2 :]]
        return Slot(
            (variable,),
            lambda a: a[0].transpose(back).reshape(merged),
            lambda a: [a.reshape(apart).transpose(axes)],
        )
    ours, theirs, axis = array.gates or ("", "", 0)
    to_theirs, to_ours = [ours.index(g) for g in theirs], [theirs.index(g) for g in ours]
    return Slot(
        (variable,),
        lambda a: _reorder(a[0].transpose(back), to_ours, axis),
        lambda a: [_reorder(a, to_theirs, axis).transpose(axes)],
    )


def _reorder(array, order, axis):
    if not order:
        return array
    gates = np.split(array, len(order), axis=axis)
    return np.concatenate([gates[i] for i in order], axis=axis)


def _flattened(slot, map_shape):
    """The same slot, its columns moved between the orders (C, H, W) and (H, W, C)."""
    c, h, w = map_shape
    last_to_first = np.arange(c * h * w).reshape(h, w, c).transpose(2, 0, 1).ravel()
    first_to_last = np.argsort(last_to_first)
    return Slot(
        slot.variables,
        lambda a: slot.decode(a)[:, last_to_first],
        lambda a: slot.encode(a[:, first_to_last]),
    )


def _build(model, kind, parts, path):
    """Create the weights of a Keras model that was never called, where sizes are known."""
    ours = kind in OWN_LAYERS["keras"] or (parts is not None and parts is MODELS.get(kind))
    if not ours:
        raise TypeError(
            f"convert: the Keras layer {path or model.name} has no weights yet; "
            "call its model on data first"
        )
    model.build({m: None for m in model.encoders} if kind == "FusionModel" else None)


def _framework(model):
    """The module a class comes from tells its framework."""
    origins = {base.__module__.partition(".")[0] for base in type(model).__mro__}
    # Keras first: on the PyTorch backend its layers are torch modules too.
    for framework in ("keras", "torch"):
        if framework in origins:
            return framework
    raise TypeError(
        f"convert: expected a torch.nn.Module or a Keras layer, got {type(model).__name__}"
    )


def modality_order(model: Layer) -> list[str] | None:
    """The modalities as the model's fusion declares them; None where there is no fusion."""
    dims = getattr(getattr(model, "fusion", model), "dims", None)
    return None if dims is None else list(dims)


def _is_variable(item):
    is_layer = hasattr(item, "parameters") or hasattr(item, "weights")
    return hasattr(item, "shape") and not is_layer


def _weights(model):
    if _framework(model) == "keras":
        return [(v.path, v) for v in model.weights]
    # The count of batches is no weight: only a momentum of None would use it.
    named = [*model.named_parameters(), *model.named_buffers()]
    return [(name, v) for name, v in named if not name.endswith("num_batches_tracked")]


def array_of(variable: Any) -> Array:
    if hasattr(variable, "assign"):
        import keras

        array = keras.ops.convert_to_numpy(variable)
    else:
        value = variable.detach().cpu()
        array = (value.float() if value.dtype.itemsize < 4 else value).numpy()
    # NumPy has no bfloat16; widening is exact. The copy keeps a later step from changing it.
    return np.array(array, dtype=np.float32 if array.itemsize < 4 else array.dtype)


def assign(variable: Any, array: Array, rows: tuple[int, int] | None = None) -> None:
    """Write an array into a variable, or into a part of its rows."""
    if hasattr(variable, "assign"):
        variable.assign(array)
    else:
        import torch

        with torch.no_grad():
            target = variable if rows is None else part(variable, rows)
            target.copy_(torch.as_tensor(np.asarray(array, order="C")))  # a number keeps no axis
