"""Plausible mistakes in what autoencoders are trained on, each of which the comparison catches."""

import dataclasses
import functools
import math

import numpy as np
import pytest

from mmref.concordance import FORMULAS
from tests.mutants import is_caught

torch = pytest.importorskip("torch")


def loss(outputs, targets, present=None, by_rows=True):
    """Or one that divides by all rows."""
    kept = torch.ones(len(outputs), dtype=bool) if present is None else present
    difference = torch.where(kept.reshape(-1, 1, 1, 1), outputs - targets, 0).square()
    count = kept.sum().clamp(min=1) if by_rows else len(outputs)
    return difference.sum() / (count * outputs[0].numel())


def with_nan(outputs, targets, present=None):
    """A product, not a selection: 0 * NaN is NaN."""
    kept = torch.ones(len(outputs)) if present is None else present.to(outputs)
    squares = (outputs - targets).square().flatten(1).mean(1)
    return (kept * squares).sum() / kept.sum().clamp(min=1)


def divergence(mean, log_variance, half=0.5, turned=False, deviation=1.0):
    s = log_variance * deviation
    if turned:  # the standard Gaussian from the row's
        return 0.5 * ((1 + mean.square()) * (-s).exp() - 1 + s).sum(1)
    return half * (mean.square() + s.exp() - 1 - s).sum(1)


def bound(outputs, targets, mean, log_variance, variance, beta, mean_of=False, constant=True,
          squared=False):  # fmt: skip
    v = variance**2 if squared else variance
    squares = (targets - outputs).square().flatten(1)
    squares = squares.mean(1) if mean_of else squares.sum(1)
    more = outputs[0].numel() * math.log(2 * math.pi * v) if constant else 0.0
    return -(squares / v + more) / 2 - beta * divergence(mean, log_variance)


def sample(mean, log_variance, noise, power=0.5):
    return mean + (power * log_variance).exp() * noise


def caught(name, function):
    def layer(_, arguments):
        options = {n: a for n, a in arguments.items() if not isinstance(a, np.ndarray)}
        options.pop("present", None)
        return functools.partial(function, **options)

    return is_caught(dataclasses.replace(FORMULAS[name], layer=layer, peers=()))


RIGHT = {
    "reconstruction_loss": loss,
    "gaussian_kl": divergence,
    "reparameterize": sample,
    "elbo": bound,
}
MUTANTS = [
    ("reconstruction_loss", {"by_rows": False}),
    ("gaussian_kl", {"half": 1.0}),
    ("gaussian_kl", {"turned": True}),
    ("gaussian_kl", {"deviation": 2.0}),  # taken for the logarithm of a deviation
    ("reparameterize", {"power": 1.0}),
    ("elbo", {"mean_of": True}),
    ("elbo", {"constant": False}),
    ("elbo", {"squared": True}),
]


@pytest.mark.parametrize("name", RIGHT)
def test_the_other_routes_are_right(name):
    assert not caught(name, RIGHT[name])


@pytest.mark.parametrize(("name", "mistake"), MUTANTS)
def test_a_mutant_is_caught(name, mistake):
    assert caught(name, functools.partial(RIGHT[name], **mistake))


def test_a_product_with_absent_rows_is_caught():
    assert caught("reconstruction_loss", with_nan)
