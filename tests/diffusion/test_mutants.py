"""Plausible mistakes in diffusion, each of which the comparison catches."""

import dataclasses
import functools

import numpy as np
import pytest

from mmref.concordance import FORMULAS
from tests.mutants import is_caught

torch = pytest.importorskip("torch")


def wide(share):
    return share.reshape(-1, 1, 1, 1)


def diffused(clean, noise, alpha_bar, power=0.5, turned=False):
    a = wide(1 - alpha_bar if turned else alpha_bar)
    return a**power * clean + (1 - a) ** power * noise


def velocity(clean, noise, alpha_bar, sign=-1.0):
    return wide(alpha_bar).sqrt() * noise + sign * (1 - wide(alpha_bar)).sqrt() * clean


def step(noisy, clean, alpha_bar, alpha_bar_previous, noise=None, eta=0.0, held=1.0,
         squared=False, detached=False):  # fmt: skip
    a, b = wide(alpha_bar), wide(alpha_bar_previous)
    drawn = (noisy - a.sqrt() * clean) / (1 - a).sqrt()
    drawn = drawn.detach() if detached else drawn
    variance = eta ** (1 if squared else 2) * (1 - b) / (1 - a) * (1 - a / b)
    rest = (1 - b - held * variance).sqrt() * drawn
    return b.sqrt() * clean + rest + (0 if noise is None else variance.sqrt() * noise)


def mean(noisy, clean, alpha_bar, alpha_bar_previous, swapped=False):
    a, b = wide(alpha_bar), wide(alpha_bar_previous)
    first, second = (noisy, clean) if swapped else (clean, noisy)
    return (b.sqrt() * (1 - a / b) * first + (a / b).sqrt() * (1 - b) * second) / (1 - a)


def variance(alpha_bar, alpha_bar_previous, of_beta=False):
    beta = 1 - alpha_bar / alpha_bar_previous  # also possible, and not the posterior's
    return beta if of_beta else (1 - alpha_bar_previous) / (1 - alpha_bar) * beta


def guided(conditional, unconditional, scale, more=0.0):
    return unconditional + (scale + more) * (conditional - unconditional)


def caught(name, function):
    def layer(_, arguments):
        options = {n: a for n, a in arguments.items() if not isinstance(a, np.ndarray)}
        return functools.partial(function, **options)

    return is_caught(dataclasses.replace(FORMULAS[name], layer=layer, peers=()))


RIGHT = {
    "diffused": diffused,
    "velocity": velocity,
    "ddim_step": step,
    "posterior_mean": mean,
    "posterior_variance": variance,
    "guided": guided,
}
MUTANTS = [
    ("diffused", {"power": 1.0}),
    ("diffused", {"turned": True}),
    ("velocity", {"sign": 1.0}),
    ("ddim_step", {"held": 0.0}),
    ("ddim_step", {"squared": True}),
    ("ddim_step", {"detached": True}),
    ("posterior_mean", {"swapped": True}),
    ("posterior_variance", {"of_beta": True}),
    ("guided", {"more": 1.0}),  # the paper's scale
]


@pytest.mark.parametrize("name", RIGHT)
def test_the_other_routes_are_right(name):
    assert not caught(name, RIGHT[name])


@pytest.mark.parametrize(("name", "mistake"), MUTANTS)
def test_a_mutant_is_caught(name, mistake):
    assert caught(name, functools.partial(RIGHT[name], **mistake))
