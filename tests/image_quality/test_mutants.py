"""Plausible mistakes in judging images, each of which the comparison must catch."""

import dataclasses
import functools

import numpy as np
import pytest

from mmref.concordance import FORMULAS
from tests.mutants import is_caught

torch = pytest.importorskip("torch")


def similarity(images, targets, data_range, size, deviation, k=(0.01, 0.03), flat=False, more=1.0):
    """By convolution: another route, on which each mistake is one word."""
    offsets = torch.arange(size).to(images) - (size - 1) / 2
    weights = torch.exp(-(offsets**2) / (2 * deviation**2))
    weights = torch.ones_like(weights) if flat else weights
    kernel = torch.outer(weights, weights) / weights.sum() ** 2
    kernel = kernel.expand(images.shape[1], 1, size, size)

    def mean(a):
        return torch.nn.functional.conv2d(a, kernel, groups=a.shape[1])

    c_1, c_2 = ((share * data_range) ** 2 for share in k)
    m, n = mean(images), mean(targets)
    v, w = mean(images**2) - m**2, mean(targets**2) - n**2
    c = mean(images * targets) - m * n
    brightness = (2 * m * n + c_1) / (m**2 + n**2 + c_1)
    pattern = (2 * more * c + c_2) / (more * (v + w) + c_2)
    return (brightness * pattern).mean(dim=(1, 2, 3))


def ratio(images, targets, data_range, power=2, factor=10.0, each=True):
    error = (images - targets).square().flatten(1)
    error = error.mean(1) if each else error.mean().expand(len(images))
    return factor * torch.log10(data_range**power / error)


def caught(name, function):
    def layer(_, arguments):
        options = {n: a for n, a in arguments.items() if not isinstance(a, np.ndarray)}
        return functools.partial(function, **options)

    return is_caught(dataclasses.replace(FORMULAS[name], layer=layer, peers=()))


def test_the_other_routes_are_right():
    assert not caught("structural_similarity", similarity)
    assert not caught("peak_signal_to_noise_ratio", ratio)


@pytest.mark.parametrize(
    "mistake",
    [
        {"k": (0.03, 0.01)},
        {"k": (0.0, 0.0)},
        {"flat": True},
        {"more": 25 / 24},  # over N - 1, as some libraries have it
    ],
)
def test_a_mutated_similarity_is_caught(mistake):
    assert caught("structural_similarity", functools.partial(similarity, **mistake))


@pytest.mark.parametrize("mistake", [{"power": 1}, {"factor": 20.0}, {"each": False}])
def test_a_mutated_ratio_is_caught(mistake):
    assert caught("peak_signal_to_noise_ratio", functools.partial(ratio, **mistake))
