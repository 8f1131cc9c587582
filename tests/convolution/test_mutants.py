"""Plausible mistakes in convolution, pooling and batch norm, each of which must be caught."""

import copy
import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import mmref.torch as wing  # noqa: E402
from mmref.concordance import FORMULAS, compare  # noqa: E402
from mmref.contract.convolution import Window  # noqa: E402
from mmref.reference import convolution, normalization, pooling  # noqa: E402
from mmref.torch.convolution import unfold  # noqa: E402

F = torch.nn.functional


class Steps(wing.Conv2d):
    """Convolution in steps that a mutant can replace one at a time."""

    def seen(self, images):
        return unfold(images, self.window)

    def matrix(self):
        return self.weight

    def group(self, columns):
        return columns.reshape(len(columns), self.groups, -1, columns.shape[-1])

    def add(self, y):
        return y if self.bias is None else y + self.bias[:, None, None]

    def forward(self, images):
        columns, places = self.seen(images)
        columns = self.group(columns)
        y = self.matrix().reshape(self.groups, -1, columns.shape[2]) @ columns
        return self.add(y.reshape(len(images), -1, *places))


class KernelFlipped(Steps):
    def matrix(self):
        return self.weight.flip(2, 3)


class KernelFlippedOnOneAxis(Steps):
    def matrix(self):
        return self.weight.flip(3)


class KernelReadByColumns(Steps):
    def matrix(self):
        return self.weight.transpose(2, 3).contiguous()


class ChannelsReversed(Steps):
    def matrix(self):
        return self.weight.flip(1)


class GroupsInterleaved(Steps):
    """Channels dealt out like cards, c to group c modulo G, not cut into blocks."""

    def group(self, columns):
        dealt = columns.reshape(len(columns), -1, self.groups, *columns.shape[2:]).transpose(1, 2)
        return super().group(dealt.reshape(columns.shape))


class WindowChanged(Steps):
    def change(self, stride, padding, dilation):
        return stride, padding, dilation

    def seen(self, images):
        window = self.window
        padding = window.pads(images.shape[2:])
        changed = self.change(window.stride, padding, window.dilation)
        return unfold(images, Window(window.size, *changed))


class OddRowOnTop(WindowChanged):
    def change(self, stride, padding, dilation):
        if self.window.padding == "same":
            padding = tuple(amounts[::-1] for amounts in padding)
        return stride, padding, dilation


class TopAndBottomSwapped(WindowChanged):
    def change(self, stride, padding, dilation):
        return stride, tuple(amounts[::-1] for amounts in padding), dilation


class RowsForColumns(WindowChanged):
    def change(self, stride, padding, dilation):
        return stride, padding[::-1], dilation


class StrideOfRowsForBoth(WindowChanged):
    def change(self, stride, padding, dilation):
        return stride[0], padding, dilation


class DilationIgnored(WindowChanged):
    """The window keeps its extent, so that the shape is right."""

    def change(self, stride, padding, dilation):
        more = [(n - 1) * (d - 1) for n, d in zip(self.window.size, dilation, strict=True)]
        cut = [(a, b - m) for (a, b), m in zip(padding, more, strict=True)]
        return stride, [(a, max(b, 0)) for a, b in cut], 1


class PaddedWithTheBorder(Steps):
    def seen(self, images):
        (rows, columns), _ = self.window.place(*images.shape[2:])
        padded = F.pad(images, (*columns, *rows), mode="replicate")
        valid = copy.copy(self.window)
        valid.padding = "valid"
        return unfold(padded, valid)


class BiasAlongTheLastAxis(Steps):
    """What an addition without new axes does, where it does not fail."""

    def add(self, y):
        if self.bias is None or y.shape[3] != y.shape[1]:
            return super().add(y)
        return y + self.bias


class BiasDetached(Steps):
    def add(self, y):
        return y if self.bias is None else y + self.bias.detach()[:, None, None]


class BiasTwice(Steps):
    def add(self, y):
        return super().add(super().add(y))


class ImageDetached(Steps):
    def seen(self, images):
        columns, places = super().seen(images)
        return columns.detach() + 0 * columns, places


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


def mutated(name, layer_name, mutant):
    formula = FORMULAS[name]

    def layer(_, arguments):
        return formula.layer(SimpleNamespace(**{layer_name: mutant}), arguments)

    return dataclasses.replace(formula, layer=layer, peers=())


BASES = {
    "conv2d": ("Conv2d", Steps, [*Steps.__subclasses__(), *WindowChanged.__subclasses__()]),
    "max_pool2d": ("MaxPool2d", MaxSteps, MaxSteps.__subclasses__()),
    "avg_pool2d": ("AvgPool2d", AvgSteps, AvgSteps.__subclasses__()),
}


def is_caught(formula, dtype="float64"):
    try:
        with np.errstate(all="ignore"):
            return not all(row.ok for row in compare(formula, "torch", dtype))
    except RuntimeError as error:  # a result of another shape
        return "shape" in str(error)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("name", "mutant"),
    [(n, m) for n, (_, _, mutants) in BASES.items() for m in mutants if m is not WindowChanged],
)
def test_a_mutated_layer_is_caught(name, mutant, dtype):
    assert is_caught(mutated(name, BASES[name][0], mutant), dtype)


@pytest.mark.parametrize(
    ("name", "base"), [(n, b) for n, (_, b, _) in BASES.items()] + [("conv2d", WindowChanged)]
)
def test_what_mutants_are_made_from_is_right(name, base):
    assert not is_caught(mutated(name, BASES[name][0], base))


# ---- batch norm, a function ----


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


# ---- gradients of the reference ----


def image_gradient_without_flipping(grad, images, weight, bias, *options):
    flipped = weight[:, :, ::-1, ::-1]
    d_images = convolution.conv2d_gradient(grad, images, flipped, bias, *options)[0]
    return d_images, *convolution.conv2d_gradient(grad, images, weight, bias, *options)[1:]


def image_gradient_ignoring_the_stride(grad, images, weight, bias, stride, padding, *options):
    """The rows of g side by side, not s apart, as if the stride were 1."""
    rest = convolution.conv2d_gradient(grad, images, weight, bias, stride, padding, *options)[1:]
    view = convolution.conv2d(images, weight, bias, 1, padding, *options)
    spread = np.zeros(view.shape)
    spread[:, :, : grad.shape[2], : grad.shape[3]] = grad
    d_images, *_ = convolution.conv2d_gradient(spread, images, weight, bias, 1, padding, *options)
    return d_images, *rest


def image_gradient_shifted(grad, *arguments):
    d_images, *rest = convolution.conv2d_gradient(grad, *arguments)
    return np.roll(d_images, 1, axis=2), *rest


def weight_gradient_flipped(grad, *arguments):
    d_images, d_weight, *rest = convolution.conv2d_gradient(grad, *arguments)
    return d_images, d_weight[:, :, ::-1, ::-1], *rest


def weight_gradient_averaged(grad, *arguments):
    d_images, d_weight, *rest = convolution.conv2d_gradient(grad, *arguments)
    return d_images, d_weight / len(grad), *rest


def weight_gradient_of_the_first_image(grad, images, *arguments):
    d_images, _, *rest = convolution.conv2d_gradient(grad, images, *arguments)
    return d_images, convolution.conv2d_gradient(grad[:1], images[:1], *arguments)[1], *rest


def bias_gradient_averaged(grad, images, weight, bias, *options):
    found = list(convolution.conv2d_gradient(grad, images, weight, bias, *options))
    if bias is not None:
        found[2] = grad.mean(axis=(0, 2, 3))
    return tuple(found)


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


def mean_is_a_constant(grad, images, scale, shift, mean, variance, epsilon):
    found = normalization.batch_norm_gradient(grad, images, scale, shift, mean, variance, epsilon)
    if mean is None:
        along = grad.mean(axis=(0, 2, 3), keepdims=True)
        ratio = scale / np.sqrt(images.var(axis=(0, 2, 3)) + epsilon)
        found = (found[0] + ratio[:, None, None] * along, *found[1:])
    return found


GRADIENTS = {
    "conv2d": [
        image_gradient_without_flipping,
        image_gradient_ignoring_the_stride,
        image_gradient_shifted,
        weight_gradient_flipped,
        weight_gradient_averaged,
        weight_gradient_of_the_first_image,
        bias_gradient_averaged,
    ],
    "max_pool2d": [tie_shared, last_window_wins],
    "avg_pool2d": [spread_over_the_padding],
    "batch_norm": [mean_is_a_constant],
}


@pytest.mark.parametrize(("name", "mutant"), [(n, m) for n, ms in GRADIENTS.items() for m in ms])
def test_a_mutated_gradient_is_caught(name, mutant):
    def gradient(grad, **arguments):
        return mutant(grad, *arguments.values())

    assert is_caught(dataclasses.replace(FORMULAS[name], gradient=gradient))


# ---- published vectors can be blind ----


def flipped_conv2d(images, weight, bias=None, *options, **more):
    """Convolution as mathematics defines it, which is not what networks compute."""
    return convolution.conv2d(images, weight[:, :, ::-1, ::-1], bias, *options, **more)


def test_a_flipped_kernel_passes_every_onnx_case_and_is_caught_here():
    pytest.importorskip("onnx")
    formula = dataclasses.replace(FORMULAS["conv2d"], reference=flipped_conv2d, peers=())
    (row,) = compare(formula, "numpy", "float32")
    assert "(6 cases)" in row.implementation and row.ok  # their kernels are all ones
    assert is_caught(formula)


def test_the_reasons_why_onnx_is_blind():
    pytest.importorskip("onnx")
    for arguments, _ in FORMULAS["conv2d"].vectors[0].load():
        assert (arguments["weight"] == 1).all() and arguments["images"].shape[:2] == (1, 1)
