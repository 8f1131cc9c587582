"""Plausible mistakes in batch norm, each of which must be caught."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mmref.concordance import FORMULAS  # noqa: E402
from mmref.reference import normalization  # noqa: E402
from tests.convolution.mutating import is_caught, mutated  # noqa: E402


def _normalized(images, scale, shift, mean, variance, epsilon, axes=(0, 2, 3)):
    def wide(a):
        return a if a.ndim == 4 else a[:, None, None]

    if mean is None:
        mean = images.mean(axes, keepdim=True)
        variance = images.var(axes, correction=0, keepdim=True)
    return wide(scale) * (images - wide(mean)) / torch.sqrt(wide(variance) + epsilon) + wide(shift)


def right(images, scale, shift, mean=None, variance=None, epsilon=1e-5):
    return _normalized(images, scale, shift, mean, variance, epsilon)


def unbiased(images, scale, shift, mean=None, variance=None, epsilon=1e-5):
    if mean is None:
        mean, variance = images.mean((0, 2, 3)), images.var((0, 2, 3))
    return _normalized(images, scale, shift, mean, variance, epsilon)


def epsilon_outside_the_root(images, scale, shift, mean=None, variance=None, epsilon=1e-5):
    mean = images.mean((0, 2, 3)) if mean is None else mean
    variance = images.var((0, 2, 3), correction=0) if variance is None else variance
    return _normalized(images, scale, shift, mean, (variance.sqrt() + epsilon) ** 2, 0.0)


def epsilon_fixed(images, scale, shift, mean=None, variance=None, epsilon=1e-5):
    return _normalized(images, scale, shift, mean, variance, 1e-5)


def over_each_image(images, scale, shift, mean=None, variance=None, epsilon=1e-5):
    return _normalized(images, scale, shift, mean, variance, epsilon, axes=(2, 3))


def over_the_batch_alone(images, scale, shift, mean=None, variance=None, epsilon=1e-5):
    return _normalized(images, scale, shift, mean, variance, epsilon, axes=(0,))


def statistics_detached(images, scale, shift, mean=None, variance=None, epsilon=1e-5):
    if mean is None:
        mean = images.mean((0, 2, 3)).detach()
        variance = images.var((0, 2, 3), correction=0).detach()
    return _normalized(images, scale, shift, mean, variance, epsilon)


def stored_statistics_ignored(images, scale, shift, mean=None, variance=None, epsilon=1e-5):
    kept = 0 if mean is None else 0 * (mean.sum() + variance.sum())
    return _normalized(images, scale, shift, None, None, epsilon) + kept


def deviation_for_variance(images, scale, shift, mean=None, variance=None, epsilon=1e-5):
    variance = None if variance is None else variance**2
    if mean is None:
        mean, variance = images.mean((0, 2, 3)), images.var((0, 2, 3), correction=0) ** 2
    return _normalized(images, scale, shift, mean, variance, epsilon)


def scale_before_the_mean(images, scale, shift, mean=None, variance=None, epsilon=1e-5):
    return scale[:, None, None] * right(images, scale**0, shift, mean, variance, epsilon)


NORMS = {
    "batch_norm": [
        unbiased,
        epsilon_outside_the_root,
        epsilon_fixed,
        over_each_image,
        over_the_batch_alone,
        statistics_detached,
        deviation_for_variance,
        scale_before_the_mean,
    ],
    "batch_norm_stored": [
        stored_statistics_ignored,
        epsilon_outside_the_root,
        epsilon_fixed,
        deviation_for_variance,
        scale_before_the_mean,
    ],
}


@pytest.mark.parametrize(("name", "mutant"), [(n, m) for n, ms in NORMS.items() for m in ms])
def test_a_mutated_batch_norm_is_caught(name, mutant):
    assert is_caught(mutated(name, "batch_norm", mutant))


@pytest.mark.parametrize("name", NORMS)
def test_the_batch_norm_that_mutants_are_made_from_is_right(name):
    assert not is_caught(mutated(name, "batch_norm", right))


def mean_is_a_constant(grad, images, scale, shift, mean, variance, epsilon):
    found = normalization.batch_norm_gradient(grad, images, scale, shift, mean, variance, epsilon)
    if mean is None:
        along = grad.mean(axis=(0, 2, 3), keepdims=True)
        ratio = scale / np.sqrt(images.var(axis=(0, 2, 3)) + epsilon)
        found = (found[0] + ratio[:, None, None] * along, *found[1:])
    return found


GRADIENTS = {
    "batch_norm": [mean_is_a_constant],
}


@pytest.mark.parametrize(("name", "mutant"), [(n, m) for n, ms in GRADIENTS.items() for m in ms])
def test_a_mutated_gradient_is_caught(name, mutant):
    def gradient(grad, **arguments):
        return mutant(grad, *arguments.values())

    assert is_caught(dataclasses.replace(FORMULAS[name], gradient=gradient))
