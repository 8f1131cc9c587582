"""Runs a function of arrays in a framework: its value and the gradient of every argument.

``tree`` is a flat dict of NumPy arrays, "features.text" or "logits"; those of floats are
differentiated. ``grad`` is the gradient with respect to the value.
"""

import contextlib
from collections.abc import Callable, Iterator

import numpy as np

from mmref import convert
from mmref.types import Array, Arrays


def run_torch(function: Callable, tree: Arrays, grad: Array) -> tuple[Array, dict[str, Array]]:
    """``function`` takes the tree's arguments, nested, as tensors."""
    import torch

    tensors = {name: torch.tensor(array) for name, array in tree.items()}
    inputs = {name: t.requires_grad_() for name, t in tensors.items() if t.is_floating_point()}
    value = function(**convert.arguments(tensors))
    value.backward(torch.tensor(grad))
    # An input that the value does not depend on has gradient zero.
    gradients = {
        name: (torch.zeros_like(t) if t.grad is None else t.grad).numpy()
        for name, t in inputs.items()
    }
    if hasattr(function, "parameters"):
        gradients |= convert.gradients(
            function, lambda p: None if p.grad is None else p.grad.numpy()
        )
    return value.detach().numpy(), gradients


def run_keras(function: Callable, tree: Arrays, grad: Array) -> tuple[Array, dict[str, Array]]:
    """``function`` takes the tree's arguments, nested, as tensors, on Keras's current backend."""
    import keras

    from mmref.keras.differentiate import pull_back

    variables = list(getattr(function, "trainable_variables", []))
    tensors = {name: keras.ops.convert_to_tensor(array) for name, array in tree.items()}
    floating = [name for name, array in tree.items() if array.dtype.kind == "f"]

    def of_leaves(leaves):
        values, inputs = leaves[: len(variables)], leaves[len(variables) :]
        arguments = convert.arguments(tensors | dict(zip(floating, inputs, strict=True)))
        if not hasattr(function, "stateless_call"):
            return function(**arguments)
        state = [v.value for v in function.non_trainable_variables]
        return function.stateless_call(values, state, **arguments)[0]

    leaves = [v.value for v in variables] + [tensors[name] for name in floating]
    value, pull = pull_back(of_leaves, leaves)
    # Where Keras rounds float64 to float32, so does JAX want the gradient.
    pulled = pull(keras.ops.convert_to_tensor(grad, dtype=value.dtype))
    value, *pulled = (np.asarray(keras.ops.convert_to_numpy(x)) for x in (value, *pulled))
    of_weights, of_inputs = pulled[: len(variables)], pulled[len(variables) :]
    gradients = dict(zip(floating, of_inputs, strict=True))
    if variables:
        by_variable = {id(v): g for v, g in zip(variables, of_weights, strict=True)}
        gradients |= convert.gradients(function, lambda v: by_variable.get(id(v)))
    return value, gradients


@contextlib.contextmanager
def keras_dtype(dtype: str) -> Iterator[None]:
    """Layers made inside compute in ``dtype``."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        if keras.backend.backend() == "jax":
            import jax

            with jax.enable_x64(dtype == "float64"):  # JAX has no float64 otherwise
                yield
        else:
            yield
    finally:
        keras.config.set_dtype_policy(before)


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """Without the pages that Keras wraps around an exception."""
    import keras

    filtering = keras.config.is_traceback_filtering_enabled()
    keras.config.disable_traceback_filtering()
    try:
        yield
    finally:
        if filtering:
            keras.config.enable_traceback_filtering()
