"""Derivatives on Keras's current backend, for which ``keras.ops`` has no names.

Whatever wants a gradient from "the current backend" asks here: the concordance, the exercises on
layers, the penalties on a slope, the training of a GAN. The backend is looked up, not imported:
Keras has imported it.
"""

import sys
from collections.abc import Callable, Sequence

import keras

from mmref.types import Tensor

BACKENDS = ("tensorflow", "torch", "jax")


def pull_back(
    function: Callable[[list[Tensor]], Tensor], leaves: list[Tensor], again: bool = False
) -> tuple[Tensor, Callable[[Tensor], list[Tensor]]]:
    """The value of ``function(leaves)``, and its vector-Jacobian product.

    Formula
        y = function([x_1, ..., x_n]);  pull(g) = [sum_k g_k dy_k / dx_i, for i = 1 ... n]

    Args
        function: takes a list of tensors like ``leaves`` and gives one tensor. Only what it
            computes from that list counts: a layer gets its weights from there by
            ``stateless_call``.
        leaves: a list of tensors of floats.
        again: whether value and gradients can be differentiated once more, as training on a slope
            does. False cuts them off on PyTorch.

    Returns
        (value, pull): y, and a function from g, a tensor shaped as y, to a list of tensors shaped
        as the leaves; zeros where y does not depend on a leaf. It can be called many times.

    Errors
        NotImplementedError: a backend other than TensorFlow, PyTorch and JAX.

    >>> x, y = keras.ops.array(3.0), keras.ops.array(1.0)
    >>> value, pull = pull_back(lambda leaves: leaves[0] ** 2, [x, y])
    >>> float(value), [float(slope) for slope in pull(keras.ops.array(10.0))]
    (9.0, [60.0, 0.0])
    """
    backend, framework = _current()
    if backend == "tensorflow":
        with framework.GradientTape(persistent=True) as tape:
            tape.watch(leaves)
            value = function(leaves)
        return value, lambda grad: _of_tape(framework, tape, value, leaves, grad)
    if backend == "torch":
        with framework.enable_grad():
            kept = [again and leaf.requires_grad for leaf in leaves]  # part of a larger graph
            leaves = [
                leaf if keep else leaf.detach().requires_grad_()
                for leaf, keep in zip(leaves, kept, strict=True)
            ]
            value = function(leaves)
        return (
            value if again else value.detach(),
            lambda grad: _of_graph(framework, value, leaves, grad, again),
        )
    value, pull = framework.vjp(function, leaves)
    return value, lambda grad: list(pull(grad)[0])


def value_and_gradients(
    function: Callable[[], tuple], variables: list, others: Sequence = ()
) -> tuple[tuple, list[Tensor]]:
    """What ``function()`` gives, and the gradients of its first part, a scalar.

    Args
        function: takes nothing and gives a tuple that starts with the scalar. It reads the
            variables where their layers hold them: layers are called as they are.
        variables: a list of Keras variables.
        others: further ones that the function reads or changes, such as the statistics of a batch
            norm. Only JAX wants to know: it differentiates functions of values, so that variables
            are values inside and get what became of them afterward.

    Returns
        (given, gradients): the tuple, and one tensor for each variable, zeros for those that the
        scalar does not depend on.

    Errors
        NotImplementedError: a backend other than TensorFlow, PyTorch and JAX.

    >>> x = keras.Variable([1.0, 2.0])
    >>> (loss,), (slope,) = value_and_gradients(lambda: (keras.ops.sum(x * x),), [x])
    >>> float(loss), keras.ops.convert_to_numpy(slope)
    (5.0, array([2., 4.], dtype=float32))
    """
    backend, framework = _current()
    values = [variable.value for variable in variables]
    if backend == "tensorflow":
        with framework.GradientTape() as tape:
            given = function()
        return given, _of_tape(framework, tape, given[0], values)
    if backend == "torch":
        given = function()
        return given, _of_graph(framework, given[0], values)
    return _of_values(framework, function, variables, others)


def _current():
    """The backend's name and its module."""
    backend = keras.backend.backend()
    if backend not in BACKENDS:
        expected = ", ".join(BACKENDS)
        raise NotImplementedError(
            f"gradients: expected a Keras backend of {expected}, got {backend}"
        )
    return backend, sys.modules[backend]


def _of_tape(tensorflow, tape, value, leaves, grad=None):
    found = tape.gradient(value, leaves, grad, unconnected_gradients="zero")
    # The gradient of a lookup names its rows; Adam would leave the other rows out.
    return [tensorflow.convert_to_tensor(gradient) for gradient in found]


def _of_graph(torch, value, leaves, grad=None, again=False):
    if not value.requires_grad:  # a constant
        return [torch.zeros_like(leaf) for leaf in leaves]
    options = {"retain_graph": True, "create_graph": again, "materialize_grads": True}
    return list(torch.autograd.grad(value, leaves, grad, **options))


def _of_values(jax, function, variables, others):
    held = [(variable, variable.value) for variable in others]

    def of(values):
        with keras.StatelessScope([*held, *zip(variables, values, strict=True)]) as scope:
            given = function()
        return given[0], (given, [scope.get_current_value(variable) for variable in others])

    values = [variable.value for variable in variables]
    (_, (given, changed)), gradients = jax.value_and_grad(of, has_aux=True)(values)
    for variable, value in zip(others, changed, strict=True):
        variable.assign(value)
    return given, gradients
