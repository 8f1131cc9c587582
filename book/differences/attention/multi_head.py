"""Layers with many heads."""

import keras
import numpy as np
import torch
from keras import ops

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import draw, rounded


def torch_mha_weights():
    x, *weights = draw((1, 3, 4), (4, 4), (4, 4), (4, 4), (4, 4))  # for q, k, v and the output
    layer = torch.nn.MultiheadAttention(4, num_heads=2, bias=False, batch_first=True)
    shapes = [tuple(p.shape) for p in layer.parameters()]
    with torch.no_grad():
        layer.in_proj_weight.copy_(torch.tensor(np.concatenate(weights[:3])))
        layer.out_proj.weight.copy_(torch.tensor(weights[3]))
    x = torch.tensor(x)
    output, _ = layer(x, x, x)
    return {"weights": shapes, "result": rounded(output[0, 0])}


def keras_mha_weights():
    x, *weights = draw((1, 3, 4), (4, 4), (4, 4), (4, 4), (4, 4))
    layer = keras.layers.MultiHeadAttention(num_heads=2, key_dim=2, use_bias=False)
    layer.build(x.shape, x.shape)
    shapes = [tuple(w.shape) for w in layer.weights]  # q, k, v, output
    layer.set_weights([w.reshape(s) for w, s in zip(weights, shapes, strict=True)])
    naive = layer(x, x)
    layer.set_weights([w.T.reshape(s) for w, s in zip(weights, shapes, strict=True)])
    return {
        "weights": shapes,
        "result": rounded(naive[0, 0]),
        "remedied": rounded(layer(x, x)[0, 0]),
    }


MHA_WEIGHTS = FrameworkDifference(
    name="mha_weights",
    title="Weights of multi-head attention",
    torch=Side(
        "q, k, v packed (3D, D); output (D, D)",
        torch_mha_weights,
        {"weights": [(12, 4), (4, 4)], "result": [-0.1404, -0.2675, 3.0484, 3.2869]},
    ),
    keras=Side(
        "q, k, v (D, H, K) each; output (H, K, D)",
        keras_mha_weights,
        {
            "weights": [(4, 2, 2), (4, 2, 2), (4, 2, 2), (2, 2, 4)],
            "result": [-0.3443, 1.5958, 2.3788, 0.8284],
            "remedied": [-0.1404, -0.2675, 3.0484, 3.2869],
        },
    ),
    consequence="The sizes allow copying by `reshape` alone, which mixes rows and columns.",
    advice=(
        "`mmref.convert.copy(source, target)`, in either direction. By hand: transpose first, "
        "then reshape, `w.T.reshape(D, H, K)`, and `w.T.reshape(H, K, D)` for the output."
    ),
)


def torch_key_dim():
    layer = torch.nn.MultiheadAttention(8, num_heads=2)
    return {"result": sum(p.numel() for p in layer.parameters())}


def keras_key_dim():
    x = ops.zeros((1, 3, 8))
    naive = keras.layers.MultiHeadAttention(num_heads=2, key_dim=8)
    right = keras.layers.MultiHeadAttention(num_heads=2, key_dim=8 // 2)
    naive(x, x)
    right(x, x)
    return {"result": naive.count_params(), "remedied": right.count_params()}


KEY_DIM = FrameworkDifference(
    name="key_dim",
    title="Size of a head",
    torch=Side("`embed_dim` is the whole width", torch_key_dim, {"result": 288}),
    keras=Side("`key_dim` is one head's", keras_key_dim, {"result": 568, "remedied": 288}),
    consequence=(
        "`key_dim=D` makes every head as wide as PyTorch's whole layer: twice the "
        "parameters with two heads."
    ),
    advice="`key_dim = D // num_heads`.",
)


def torch_mha_returns():
    layer, x = torch.nn.MultiheadAttention(8, 2, batch_first=True), torch.zeros(1, 3, 8)
    output, weights = layer(x, x, x)
    _, of_heads = layer(x, x, x, average_attn_weights=False)
    return {
        "output": tuple(output.shape),
        "weights": tuple(weights.shape),
        "weights, average_attn_weights=False": tuple(of_heads.shape),
    }


def keras_mha_returns():
    layer, x = keras.layers.MultiHeadAttention(2, 4), ops.zeros((1, 3, 8))
    _, weights = layer(x, x, return_attention_scores=True)
    return {"output": tuple(layer(x, x).shape), "weights when asked for": tuple(weights.shape)}


MHA_RETURNS = FrameworkDifference(
    name="mha_returns",
    title="What attention returns",
    torch=Side(
        "output and weights, averaged over heads",
        torch_mha_returns,
        {
            "output": (1, 3, 8),
            "weights": (1, 3, 3),
            "weights, average_attn_weights=False": (1, 2, 3, 3),
        },
    ),
    keras=Side(
        "output; weights of each head if asked for",
        keras_mha_returns,
        {"output": (1, 3, 8), "weights when asked for": (1, 2, 3, 3)},
    ),
    consequence=(
        "Weights drawn from the two have different shapes and meanings; one head's peak "
        "is hidden in an average."
    ),
    advice="`average_attn_weights=False` in PyTorch, `return_attention_scores=True` in Keras.",
)


def torch_narrow_heads():
    x, *weights = draw((1, 3, 3), (3, 3), (3, 3), (3, 3), (3, 3))
    layer = torch.nn.MultiheadAttention(3, num_heads=3, batch_first=True)
    with torch.no_grad():
        layer.in_proj_weight.copy_(torch.tensor(np.concatenate(weights[:3])))
        layer.out_proj.weight.copy_(torch.tensor(weights[3]))
        layer.in_proj_bias.copy_(torch.arange(9.0))
    x = torch.tensor(x)
    return {"result": rounded(layer(x, x, x)[0][0, 0])}


def keras_narrow_heads():
    x, *weights = draw((1, 3, 3), (3, 3), (3, 3), (3, 3), (3, 3))
    layer = keras.layers.MultiHeadAttention(num_heads=3, key_dim=1)
    layer.build(x.shape, x.shape)
    biases = [*np.arange(9.0).reshape(3, 3), np.zeros(3)]
    pairs = [a for w, b in zip(weights, biases, strict=True) for a in (w.T, b)]
    layer.set_weights([a.reshape(v.shape) for a, v in zip(pairs, layer.weights, strict=True)])
    longer = np.pad(x, ((0, 0), (0, 1), (0, 0)))  # one step more, which nothing attends to
    mask = np.array([[[True, True, True, False]]])
    return {
        "result": rounded(layer(x, x)[0, 0]),
        "remedied": rounded(layer(longer, longer, attention_mask=mask)[0, 0]),
    }


NARROW_HEADS = FrameworkDifference(
    name="narrow_heads",
    title="Heads of width 1",
    torch=Side("like any others", torch_narrow_heads, {"result": [2.3039, 13.236, 14.7966]}),
    keras=Side(
        "TensorFlow: wrong with as many heads as steps",
        keras_narrow_heads,
        {"result": [0.428, 12.6461, 15.3815], "remedied": [2.3039, 13.236, 14.7966]},
        {
            "Keras on torch": {
                "result": [2.3039, 13.236, 14.7966],
                "remedied": [2.3039, 13.236, 14.7966],
            }
        },
    ),
    consequence=(
        "The biases (H, 1) of the heads are added along the steps, as "
        "[a column is to a square](#differs-column). With one step more or less they are not: the "
        "second program attends to the same three steps beside a fourth that is masked."
    ),
    advice="`mmref.keras.MultiHeadAttention`, heads wider than 1, or the PyTorch backend.",
)
