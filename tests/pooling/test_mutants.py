"""Plausible mistakes in pooling, each of which must be caught."""

import copy
import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import mmref.torch as wing  # noqa: E402
from mmref.concordance import FORMULAS  # noqa: E402
from mmref.reference import pooling  # noqa: E402
from mmref.torch.convolution import unfold  # noqa: E402
from tests.convolution.mutating import is_caught, mutated  # noqa: E402


class MaxSteps(wing.MaxPool2d):
    mode = "replicate"

    def seen(self, images):
        return unfold(images, self.window, self.mode)

    def reduce(self, seen):
        return seen.max(dim=2).values

    def forward(self, images):
        seen, places = self.seen(images)
        return self.reduce(seen).unflatten(2, places)


class PaddedWithZeros(MaxSteps):
    mode = "constant"  # zeros


class TieShared(MaxSteps):
    def reduce(self, seen):
        return seen.amax(dim=2)


class LastOfEquals(MaxSteps):
    def reduce(self, seen):
        return seen.flip(2).max(dim=2).values


class MinForMax(MaxSteps):
    def reduce(self, seen):
        return seen.min(dim=2).values


class SmoothMaximum(MaxSteps):
    def reduce(self, seen):
        return torch.logsumexp(1e4 * seen, dim=2) / 1e4


class PoolOddRowOnTop(MaxSteps):
    def seen(self, images):
        changed = copy.copy(self.window)
        changed.padding = self.window.pads(images.shape[2:])
        if self.window.padding == "same":
            changed.padding = tuple((b, a) for a, b in changed.padding)
        return unfold(images, changed, self.mode)


class AvgSteps(wing.AvgPool2d):
    def counts(self, images, seen):
        if self.count_padding:
            return seen.shape[2]
        return unfold(torch.ones_like(images[:1, :1]), self.window)[0].sum(dim=2)

    def forward(self, images):
        seen, places = unfold(images, self.window)
        return (seen.sum(dim=2) / self.counts(images, seen)).unflatten(2, places)


class AlwaysCounted(AvgSteps):
    def counts(self, images, seen):
        return seen.shape[2]


class NeverCounted(AvgSteps):
    def counts(self, images, seen):
        return unfold(torch.ones_like(images[:1, :1]), self.window)[0].sum(dim=2)


class ZerosNotCounted(AvgSteps):
    """A pixel that happens to be negative is taken for padding."""

    def counts(self, images, seen):
        return (seen > 0).sum(dim=2).clamp(min=1)


BASES = {
    "max_pool2d": ("MaxPool2d", MaxSteps, MaxSteps.__subclasses__()),
    "avg_pool2d": ("AvgPool2d", AvgSteps, AvgSteps.__subclasses__()),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("name", "mutant"),
    [(n, m) for n, (_, _, mutants) in BASES.items() for m in mutants],
)
def test_a_mutated_layer_is_caught(name, mutant, dtype):
    assert is_caught(mutated(name, BASES[name][0], mutant), dtype)


@pytest.mark.parametrize(("name", "base"), [(n, b) for n, (_, b, _) in BASES.items()])
def test_what_mutants_are_made_from_is_right(name, base):
    assert not is_caught(mutated(name, BASES[name][0], base))


def tie_shared(grad, images, size, stride, padding):
    leaf = torch.tensor(images, requires_grad=True)
    TieShared(size, stride, padding)(leaf).backward(torch.tensor(grad))
    return (leaf.grad.numpy(),)


def last_window_wins(grad, images, size, stride, padding):
    """Where windows overlap, the gradient is set, not added."""
    (d_images,) = pooling.max_pool2d_gradient(np.ones_like(grad), images, size, stride, padding)
    (added,) = pooling.max_pool2d_gradient(grad, images, size, stride, padding)
    return (added / np.maximum(d_images, 1),)


def spread_over_the_padding(grad, images, size, stride, padding, count_padding):
    return pooling.avg_pool2d_gradient(grad, images, size, stride, padding, True)


GRADIENTS = {
    "max_pool2d": [tie_shared, last_window_wins],
    "avg_pool2d": [spread_over_the_padding],
}


@pytest.mark.parametrize(("name", "mutant"), [(n, m) for n, ms in GRADIENTS.items() for m in ms])
def test_a_mutated_gradient_is_caught(name, mutant):
    def gradient(grad, **arguments):
        return mutant(grad, *arguments.values())

    assert is_caught(dataclasses.replace(FORMULAS[name], gradient=gradient))
