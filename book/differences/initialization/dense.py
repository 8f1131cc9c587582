"""First weights of dense layers, and when they are made."""

import keras
import numpy as np
import torch
from keras import ops

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import rounded


def torch_when_made():
    return {"result": len(list(torch.nn.Linear(3, 2).parameters()))}


def keras_when_made():
    layer = keras.layers.Dense(2)
    before = len(layer.weights)
    layer.build((None, 3))
    return {"result": before, "remedied": len(layer.weights)}


WHEN_MADE = FrameworkDifference(
    name="when_made",
    title="When the weights are made",
    torch=Side(
        "with the layer; the width of the input must be given", torch_when_made, {"result": 2}
    ),
    keras=Side(
        "at the first call, which shows the width",
        keras_when_made,
        {"result": 0, "remedied": 2},
    ),
    consequence="Counting, copying or loading weights of a new Keras layer finds none.",
    advice="`layer.build(shape)`, or call the model once.",
)


def torch_dense_init():
    layer = torch.nn.Linear(400, 100)
    result = rounded(layer.weight.abs().max(), 3)
    torch.nn.init.xavier_uniform_(layer.weight)
    return {"result": result, "xavier_uniform_": rounded(layer.weight.abs().max(), 3)}


def keras_dense_init():
    like_torch = keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")
    layers = keras.layers.Dense(100), keras.layers.Dense(100, kernel_initializer=like_torch)
    for layer in layers:
        layer.build((None, 400))
    result, remedied = (rounded(ops.max(ops.abs(layer.kernel)), 3) for layer in layers)
    return {"result": result, "remedied": remedied}


DENSE_INIT = FrameworkDifference(
    name="dense_init",
    title="Weights of a dense layer",
    torch=Side("uniform, ± 1/√fan_in", torch_dense_init, {"result": 0.05, "xavier_uniform_": 0.11}),
    keras=Side(
        "Glorot uniform, ± √(6/(fan_in + fan_out))",
        keras_dense_init,
        {"result": 0.11, "remedied": 0.05},
    ),
    consequence=(
        "For 400 inputs and 100 outputs Keras starts with weights more than twice as large."
    ),
    advice=(
        '`VarianceScaling(1/3, "fan_in", "uniform")` in Keras; '
        "`nn.init.xavier_uniform_` in PyTorch."
    ),
)


def torch_dense_bias():
    layer = torch.nn.Linear(400, 10_000)
    result = rounded(layer.bias.abs().max(), 3)
    torch.nn.init.zeros_(layer.bias)
    return {"result": result, "remedied": rounded(layer.bias.abs().max(), 3)}


def keras_dense_bias():
    layer = keras.layers.Dense(10_000)
    layer.build((None, 400))
    return {"result": rounded(ops.max(ops.abs(layer.bias)), 3)}


DENSE_BIAS = FrameworkDifference(
    name="dense_bias",
    title="Bias of a dense layer",
    torch=Side("uniform, ± 1/√fan_in", torch_dense_bias, {"result": 0.05, "remedied": 0.0}),
    keras=Side("zero", keras_dense_bias, {"result": 0.0}),
    consequence="Two new PyTorch layers differ even for an input of zeros.",
    advice="`nn.init.zeros_(layer.bias)`.",
)


def torch_he_normal():
    weight = torch.nn.init.kaiming_normal_(torch.empty(1000, 300))
    spread = weight.std()
    beyond = (weight.abs() > 2.5 * spread).float().mean()
    return {"std": rounded(spread, 2), "result": rounded(beyond, 2)}


def keras_he_normal():
    weight = ops.convert_to_numpy(keras.initializers.HeNormal(seed=0)((300, 1000)))
    beyond = np.mean(np.abs(weight) > 2.5 * weight.std())
    return {"std": rounded(weight.std(), 2), "result": rounded(beyond, 2)}


HE_NORMAL = FrameworkDifference(
    name="he_normal",
    title="He's normal distribution",
    torch=Side("`kaiming_normal_`: normal", torch_he_normal, {"std": 0.08, "result": 0.01}),
    keras=Side(
        "`HeNormal`: cut off at two standard deviations",
        keras_he_normal,
        {"std": 0.08, "result": 0.0},
    ),
    consequence="The variance agrees; PyTorch has tails.",
    advice="`nn.init.trunc_normal_` in PyTorch, if wanted.",
)
