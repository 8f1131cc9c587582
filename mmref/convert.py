"""Moves weights between PyTorch, Keras and the reference; the only place that knows layouts.

Every model has *canonical arrays*: NumPy arrays in the reference's layout (a dense layer is
W (D_out, D_in), a convolution (O, I, H, W), images are channels first) under the reference's
names where a reference exists ("weights.image", "logits"). Whatever a framework does otherwise
stands in the tables below. The tables go by class name, so a copy of a class that was pasted
into a notebook converts like the original, and neither framework is imported here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mmref.errors import ShapeError


@dataclass(frozen=True)
class Array:
    """One array of a layer: what it is called, and what each framework does to it.

    torch: the attribute that holds it; or two, which ``joined`` by "sum" or "stack" make it.
    keras: the attribute that holds it, after gates were reordered and axes transposed.
    axes: the canonical axes in Keras's order.
    gates: the canonical and Keras's order of the gates, one letter each, and the axis they
    are stacked on.
    """

    name: str
    torch: str | tuple[str, str]
    keras: str
    axes: tuple[int, ...] | None = None
    joined: str | None = None
    gates: tuple[str, str, int] | None = None


DENSE = (Array("weight", "weight", "kernel", axes=(1, 0)), Array("bias", "bias", "bias"))
CONVOLUTION = (
    Array("weight", "weight", "kernel", axes=(2, 3, 1, 0)),  # (O, I, H, W) -> (H, W, I, O)
    Array("bias", "bias", "bias"),
)
BATCH_NORM = (
    Array("scale", "weight", "gamma"),
    Array("shift", "bias", "beta"),
    Array("mean", "running_mean", "moving_mean"),
    Array("variance", "running_var", "moving_variance"),
)
EMBEDDING = (Array("weight", "weight", "embeddings"),)
# PyTorch keeps two LSTM biases and adds them. Both frameworks order the gates i, f, g, o.
LSTM = (
    Array("input_weight", "weight_ih_l0", "cell.kernel", axes=(1, 0)),  # (4H, D)
    Array("hidden_weight", "weight_hh_l0", "cell.recurrent_kernel", axes=(1, 0)),  # (4H, H)
    Array("bias", ("bias_ih_l0", "bias_hh_l0"), "cell.bias", joined="sum"),  # (4H,)
)
# A GRU's two biases cannot be added: the reset gate multiplies only the second. Gates: reset,
# update (z), new; Keras puts the update gate first.
RESET_FIRST, UPDATE_FIRST = "rzn", "zrn"
GRU = (
    Array(
        "input_weight",  # (3H, D)
        "weight_ih_l0",
        "cell.kernel",
        axes=(1, 0),
        gates=(RESET_FIRST, UPDATE_FIRST, 0),
    ),
    Array(
        "hidden_weight",  # (3H, H)
        "weight_hh_l0",
        "cell.recurrent_kernel",
        axes=(1, 0),
        gates=(RESET_FIRST, UPDATE_FIRST, 0),
    ),
    Array(
        "bias",  # (2, 3H)
        ("bias_ih_l0", "bias_hh_l0"),
        "cell.bias",
        joined="stack",
        gates=(RESET_FIRST, UPDATE_FIRST, -1),
    ),
)

LAYERS = {
    "torch": {
        "Linear": DENSE,
        "Conv2d": CONVOLUTION,
        "BatchNorm1d": BATCH_NORM,
        "BatchNorm2d": BATCH_NORM,
        "Embedding": EMBEDDING,
        "LSTM": LSTM,
        "GRU": GRU,
    },
    "keras": {
        "Dense": DENSE,
        "Conv2D": CONVOLUTION,
        "BatchNormalization": BATCH_NORM,
        "Embedding": EMBEDDING,
        "LSTM": LSTM,
        "GRU": GRU,
    },
}

# Models of our own have the same attributes in both wings: layers, mappings or lists of layers,
# and arrays.
MODELS = {
    "WeightedFusion": ("projections", "logits"),
    "AdaptiveFusion": ("projections", "gates", "gate_bias"),
    "ConcatFusion": ("projection",),
    "ConvBlock": ("conv", "norm"),
    "ImageEncoder": ("blocks", "dense"),
    "TextEncoder": ("embedding", "recurrence", "dense"),
    "FusionClassifier": ("encoders", "fusion", "head"),
}

# Attribute paths whose canonical name is an argument of the reference instead.
ARGUMENTS = (
    (r"\bprojections\.([^.]+)\.weight$", r"weights.\1"),
    (r"\bprojections\.([^.]+)\.bias$", r"biases.\1"),
    (r"\bgates\.([^.]+)\.weight$", r"gate_weights.\1"),
    (r"\bprojection\.(weight|bias)$", r"\1"),
)

# The dense layer that follows a flattened map reads it in the order C, H, W in PyTorch and
# H, W, C in Keras; the function gives the map's (C, H, W) from a Keras model.
FLATTENED = {
    "ImageEncoder": (
        "dense",
        lambda encoder: (
            encoder.blocks[-1].conv.filters if encoder.blocks else encoder.image_shape[2],
            *(n // 2 ** len(encoder.blocks) for n in encoder.image_shape[:2]),
        ),
    )
}


def copy(source, target):
    """Copy all weights of ``source`` into ``target``, a model of the same structure.

    Either may be a ``torch.nn.Module`` or a Keras layer or model: one of ``mmref``'s, or a
    single layer that the tables know. Running statistics of batch norm are weights too.
    Everything is checked before anything is written.

    Errors
        ShapeError: the first array that differs, with both shapes; or the orders in which the
        fusions declare their modalities, if these differ: logits and gates go by that order.
        TypeError: a model, or a part of one, that the tables do not know.

    >>> import mmref.torch
    >>> dims = {"image": 3, "text": 2}
    >>> source, target = mmref.torch.ConcatFusion(dims, 4), mmref.torch.ConcatFusion(dims, 4)
    >>> copy(source, target)
    >>> bool((source.projection.weight == target.projection.weight).all())
    True
    """
    ours, theirs = _order(source), _order(target)
    if ours and theirs and ours != theirs:
        raise ShapeError("target", f"the modalities in the order {ours} as in the source", theirs)
    set_arrays(target, arrays(source))


def arrays(model):
    """The canonical arrays of a model: a dict from dotted name to NumPy array.

    >>> import mmref.torch
    >>> {m: a.shape for m, a in arrays(mmref.torch.WeightedFusion({"image": 3}, 4)).items()}
    {'weights.image': (4, 3), 'biases.image': (4,), 'logits': (1,)}
    """
    return {name: slot.get(_value) for name, slot in _slots(model).items()}


def gradients(model, read):
    """Gradients in the reference's layout, under the names that :func:`arrays` gives.

    ``read`` maps one of the framework's variables to its gradient as a NumPy array, or to None;
    an array without a gradient is left out.

    >>> import mmref.torch
    >>> model = mmref.torch.WeightedFusion({"image": 3}, 4)
    >>> model.logits.sum().backward()
    >>> gradients(model, lambda p: None if p.grad is None else p.grad.numpy())
    {'logits': array([1.], dtype=float32)}
    """
    found = {}
    for name, slot in _slots(model).items():
        # Of a sum every term has the sum's own gradient.
        read_from = slot.variables[:1] if slot.is_sum else slot.variables
        pieces = [read(v) for v in read_from]
        if all(piece is not None for piece in pieces):
            found[name] = pieces[0] if slot.is_sum else slot.decode(pieces)
    return found


def set_arrays(model, values):
    """Write canonical arrays into a model, all or none.

    Errors
        ShapeError: a missing or extra array, or one of another shape.
    """
    slots = _slots(model)
    there = {name: slot.get(_value).shape for name, slot in slots.items()}
    came = {name: np.shape(value) for name, value in values.items()}
    for name in came | there:
        if came.get(name) != there.get(name):
            source = came.get(name, "nothing")
            got = there.get(name, "nothing")
            raise ShapeError(f"target.{name}", f"{source} as in the source", got)
    written = [(slots[name], slots[name].encode(np.asarray(a))) for name, a in values.items()]
    for slot, pieces in written:
        for variable, piece in zip(slot.variables, pieces, strict=True):
            _assign(variable, piece)


def arguments(values):
    """Canonical arrays as keyword arguments of the reference: "weights.image" becomes nested.

    >>> arguments({"weights.image": 1, "weights.text": 2, "logits": 3})
    {'weights': {'image': 1, 'text': 2}, 'logits': 3}
    """
    nested = {}
    for name, value in values.items():
        head, dot, key = name.partition(".")
        if dot:
            nested.setdefault(head, {})[key] = value
        else:
            nested[head] = value
    return nested


def to_channels_last(images, channels=(1, 3, 4)):
    """Images (B, C, H, W) as (B, H, W, C), the layout of Keras. NumPy in, NumPy out.

    ``channels`` is what C may be, so that images in the other layout are not scrambled; name the
    number if yours have another.

    >>> to_channels_last(np.zeros((2, 3, 4, 5))).shape
    (2, 4, 5, 3)
    """
    return _move(images, channels, "(B, C, H, W)", 1, (0, 2, 3, 1))


def to_channels_first(images, channels=(1, 3, 4)):
    """Images (B, H, W, C) as (B, C, H, W), the layout of PyTorch. NumPy in, NumPy out.

    ``channels``: as in :func:`to_channels_last`.

    >>> to_channels_first(np.zeros((2, 4, 5, 3))).shape
    (2, 3, 4, 5)
    """
    return _move(images, channels, "(B, H, W, C)", 3, (0, 3, 1, 2))


def _move(images, channels, layout, axis, axes):
    images, allowed = np.asarray(images), np.atleast_1d(channels).tolist()
    if images.ndim != 4 or images.shape[axis] not in allowed:
        listed = " or ".join(map(str, allowed))
        raise ShapeError("images", f"{layout} with C = {listed}", images.shape)
    return np.ascontiguousarray(images.transpose(axes))


@dataclass(frozen=True)
class _Slot:
    """The framework's variables behind one canonical array, and the way there and back."""

    variables: tuple
    decode: Callable  # list of the variables' arrays -> canonical array
    encode: Callable  # the inverse
    is_sum: bool = False

    def get(self, read):
        return self.decode([read(v) for v in self.variables])


def _slots(model):
    """All canonical arrays of a model, name -> slot; no weight may be left out."""
    slots = dict(_walk(model, _framework(model)))
    known = {id(v) for slot in slots.values() for v in slot.variables}
    for name, variable in _weights(model):
        if id(variable) not in known:
            raise TypeError(f"convert: {type(model).__name__} has a weight no table names: {name}")
    return slots


def _walk(model, framework, path=""):
    kind, layer = _kind(model, framework)
    if kind is None:
        raise TypeError(
            f"convert: no table for {path.rstrip('.') or 'the model'}, a {type(model).__name__}"
        )
    if framework == "keras" and not model.built:
        _build(model, kind, path)
    if layer:
        for array in layer:
            slot = _torch_slot(model, array) if framework == "torch" else _keras_slot(model, array)
            if slot is not None:
                yield _canonical(path + array.name), slot
        return
    for part in MODELS[kind]:
        child = getattr(model, part)
        for key, item in _items(child):
            name = f"{path}{part}{key}"
            if _is_variable(item):
                yield _canonical(name), _Slot((item,), lambda a: a[0], lambda a: [a])
                continue
            for leaf, slot in _walk(item, framework, name + "."):
                if framework == "keras" and kind in FLATTENED and leaf == f"{name}.weight":
                    dense, map_shape = FLATTENED[kind]
                    slot = _flattened(slot, map_shape(model)) if part == dense else slot
                yield leaf, slot


def _items(child):
    if child is None:
        return
    if hasattr(child, "items"):
        yield from ((f".{key}", item) for key, item in child.items())
    elif isinstance(child, list) or type(child).__name__ == "ModuleList":
        yield from ((f".{i}", item) for i, item in enumerate(child))
    else:
        yield "", child


def _canonical(path):
    for pattern, name in ARGUMENTS:
        path = re.sub(pattern, name, path)
    return path


def _kind(model, framework):
    """The first class name, along the bases, that a table knows, and its layer's arrays."""
    for base in type(model).__mro__:
        if base.__name__ in MODELS:
            return base.__name__, None
        if base.__name__ in LAYERS[framework]:
            return base.__name__, LAYERS[framework][base.__name__]
    return None, None


def _torch_slot(layer, array):
    names = array.torch if array.joined else (array.torch,)
    variables = tuple(getattr(layer, name, None) for name in names)
    if any(v is None for v in variables):  # bias=False, affine=False
        return None
    if array.joined == "sum":
        return _Slot(variables, lambda a: a[0] + a[1], lambda a: [a, np.zeros_like(a)], True)
    if array.joined == "stack":
        return _Slot(variables, np.stack, list)
    return _Slot(variables, lambda a: a[0], lambda a: [a])


def _keras_slot(layer, array):
    variable = layer
    for name in array.keras.split("."):
        variable = getattr(variable, name, None)
    if variable is None:  # use_bias=False, scale=False
        return None
    axes = array.axes or range(len(variable.shape))
    back = np.argsort(axes)
    ours, theirs, axis = array.gates or ("", "", 0)
    to_theirs, to_ours = [ours.index(g) for g in theirs], [theirs.index(g) for g in ours]
    return _Slot(
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
    return _Slot(
        slot.variables,
        lambda a: slot.decode(a)[:, last_to_first],
        lambda a: slot.encode(a[:, first_to_last]),
    )


def _build(model, kind, path):
    """Create the weights of a Keras model that was never called, where sizes are known."""
    if kind not in MODELS:
        raise TypeError(
            f"convert: the Keras layer {path.rstrip('.') or model.name} has no weights yet; "
            "call its model on data first"
        )
    model.build({m: None for m in model.encoders} if kind == "FusionClassifier" else None)


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


def _order(model):
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


def _value(variable):
    if hasattr(variable, "assign"):
        import keras

        array = keras.ops.convert_to_numpy(variable)
    else:
        value = variable.detach().cpu()
        array = (value.float() if value.dtype.itemsize < 4 else value).numpy()
    # NumPy has no bfloat16; widening is exact. The copy keeps a later step from changing it.
    return np.array(array, dtype=np.float32 if array.itemsize < 4 else array.dtype)


def _assign(variable, array):
    if hasattr(variable, "assign"):
        variable.assign(array)
    else:
        import torch

        with torch.no_grad():
            variable.copy_(torch.as_tensor(np.ascontiguousarray(array)))
