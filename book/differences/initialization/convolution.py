"""First weights of convolutions."""

import keras
import torch
from keras import ops

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import rounded


def torch_conv_init():
    layer = torch.nn.Conv2d(16, 256, 5)
    return {
        "result": rounded(layer.weight.abs().max(), 3),
        "bias is zero": bool((layer.bias == 0).all()),
    }


def keras_conv_init():
    like_torch = keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")
    convolution = keras.layers.Conv2D
    layers = convolution(256, 5), convolution(256, 5, kernel_initializer=like_torch)
    for layer in layers:
        layer.build((None, 9, 9, 16))
    result, remedied = (rounded(ops.max(ops.abs(layer.kernel)), 3) for layer in layers)
    bias_is_zero = bool(ops.all(layers[0].bias == 0))
    return {"result": result, "remedied": remedied, "bias is zero": bias_is_zero}


CONV_INIT = FrameworkDifference(
    name="conv_init",
    title="Weights of a convolution",
    torch=Side(
        "uniform, ± 1/√fan_in; random bias",
        torch_conv_init,
        {"result": 0.05, "bias is zero": False},
    ),
    keras=Side(
        "Glorot uniform; zero bias",
        keras_conv_init,
        {"result": 0.03, "remedied": 0.05, "bias is zero": True},
    ),
    consequence=(
        "fan_in is channels × kernel size. With more than five filters for each channel, "
        "as here, Glorot's weights are the smaller ones; else PyTorch's."
    ),
    advice="As for a dense layer.",
)
