"""Plausible mistakes in convolution, each of which must be caught; and one that ONNX misses."""

import copy
import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import mmref.torch as wing  # noqa: E402
from mmref.concordance import FORMULAS, compare  # noqa: E402
from mmref.contract.convolution import Window  # noqa: E402
from mmref.reference import convolution  # noqa: E402
from mmref.torch.convolution import unfold  # noqa: E402
from tests.convolution.mutating import is_caught, mutated  # noqa: E402

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


BASES = {
    "conv2d": (
        "Conv2d",
        Steps,
        [m for m in Steps.__subclasses__() if m is not WindowChanged]
        + WindowChanged.__subclasses__(),
    ),
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


def test_a_convolution_whose_window_does_not_change_is_right():
    assert not is_caught(mutated("conv2d", "Conv2d", WindowChanged))


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
