"""Making a case in a wing, and calling it: the two frameworks behind one small interface."""

import functools
import itertools

import numpy as np
import pytest

from mmref import convert
from mmref.contract.arrays import dtype_name
from tests.wings import WINGS, numpy, tensor, wing_of

BOTH = pytest.mark.parametrize("name", WINGS)


def each(cases):
    """A test for each case, under its name."""
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


def made(name, case, seed=0):
    """The layer, with the formula's own arrays or drawn ones, in evaluation mode; or the function.

    Another seed, other arrays.
    """
    if name == "reference":
        return case.reference
    layer = case.make(wing_of(name))
    if not hasattr(layer, "parameters" if name == "torch" else "get_config"):
        return layer
    rng, arrays = np.random.default_rng(seed), {}
    for path, array in convert.arrays(layer).items():
        given = (case.held or {}).get(path)
        taps = np.prod(array.shape[2:])  # of a kernel: a sum over all of them stays of its size
        drawn = rng.normal(scale=0.5 / np.sqrt(taps), size=array.shape)
        # Not the same number everywhere: a softmax would not see it.
        drawn = drawn if given is None else given + seed * drawn
        arrays[path] = np.abs(drawn) if path.endswith("variance") else drawn
    convert.set_arrays(layer, arrays)
    return layer.eval() if name == "torch" else layer


@functools.cache
def ready(name, case):
    """The layer, made once for all tests that only call it."""
    return made(name, case)


@functools.cache
def answer(name, case):
    """What it makes of its arguments in float32, as a NumPy array."""
    return result(name, ready(name, case), arguments(name, case))[0]


def arguments(name, case, dtype="float32", change=None):
    """The case's arguments as nested tensors of the wing, or arrays for the reference.

    dtype: of the floats; of several, "float32 bfloat16", each takes its turn.
    change: function (dotted name, array in the wing's layout) -> array.
    """
    tensors, turns = {}, itertools.cycle(dtype.split())
    for path, array in in_layout(name, case).items():
        array = array if change is None else change(path, array)
        tensors[path] = array if name == "reference" else tensor(name, array)
        if array.dtype.kind == "f" and name != "reference":
            tensors[path] = cast(name, tensors[path], next(turns))
    return convert.arguments(tensors)


def in_layout(name, case):
    """The case's arguments by dotted name, channels where the wing has them."""

    def moved(path, array):
        last = name == "keras" and path in case.images
        return np.ascontiguousarray(np.moveaxis(array, 1, -1)) if last else array

    return {path: moved(path, array) for path, array in case.arguments.items()}


def cast(name, x, dtype):
    """The tensor in another precision."""
    if name == "torch":
        import torch

        return x.to(getattr(torch, dtype))
    import keras

    return keras.ops.cast(x, dtype)


def result(name, layer, given):
    """What the layer makes of the arguments, as a NumPy array; and the dtype it computed."""
    value = layer(**given)
    dtype = dtype_name(value)
    if isinstance(value, np.ndarray):
        return value, dtype
    return numpy(value if dtype in ("float32", "float64") else cast(name, value, "float32")), dtype


def step(name, layer, given):
    """One step of gradient descent toward random targets, in training mode."""
    value, dtype = result(name, layer, given)
    target = np.random.default_rng(1).normal(size=value.shape).astype("float32")
    if name == "torch":
        import torch

        optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
        (layer.train()(**given) - cast(name, torch.tensor(target), dtype)).square().sum().backward()
        optimizer.step()
        return
    import keras

    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.layer = layer

        def call(self, inputs, training=None):  # the layer hears of training from Keras
            return self.layer(**inputs)

    model = Model()
    model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=True, auto_scale_loss=False)
    model.train_on_batch(given, target)


def model_of(case, layer):
    """A functional Keras model around a layer, for any number of rows."""
    import keras

    rows = len(next(iter(case.arguments.values())))
    entries = {}
    for path, array in in_layout("keras", case).items():
        shape = (None if len(array) == rows else len(array), *array.shape[1:])
        entries[path] = keras.Input(
            batch_shape=shape, dtype=str(array.dtype), name=path.replace(".", "_")
        )
    return keras.Model(list(entries.values()), layer(**convert.arguments(entries)))
