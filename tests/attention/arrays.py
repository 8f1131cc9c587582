"""What bad calls of attention are made from, with one head or several."""

import importlib

import numpy as np

from mmref.errors import ShapeError
from mmref.reference import attention, multi_head
from tests.messages import assert_raises
from tests.wings import WINGS, tensor, wing_of

BATCH, QUERIES, KEYS, DIM, HEADS, WIDTH = 2, 4, 5, 6, 3, 7


def floats(*shape):
    return np.zeros(shape, dtype="float32")


def arrays(**changed):
    """Good queries, keys and values, some replaced."""
    good = {
        "queries": floats(BATCH, QUERIES, DIM),
        "keys": floats(BATCH, KEYS, DIM),
        "values": floats(BATCH, KEYS, WIDTH),
    }
    return good | changed


INTEGERS = np.zeros((BATCH, KEYS, DIM), dtype="int32")


HALF = np.zeros((BATCH, KEYS, DIM), dtype="float16")


TRUE = np.ones((BATCH, QUERIES, KEYS), dtype=bool)


NUMBERS = "expected floating-point numbers, got int32"


AXES = (
    "mask: expected as many axes as the scores (2, 4, 5), "
    "such as (1, 4, 5) for all examples or (2, 1, 5) for padding"
)


# What each calls an array of its own.
AN_ARRAY = {"reference": "an array", "torch": "a torch.Tensor", "keras": "an array"}


def modules_of(name):
    """The modules attention and multi_head of the reference or of a wing."""
    if name != "reference":
        wing_of(name)
    return [importlib.import_module(f"mmref.{name}.{m}") for m in ("attention", "multi_head")]


def of_reference(kind, given):
    """The same call of the reference, with weights of zeros."""
    if kind == "AdditiveAttention":
        weights = floats(8, DIM), floats(8, DIM), floats(8)
        mask = given.pop("mask", None)
        return attention.additive_attention(*given.values(), *weights, mask=mask)
    widths = {"query": DIM, "key": DIM, "value": WIDTH, "output": DIM}
    weights = {f"{which}_weight": floats(DIM, width) for which, width in widths.items()}
    weights |= {f"{which}_bias": floats(DIM) for which in widths}
    return multi_head.multi_head_attention(**given, **weights, heads=HEADS)


def layer_of(name, kind):
    wing = wing_of(name)
    if kind == "AdditiveAttention":
        return wing.AdditiveAttention(DIM, DIM, 8)
    return wing.MultiHeadAttention(DIM, HEADS, DIM, WIDTH)


def refused_by_layer(kind, case, given, message):
    """The layer of the reference and of both wings, and its weights where values play no part."""
    assert_raises(ShapeError, message, lambda: of_reference(kind, dict(given)))
    for name in WINGS:
        tensors = {key: tensor(name, array) for key, array in given.items()}
        layer = layer_of(name, kind)
        assert_raises(ShapeError, message, lambda f=layer, a=tensors: f(**a))
        if not case.startswith(("integer values", "as many", "width of values")):
            tensors.pop("values")
            weigh = layer.attention_weights
            assert_raises(ShapeError, message, lambda f=weigh, a=tensors: f(**a))
