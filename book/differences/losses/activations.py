"""Activations."""

import warnings

import keras
import torch
from keras import ops
from torch.nn import functional as F

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import rounded


def torch_gelu():
    x = torch.tensor([-2.3, 2.3])
    return {"result": rounded(F.gelu(x)), "remedied": rounded(F.gelu(x, approximate="tanh"))}


def keras_gelu():
    x = ops.convert_to_tensor([-2.3, 2.3])
    exact = keras.activations.gelu(x)
    return {"keras.activations.gelu": rounded(exact), "result": rounded(ops.gelu(x))}


GELU = FrameworkDifference(
    name="gelu",
    title="GELU",
    torch=Side("exact", torch_gelu, {"result": [-0.0247, 2.2753], "remedied": [-0.0243, 2.2757]}),
    keras=Side(
        "`activations.gelu` exact; `ops.gelu` tanh approximation",
        keras_gelu,
        {"keras.activations.gelu": [-0.0247, 2.2753], "result": [-0.0243, 2.2757]},
    ),
    consequence="Two functions of one name in Keras differ in the fourth decimal.",
    advice='`approximate="tanh"` in PyTorch, or `ops.gelu(x, approximate=False)`.',
)


def torch_softplus():
    x = torch.tensor([20.0, 20.1], dtype=torch.float64)
    above, later = F.softplus(x) - x, F.softplus(x, threshold=40) - x
    return {
        "above x, in 1e-9": rounded(1e9 * above, 3),
        "with threshold=40": rounded(1e9 * later, 3),
    }


def keras_softplus():
    x = ops.convert_to_tensor([20.0, 20.1], dtype="float64")
    return {"above x, in 1e-9": rounded(1e9 * (ops.softplus(x) - x), 3)}


SOFTPLUS = FrameworkDifference(
    name="softplus",
    title="Softplus of large numbers",
    torch=Side(
        "x itself above 20",
        torch_softplus,
        {"above x, in 1e-9": [2.061, 0.0], "with threshold=40": [2.061, 1.865]},
    ),
    keras=Side(
        "log(1 + eˣ) everywhere; on the PyTorch backend x itself above 20",
        keras_softplus,
        {"above x, in 1e-9": [2.061, 1.865]},
        {"Keras on torch": {"above x, in 1e-9": [2.061, 0.0]}},
    ),
    consequence=(
        "Just above 20 PyTorch's value is too small by e⁻²⁰, 2 · 10⁻⁹. In float32 nobody sees "
        "it; a comparison of frameworks in float64 does."
    ),
    advice="`threshold=40` in PyTorch: beyond it float64 rounds to x anyway.",
)


def torch_leaky_relu():
    return {"result": rounded(torch.nn.LeakyReLU()(torch.tensor([-1.0])))}


def keras_leaky_relu():
    x = ops.convert_to_tensor([-1.0])
    return {
        "result": rounded(keras.layers.LeakyReLU()(x)),
        "remedied": rounded(keras.layers.LeakyReLU(negative_slope=0.01)(x)),
        "keras.activations.leaky_relu": rounded(keras.activations.leaky_relu(x)),
    }


LEAKY_RELU = FrameworkDifference(
    name="leaky_relu",
    title="Slope of leaky ReLU",
    torch=Side("0.01", torch_leaky_relu, {"result": [-0.01]}),
    keras=Side(
        "layer 0.3; function 0.2",
        keras_leaky_relu,
        {"result": [-0.3], "remedied": [-0.01], "keras.activations.leaky_relu": [-0.2]},
    ),
    consequence="Thirty times the slope for negative inputs, and two defaults inside Keras.",
    advice="Always give the slope.",
)


def torch_prelu():
    layer = torch.nn.PReLU()
    return {"slopes": tuple(layer.weight.shape), "result": rounded(layer(torch.tensor([-1.0])))}


def keras_prelu():
    layer, x = keras.layers.PReLU(), -ops.ones((1, 4, 4, 3))
    result = layer(x)
    start = keras.initializers.Constant(0.25)
    shared = keras.layers.PReLU(alpha_initializer=start, shared_axes=[1, 2, 3])
    remedied = shared(x)
    return {
        "slopes": tuple(layer.alpha.shape),
        "slopes, shared": tuple(shared.alpha.shape),
        "result": rounded(result[0, 0, 0, :1]),
        "remedied": rounded(remedied[0, 0, 0, :1]),
    }


PRELU = FrameworkDifference(
    name="prelu",
    title="Slopes of PReLU",
    torch=Side("one, from 0.25", torch_prelu, {"slopes": (1,), "result": [-0.25]}),
    keras=Side(
        "one for each input position and channel, from 0",
        keras_prelu,
        {
            "slopes": (4, 4, 3),
            "slopes, shared": (1, 1, 1),
            "result": [0.0],
            "remedied": [-0.25],
        },
    ),
    consequence=(
        "On 4 × 4 maps with 3 channels Keras learns 48 slopes, PyTorch one; and Keras "
        "starts as plain ReLU."
    ),
    advice="`shared_axes=[1, 2, 3]` and `alpha_initializer=Constant(0.25)` in Keras.",
)


def torch_softmax_axis():
    x = torch.zeros(2, 3, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns that its choice of axis is deprecated
        result = torch.nn.Softmax()(x)
    remedied = torch.nn.Softmax(dim=-1)(x)
    return {"result": rounded(result[0, 0, 0]), "remedied": rounded(remedied[0, 0, 0])}


def keras_softmax_axis():
    return {"result": rounded(keras.layers.Softmax()(ops.zeros((2, 3, 4)))[0, 0, 0])}


SOFTMAX_AXIS = FrameworkDifference(
    name="softmax_axis",
    title="The axis of softmax",
    torch=Side(
        "the first for three axes, with a warning",
        torch_softmax_axis,
        {"result": 0.5, "remedied": 0.25},
    ),
    keras=Side("the last", keras_softmax_axis, {"result": 0.25}),
    consequence="`nn.Softmax()` on (B, T, K) normalizes over the batch.",
    advice="`dim=-1`.",
)
