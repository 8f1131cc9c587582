"""Plausible mistakes in credit for parts of an input, each of which the comparison must catch."""

import dataclasses
import functools
from itertools import permutations

import numpy as np
import pytest

from mmref.concordance import FORMULAS
from tests.mutants import is_caught

torch = pytest.importorskip("torch")


def by_orders(values, orders=permutations, top=False, first=False):
    """Order by order; or only some orders, the highest bit for the first, or the first gain."""
    count = values.shape[1].bit_length() - 1
    total, taken = [0.0] * count, list(orders(range(count)))
    for order in taken:
        column = 0
        for i in order:
            bit = 1 << (count - 1 - i if top else i)
            before = 0 if first else column
            total[i] = total[i] + values[:, before | bit] - values[:, before]
            column |= bit
    return torch.stack(total, dim=1) / len(taken)


def one_order(members):
    return [tuple(members)]


def mapped(activations, slopes, pool=torch.mean, rectify=torch.relu, constant=False):
    weights = pool(slopes, (2, 3))
    weights = weights.detach() if constant else weights
    return rectify(torch.einsum("bc,bchw->bhw", weights, activations))


def along(
    inputs, baselines, weight, bias, output, steps=1, shift=0.5, end=1.0, whole=False, cut=False
):
    total = 0
    for s in range(steps):
        x = baselines + (s + shift) / steps * end * (inputs - baselines)
        h = torch.tanh(x @ weight.T + bias)
        total = total + (output * (1 - h**2)) @ weight
    total = total.detach() if cut else total
    return (inputs if whole else inputs - baselines) * total / steps


def caught(name, function):
    def layer(_, arguments):
        options = {n: a for n, a in arguments.items() if not isinstance(a, np.ndarray)}
        return functools.partial(function, **options)

    return is_caught(dataclasses.replace(FORMULAS[name], layer=layer, peers=()))


ROUTES = {"shapley_values": by_orders, "grad_cam": mapped, "integrated_gradients": along}
MUTANTS = [
    ("shapley_values", {"orders": one_order}),
    ("shapley_values", {"top": True}),
    ("shapley_values", {"first": True}),
    ("grad_cam", {"pool": torch.sum}),
    ("grad_cam", {"pool": torch.amax}),
    ("grad_cam", {"rectify": torch.abs}),
    ("grad_cam", {"rectify": lambda x: x}),
    ("grad_cam", {"constant": True}),
    ("integrated_gradients", {"shift": 0.0}),
    ("integrated_gradients", {"shift": 1.0}),
    ("integrated_gradients", {"end": 0.9}),
    ("integrated_gradients", {"whole": True}),
    ("integrated_gradients", {"cut": True}),
]


@pytest.mark.parametrize("name", ROUTES)
def test_the_other_routes_are_right(name):
    assert not caught(name, functools.partial(ROUTES[name]))


@pytest.mark.parametrize(
    ("name", "mistake"), MUTANTS, ids=[f"{name}-{n}" for n, (name, _) in enumerate(MUTANTS)]
)
def test_a_mutant_is_caught(name, mistake):
    assert caught(name, functools.partial(ROUTES[name], **mistake))
