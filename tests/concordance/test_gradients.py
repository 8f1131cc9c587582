"""Gradients against finite differences: the reference's, and PyTorch's first and second."""

import numpy as np
import pytest

from mmref import convert
from mmref.concordance import FORMULAS
from mmref.concordance.compare import differentiable, flat

STEP = 1e-6
# Where nothing has come yet, the slope of g / (|g| + epsilon) changes within a step.
ROUGH = {"no gradient": 1e-3}
# One random direction through all numbers at once, which takes seconds where one number after the
# other takes minutes; the bounds are so tight that one wrong number among them shows.
DIRECTION = {"fast_mode": True, "atol": 1e-9, "rtol": 1e-7}

# Gradients by definition: that of a staircase is 0, or there is none.
DEFINED = ("quantized",)
DERIVED = [name for name in FORMULAS if name not in DEFINED]


def central_difference(loss, array):
    slopes = np.zeros(array.shape)
    for index in np.ndindex(array.shape):
        here = array[index]
        array[index] = here + STEP
        up = loss()
        array[index] = here - STEP
        slopes[index] = (up - loss()) / (2 * STEP)
        array[index] = here
    return slopes


@pytest.mark.parametrize("name", DERIVED)
def test_the_references_gradient(name):
    formula = FORMULAS[name]
    for sample, draw in formula.samples.items():
        if sample == "ties":  # where two pixels share the maximum there is no derivative
            continue
        rng = np.random.default_rng(1)
        arguments = draw(rng)
        if "scores" in arguments:  # 1e4 + step loses too many digits for a difference quotient
            arguments["scores"] = np.where(
                np.abs(arguments["scores"]) > 100, arguments["scores"] - 1e4, arguments["scores"]
            )
        grad = rng.normal(size=formula.reference(**arguments).shape)
        gradients = formula.gradient(grad, **arguments)
        leaves = flat(arguments)
        by_name = dict(zip(differentiable(arguments), gradients, strict=True))
        for leaf, found in flat(by_name).items():
            slopes = central_difference(
                lambda a=arguments, g=grad: np.sum(g * formula.reference(**a)), leaves[leaf]
            )
            rtol = ROUGH.get(sample, 1e-7)
            np.testing.assert_allclose(found, slopes, rtol, 1e-8, err_msg=f"{sample}: {leaf}")


@pytest.mark.parametrize("name", [name for name in DERIVED if FORMULAS[name].layer])
def test_torch_gradcheck_and_gradgradcheck(name):
    torch = pytest.importorskip("torch")
    from torch.nn.attention import SDPBackend, sdpa_kernel

    import mmref.torch

    formula = FORMULAS[name]
    for sample in list(formula.samples)[:2]:  # finite differences cannot step off a NaN
        arguments = formula.samples[sample](np.random.default_rng(2))
        layer = formula.layer(mmref.torch, arguments)
        leaves = flat(arguments)
        held = {n: a for n, a in leaves.items() if n.partition(".")[0] in formula.weights}
        names, tensors = [], []
        if held:
            convert.set_arrays(layer.double(), held)
            names = [n for n, _ in layer.named_parameters()]
            tensors = [p.detach().clone().requires_grad_() for p in layer.parameters()]
        given = {n: torch.tensor(a) for n, a in leaves.items() if n not in held}
        floating = [n for n, t in given.items() if t.is_floating_point()]
        tensors += [given[n].requires_grad_() for n in floating]

        def function(*values, layer=layer, names=names, given=given, floating=floating):
            state = dict(zip(names, values, strict=False))
            inputs = given | dict(zip(floating, values[len(names) :], strict=True))
            if not names:
                return layer(**convert.arguments(inputs))
            return torch.func.functional_call(layer, state, (), convert.arguments(inputs))

        assert torch.autograd.gradcheck(function, tensors, **DIRECTION)
        # PyTorch's one-kernel attention has no second derivative; its attention by steps has.
        with sdpa_kernel(SDPBackend.MATH):
            assert torch.autograd.gradgradcheck(function, tensors, **DIRECTION)


@pytest.mark.parametrize("order", ["gradcheck", "gradgradcheck"])
def test_one_wrong_derivative_among_many_is_told(order):
    """Of 400 numbers one has a first derivative, or a second, that is one percent too large."""
    torch = pytest.importorskip("torch")
    factor = torch.ones(400, dtype=torch.float64)
    factor[123] = 1.01

    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            right = 3 * x**2
            wrong = factor * right
            # The same value, but the derivative of the wrong one.
            return grad * (
                wrong if order == "gradcheck" else right.detach() + wrong - wrong.detach()
            )

    check = getattr(torch.autograd, order)
    x = torch.linspace(1, 2, 400, dtype=torch.float64, requires_grad=True)
    assert check(lambda x: x**3, x, **DIRECTION)
    assert not check(Cube.apply, x, **DIRECTION, raise_exception=False)
