"""Moves weights between PyTorch, Keras and the reference; the only place that knows layouts.

Every model has *canonical arrays*: NumPy arrays in the reference's layout (a dense layer is
W (D_out, D_in), a convolution (O, C, h, w), images are channels first) under the reference's
names where a reference exists ("weights.image", "logits"). Whatever a framework does otherwise
stands in ``mmref/convert/tables``, a file for each family.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mmref.contract.arrays import check_kept, dtype_name, shape_of
from mmref.contract.fusion import check_order
from mmref.contract.settings import check_function, check_mapping
from mmref.convert._images import to_channels_first, to_channels_last
from mmref.convert._slots import array_of, assign, modality_order, slots_of
from mmref.errors import ShapeError
from mmref.types import Array, Arrays, Layer

__all__ = [
    "arguments",
    "arrays",
    "copy",
    "gradients",
    "modality_order",
    "set_arrays",
    "to_channels_first",
    "to_channels_last",
]


def copy(source: Layer, target: Layer) -> None:
    """Copy all weights of ``source`` into ``target``, a model of the same structure.

    Either may be a ``torch.nn.Module`` or a Keras layer or model: one of ``mmref``'s, or a
    single layer that the tables know. Running statistics of batch norm are weights too.
    Everything is checked before anything is written.

    Errors
        ShapeError: the first array that differs, with both shapes. ModalityError: the orders in
        which the fusions declare their modalities, if these differ: logits and gates go by them.
        TypeError: a model, or a part of one, that the tables do not know.

    >>> import mmref.torch
    >>> dims = {"image": 3, "text": 2}
    >>> source, target = mmref.torch.ConcatFusion(dims, 4), mmref.torch.ConcatFusion(dims, 4)
    >>> copy(source, target)
    >>> bool((source.projection.weight == target.projection.weight).all())
    True
    """
    ours, theirs = modality_order(source), modality_order(target)
    if ours and theirs:
        check_order("target", ours, theirs)
    set_arrays(target, arrays(source))


def arrays(model: Layer) -> dict[str, Array]:
    """The canonical arrays of a model: a dict from dotted name to NumPy array.

    >>> import mmref.torch
    >>> {m: a.shape for m, a in arrays(mmref.torch.WeightedFusion({"image": 3}, 4)).items()}
    {'weights.image': (4, 3), 'biases.image': (4,), 'logits': (1,)}
    """
    return {name: slot.get(array_of) for name, slot in slots_of(model).items()}


def gradients(model: Layer, read: Callable[[Any], Array | None]) -> dict[str, Array]:
    """Gradients in the reference's layout, under the names that :func:`arrays` gives.

    ``read`` maps one of the framework's variables to its gradient as a NumPy array, or to None;
    an array without a gradient is left out.

    >>> import mmref.torch
    >>> model = mmref.torch.WeightedFusion({"image": 3}, 4)
    >>> model.logits.sum().backward()
    >>> gradients(model, lambda p: None if p.grad is None else p.grad.numpy())
    {'logits': array([1.], dtype=float32)}
    """
    check_function("read", read)
    found = {}
    for name, slot in slots_of(model).items():
        pieces = [piece for v in slot.variables if (piece := read(v)) is not None]
        if slot.is_sum and pieces:  # every term has the sum's own gradient, unless it is frozen
            found[name] = pieces[0]
        elif len(pieces) == len(slot.variables):
            found[name] = slot.decode(pieces)
    return found


def set_arrays(model: Layer, values: Arrays) -> None:
    """Write canonical arrays into a model, all or none.

    Errors
        ShapeError: a missing or extra array, one of another shape, or not of real numbers.
        ValueError: one that holds NaN or infinity, or would in the model's precision.
    """
    check_mapping("values", values)
    slots = slots_of(model)
    there = {name: slot.get(array_of).shape for name, slot in slots.items()}
    came = {name: shape_of(f"values[{name!r}]", value) for name, value in values.items()}
    for name in came | there:
        if came.get(name) != there.get(name):
            source = came.get(name, "nothing")
            got = there.get(name, "nothing")
            raise ShapeError(f"target.{name}", f"{source} as in the source", got)
    for name, value in values.items():
        check_kept(f"values[{name!r}]", np.asarray(value), dtype_name(slots[name].variables[0]))
    written = [(slots[name], slots[name].encode(np.asarray(a))) for name, a in values.items()]
    for slot, pieces in written:
        for variable, piece in zip(slot.variables, pieces, strict=True):
            assign(variable, piece, slot.rows)


def arguments(values: Mapping[str, Any]) -> dict[str, Any]:
    """Canonical arrays as keyword arguments of the reference: "weights.image" becomes nested.

    >>> arguments({"weights.image": 1, "weights.text": 2, "logits": 3})
    {'weights': {'image': 1, 'text': 2}, 'logits': 3}
    """
    check_mapping("values", values, "value")
    nested: dict[str, Any] = {}
    for name, value in values.items():
        head, dot, key = name.partition(".")
        if dot and head in values:
            raise ValueError(f"values: expected {head!r} or its parts, got {name!r} beside it")
        if dot:
            nested.setdefault(head, {})[key] = value
        else:
            nested[head] = value
    return nested
