"""First weights."""

import keras
import numpy as np
import torch
from keras import ops

from mmref.concordance.differences.difference import Difference, Group, Side, rounded


def torch_when_made():
    return {"result": len(list(torch.nn.Linear(3, 2).parameters()))}


def keras_when_made():
    layer = keras.layers.Dense(2)
    before = len(layer.weights)
    layer.build((None, 3))
    return {"result": before, "remedied": len(layer.weights)}


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


def torch_dense_bias():
    layer = torch.nn.Linear(400, 10_000)
    result = rounded(layer.bias.abs().max(), 3)
    torch.nn.init.zeros_(layer.bias)
    return {"result": result, "remedied": rounded(layer.bias.abs().max(), 3)}


def keras_dense_bias():
    layer = keras.layers.Dense(10_000)
    layer.build((None, 400))
    return {"result": rounded(ops.max(ops.abs(layer.bias)), 3)}


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


def torch_embedding_init():
    layer = torch.nn.Embedding(10_000, 300)
    return {"result": rounded(layer.weight.std(), 2)}


def keras_embedding_init():
    normal = keras.initializers.RandomNormal(stddev=1.0)
    layers = (
        keras.layers.Embedding(10_000, 300),
        keras.layers.Embedding(10_000, 300, embeddings_initializer=normal),
    )
    for layer in layers:
        layer.build()
    result, remedied = (rounded(ops.std(layer.embeddings), 2) for layer in layers)
    largest = rounded(ops.max(ops.abs(layers[0].embeddings)), 2)
    return {"largest": largest, "result": result, "remedied": remedied}


def torch_recurrent_init():
    layer = torch.nn.LSTM(64, 100)
    largest = [rounded(p.abs().max(), 2) for p in (layer.weight_ih_l0, layer.weight_hh_l0)]
    squared = layer.weight_hh_l0.T @ layer.weight_hh_l0  # (H, H)
    return {
        "largest": largest,
        "hidden weight orthogonal": torch.allclose(squared, torch.eye(100), atol=1e-4),
    }


def keras_recurrent_init():
    layer = keras.layers.LSTM(100)
    layer.build((None, None, 64))
    kernel, recurrent = layer.cell.kernel, ops.convert_to_numpy(layer.cell.recurrent_kernel)
    squared = recurrent @ recurrent.T  # (H, H)
    return {
        "largest": [rounded(ops.max(ops.abs(kernel)), 2)],
        "hidden weight orthogonal": np.allclose(squared, np.eye(100), atol=1e-4),
    }


def torch_attention_init():
    layer = torch.nn.MultiheadAttention(64, 4)
    packed, output = layer.in_proj_weight, layer.out_proj.weight
    result = [rounded(p.abs().max(), 2) for p in (packed, output)]
    for matrix in (*packed.chunk(3), output):  # each query, key, value matrix by itself
        torch.nn.init.xavier_uniform_(matrix)
    remedied = [rounded(p.abs().max(), 2) for p in (packed, output)]
    return {"result": result, "remedied": remedied}


def keras_attention_init():
    layer = keras.layers.MultiHeadAttention(4, 16)
    layer.build((None, 3, 64), (None, 3, 64))
    kernels = [w for w in layer.weights if len(w.shape) == 3]  # q, k, v and the output's
    return {"result": [rounded(ops.max(ops.abs(kernels[i])), 2) for i in (0, 3)]}


def torch_he_normal():
    weight = torch.nn.init.kaiming_normal_(torch.empty(1000, 300))
    spread = weight.std()
    beyond = (weight.abs() > 2.5 * spread).float().mean()
    return {"std": rounded(spread, 2), "result": rounded(beyond, 2)}


def keras_he_normal():
    weight = ops.convert_to_numpy(keras.initializers.HeNormal(seed=0)((300, 1000)))
    beyond = np.mean(np.abs(weight) > 2.5 * weight.std())
    return {"std": rounded(weight.std(), 2), "result": rounded(beyond, 2)}


DIFFERENCES = (
    Difference(
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
    ),
    Difference(
        name="dense_init",
        title="Weights of a dense layer",
        torch=Side(
            "uniform, ± 1/√fan_in", torch_dense_init, {"result": 0.05, "xavier_uniform_": 0.11}
        ),
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
    ),
    Difference(
        name="dense_bias",
        title="Bias of a dense layer",
        torch=Side("uniform, ± 1/√fan_in", torch_dense_bias, {"result": 0.05, "remedied": 0.0}),
        keras=Side("zero", keras_dense_bias, {"result": 0.0}),
        consequence="Two new PyTorch layers differ even for an input of zeros.",
        advice="`nn.init.zeros_(layer.bias)`.",
    ),
    Difference(
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
    ),
    Difference(
        name="embedding_init",
        title="Embeddings",
        torch=Side("normal, standard deviation 1", torch_embedding_init, {"result": 1.0}),
        keras=Side(
            "uniform, ± 0.05",
            keras_embedding_init,
            {"largest": 0.05, "result": 0.03, "remedied": 1.0},
        ),
        consequence=(
            "Word vectors start 35 times larger in PyTorch; added to positional encodings, "
            "which reach 1, those of Keras are drowned."
        ),
        advice=(
            "`embeddings_initializer=RandomNormal(stddev=1.0)` in Keras, "
            "`nn.init.uniform_(weight, -0.05, 0.05)` in PyTorch."
        ),
    ),
    Difference(
        name="recurrent_init",
        title="Weights of a recurrent layer",
        torch=Side(
            "all uniform, ± 1/√H",
            torch_recurrent_init,
            {"largest": [0.1, 0.1], "hidden weight orthogonal": False},
        ),
        keras=Side(
            "Glorot; the hidden weights orthogonal",
            keras_recurrent_init,
            {"largest": [0.11], "hidden weight orthogonal": True},
        ),
        consequence="Orthogonal matrices keep the length of a state over many steps.",
        advice=(
            "`nn.init.orthogonal_` on each gate's hidden matrix in PyTorch, or "
            "`recurrent_initializer` in Keras. (Keras makes the four gates' matrix "
            "orthogonal as a whole.)"
        ),
    ),
    Difference(
        name="attention_init",
        title="Weights of multi-head attention",
        torch=Side(
            "Glorot for the packed (3D, D); output ± 1/√D",
            torch_attention_init,
            {"result": [0.15, 0.12], "remedied": [0.22, 0.22]},
        ),
        keras=Side(
            "Glorot for each D × D matrix",
            keras_attention_init,
            {"result": [0.22, 0.22]},
            dict.fromkeys(["Keras 3.13", "Keras 3.14"], {"result": [0.07, 0.14]}),
        ),
        consequence=(
            "Packing triples the count of outputs, so PyTorch's queries, keys and values "
            "start smaller by a factor of √2, and the scores by 2. Older versions of Keras took "
            "the first axis of (D, H, K) for a window."
        ),
        advice=("`xavier_uniform_` on each third of `in_proj_weight`, and on the output's weight."),
    ),
    Difference(
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
    ),
)

GROUP = Group(
    name="initialization",
    title="First weights",
    introduction=(
        "Nobody sets these, so they differ in most ported programs. Each cell makes a "
        "layer and looks."
    ),
    differences=DIFFERENCES,
)
