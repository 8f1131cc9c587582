"""Our own layers pass the exercises on layers, in both frameworks; wrong ones are told why not."""

import pytest

from mmref.check import check
from mmref.check._registry import NAMES, load
from mmref.check.layer_exercise import LayerExercise

torch = pytest.importorskip("torch")
pytest.importorskip("keras")

from mmref import keras as keras_wing  # noqa: E402  (it silences TensorFlow)
from mmref import torch as torch_wing  # noqa: E402

ops, F = keras_wing.keras.ops, torch.nn.functional
LAYERS = [name for name in NAMES if isinstance(load(name), LayerExercise)]


@pytest.mark.parametrize("wing", [torch_wing, keras_wing], ids=["torch", "keras"])
@pytest.mark.parametrize("name", LAYERS)
def test_our_own_layer_passes(name, wing):
    result = check(getattr(wing, load(name).name), name)
    assert result.passed, result


class TorchNorm(torch_wing.LayerNorm):
    """Layer norm whose deviation a wrong one replaces."""

    def forward(self, x):
        centered = x - x.mean(dim=-1, keepdim=True)
        return self.scale * centered / self.deviation(x) + self.shift


class TorchNormUnbiased(TorchNorm):
    def deviation(self, x):
        return torch.sqrt(x.var(dim=-1, keepdim=True) + self.epsilon)


class TorchNormDetached(TorchNorm):
    def deviation(self, x):
        variance = x.var(dim=-1, keepdim=True, unbiased=False)
        return torch.sqrt(variance + self.epsilon).detach()


class TorchNormZeros(torch_wing.LayerNorm):
    def __init__(self, *args):
        super().__init__(*args)
        torch.nn.init.zeros_(self.scale)


class KerasNorm(keras_wing.LayerNorm):
    """The same on keras.ops."""

    def call(self, x):
        centered = x - ops.mean(x, axis=-1, keepdims=True)
        return self.scale * centered / self.deviation(centered) + self.shift


class KerasNormUnbiased(KerasNorm):
    def deviation(self, centered):
        variance = ops.sum(centered**2, axis=-1, keepdims=True) / (self.dim - 1)
        return ops.sqrt(variance + self.epsilon)


class KerasNormDetached(KerasNorm):
    def deviation(self, centered):
        variance = ops.mean(centered**2, axis=-1, keepdims=True)
        return ops.stop_gradient(ops.sqrt(variance + self.epsilon))


class TorchConv(torch_wing.Conv2d):
    """Convolution by PyTorch's own function, whose kernels a wrong one replaces."""

    def forward(self, images):
        window = self.window
        return F.conv2d(images, self.kernels(), self.bias, window.stride, window.padding[0][0])


class TorchConvFlipped(TorchConv):
    def kernels(self):
        return self.weight.flip(2, 3)


class TorchConvDetached(TorchConv):
    def kernels(self):
        return self.weight.detach()


class KerasConv(keras_wing.Conv2d):
    """Convolution by keras.ops, whose padding and kernels a wrong one replaces."""

    mode = "constant"

    def call(self, images):
        padded = ops.pad(images, ((0, 0), *self.window.padding, (0, 0)), mode=self.mode)
        y = ops.conv(padded, self.kernels(), self.window.stride, data_format="channels_last")
        return y + self.bias

    def kernels(self):
        return self.kernel


class KerasConvFlipped(KerasConv):
    def kernels(self):
        return ops.flip(self.kernel, (0, 1))


class KerasConvBordered(KerasConv):
    mode = "symmetric"


class KerasConvSummed(keras_wing.Conv2d):
    def call(self, images):
        return ops.sum(super().call(images))


WRONG = [
    ("layer_norm_layer", TorchNormUnbiased, "result[0, 0, 0]"),
    ("layer_norm_layer", TorchNormDetached, "gradient of x", "The value is right"),
    ("layer_norm_layer", TorchNormZeros, "scale: expected 1 in a new layer, got 0"),
    ("layer_norm_layer", KerasNormUnbiased, "result[0, 0, 0]"),
    ("layer_norm_layer", KerasNormDetached, "gradient of x", "The value is right"),
    ("conv2d_layer", TorchConvFlipped, "That is convolution as mathematics defines it"),
    ("conv2d_layer", TorchConvDetached, "the gradient of weight is missing"),
    ("conv2d_layer", KerasConvFlipped, "That is convolution as mathematics defines it"),
    ("conv2d_layer", KerasConvBordered, "a padding of 1", "Outside the image there are zeros"),
    ("conv2d_layer", KerasConvSummed, "got ()", "A single number"),
]


@pytest.mark.parametrize("name, layer, words", [(n, c, w) for n, c, *w in WRONG])
def test_a_wrong_layer_is_told_why(name, layer, words):
    result = check(layer, name)
    assert not result.passed
    told = " ".join(result.message.split())
    assert all(word in told for word in words), result
