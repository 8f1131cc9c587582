"""Layer norm, group norm, RMS norm."""

import inspect

import keras
import numpy as np
import torch
from keras import ops

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import draw, rounded


def torch_layer_norm_epsilon():
    x, layer = torch.tensor([[-0.01, 0.01]]), torch.nn.LayerNorm(2)
    return {"eps": layer.eps, "result": rounded(layer(x)[0])}


def keras_layer_norm_epsilon():
    x, layer = ops.convert_to_tensor([[-0.01, 0.01]]), keras.layers.LayerNormalization()
    right = keras.layers.LayerNormalization(epsilon=1e-5)
    return {
        "epsilon": layer.epsilon,
        "result": rounded(layer(x)[0]),
        "remedied": rounded(right(x)[0]),
    }


LAYER_NORM_EPSILON = FrameworkDifference(
    name="layer_norm_epsilon",
    title="Epsilon of layer norm",
    torch=Side("1e-5", torch_layer_norm_epsilon, {"eps": 1e-05, "result": [-0.9535, 0.9535]}),
    keras=Side(
        "1e-3",
        keras_layer_norm_epsilon,
        {"epsilon": 0.001, "result": [-0.3015, 0.3015], "remedied": [-0.9535, 0.9535]},
    ),
    consequence="As for batch norm; a converted Transformer is wrong in every block.",
    advice="`epsilon=1e-5` in Keras.",
)


def torch_layer_norm_axes():
    maps = torch.tensor(draw((1, 2, 2, 2))[0])  # (B, C, H, W)
    result = torch.nn.LayerNorm(maps.shape[1:])(maps)
    return {"result": rounded(result[0, 0])}


def keras_layer_norm_axes():
    maps = draw((1, 2, 2, 2))[0].transpose(0, 2, 3, 1)
    naive = keras.layers.LayerNormalization(epsilon=1e-5)  # the last axis: each pixel by itself
    right = keras.layers.LayerNormalization(axis=(1, 2, 3), epsilon=1e-5)
    return {
        "result": rounded(naive(maps)[0, ..., 0]),
        "remedied": rounded(right(maps)[0, ..., 0]),
    }


LAYER_NORM_AXES = FrameworkDifference(
    name="layer_norm_axes",
    title="Axes of layer norm",
    torch=Side(
        "as many last axes as its argument has",
        torch_layer_norm_axes,
        {"result": [[-0.4065, -0.8698], [0.5182, -0.4439]]},
    ),
    keras=Side(
        "the last axis only",
        keras_layer_norm_axes,
        {
            "result": [[1.0, -0.9999], [-1.0, -1.0]],
            "remedied": [[-0.4065, -0.8698], [0.5182, -0.4439]],
        },
    ),
    consequence=(
        "On images `LayerNorm((C, H, W))` normalizes a whole image, Keras's default each pixel."
    ),
    advice="`axis=(1, 2, 3)` in Keras.",
)


def torch_group_norm():
    (x,) = draw((1, 4))
    layer = torch.nn.GroupNorm(2, 4)
    return {"eps": layer.eps, "result": rounded(layer(torch.tensor(0.01 * x))[0])}


def keras_group_norm():
    (x,) = draw((1, 4))
    layer = keras.layers.GroupNormalization(2)
    right = keras.layers.GroupNormalization(2, epsilon=1e-5)
    default = inspect.signature(keras.layers.GroupNormalization).parameters["groups"].default
    return {
        "groups by default": default,
        "epsilon": layer.epsilon,
        "result": rounded(layer(0.01 * x)[0]),
        "remedied": rounded(right(0.01 * x)[0]),
    }


GROUP_NORM = FrameworkDifference(
    name="group_norm",
    title="Group norm",
    torch=Side(
        "groups must be given; epsilon 1e-5",
        torch_group_norm,
        {"eps": 1e-05, "result": [0.3775, -0.3775, 0.6462, -0.6462]},
    ),
    keras=Side(
        "32 groups by default; epsilon 1e-3",
        keras_group_norm,
        {
            "groups by default": 32,
            "epsilon": 0.001,
            "result": [0.0407, -0.0407, 0.0844, -0.0844],
            "remedied": [0.3775, -0.3775, 0.6462, -0.6462],
        },
    ),
    consequence="As for batch norm, where a group varies little.",
    advice="Give the groups, and `epsilon=1e-5` in Keras.",
)


def torch_rms_norm():
    x, layer = torch.tensor([[1e-3, 2e-3]]), torch.nn.RMSNorm(2)
    half = torch.nn.RMSNorm(2, dtype=torch.bfloat16)(x.bfloat16())
    step = torch.finfo(torch.bfloat16).eps
    own_step = torch.nn.RMSNorm(2, eps=step, dtype=torch.bfloat16)(x.bfloat16())
    return {
        "eps": layer.eps,
        "in bfloat16": rounded(half[0].float(), 1),
        "in bfloat16 with its own step": rounded(own_step[0].float(), 1),
        "result": rounded(layer(x)[0]),
    }


def keras_rms_norm():
    x = ops.convert_to_tensor([[1e-3, 2e-3]])
    layer = keras.layers.RMSNormalization()
    right = keras.layers.RMSNormalization(epsilon=float(np.finfo("float32").eps))
    return {
        "epsilon": layer.epsilon,
        "result": rounded(layer(x)[0]),
        "remedied": rounded(right(x)[0]),
    }


RMS_NORM = FrameworkDifference(
    name="rms_norm",
    title="Epsilon of RMS norm",
    torch=Side(
        "None: float32's step, 1.2e-7, in half precision too",
        torch_rms_norm,
        {
            "eps": None,
            "in bfloat16": [0.6, 1.2],
            "in bfloat16 with its own step": [0.0, 0.0],
            "result": [0.6179, 1.2358],
        },
    ),
    keras=Side(
        "1e-6",
        keras_rms_norm,
        {"epsilon": 1e-06, "result": [0.5345, 1.069], "remedied": [0.6179, 1.2358]},
    ),
    consequence=(
        "Visible only for inputs near 0.001 and below. PyTorch takes the step of the type it "
        "computes in: for float16 and bfloat16 that is float32."
    ),
    advice="Give `eps` and `epsilon` yourself.",
)
