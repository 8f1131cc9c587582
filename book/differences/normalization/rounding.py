"""Rounding in layer norm."""

import keras
import numpy as np
import torch

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import draw
from mmref.concordance.backends import run_keras


def torch_layer_norm_rounding():
    x = torch.tensor(1000 + draw((100, 1))[0])  # vectors of a single number
    layer = torch.nn.LayerNorm(1)
    torch.nn.init.constant_(layer.bias, 0.3)
    y = layer(x)
    y.sum().backward()
    return {
        "output is the shift": bool((y == layer.bias).all()),
        "gradient of the scale is 0": bool(layer.weight.grad == 0),
    }


def keras_layer_norm_rounding():
    x = 1000 + draw((100, 1))[0]
    shift = keras.initializers.Constant(0.3)
    layer = keras.layers.LayerNormalization(epsilon=1e-5, beta_initializer=shift)
    layer.build(x.shape)
    y, gradients = run_keras(layer, {"inputs": x}, np.ones_like(x))
    return {
        "output is the shift": bool((y == np.float32(0.3)).all()),
        "gradient of the scale is 0": bool(gradients["scale"] == 0),
    }


LAYER_NORM_ROUNDING = FrameworkDifference(
    name="layer_norm_rounding",
    title="Layer norm of a single number",
    torch=Side(
        "the gradient of the scale is rounding error",
        torch_layer_norm_rounding,
        {"output is the shift": True, "gradient of the scale is 0": False},
    ),
    keras=Side(
        "TensorFlow: so is the output",
        keras_layer_norm_rounding,
        {"output is the shift": False, "gradient of the scale is 0": True},
        {"Keras on torch": {"output is the shift": True, "gradient of the scale is 0": False}},
    ),
    consequence=(
        "A number minus its mean is 0: the output is the shift, and the scale has no gradient. "
        "Both frameworks multiply first and then subtract, x/s − mean/s, and so for numbers near "
        "1000 they are off by up to 0.01 in float32. Wider vectors are rounded as much either "
        "way, if their mean is as large beside their spread."
    ),
    advice="`mmref.torch.LayerNorm` and `mmref.keras.LayerNorm` subtract first.",
)
