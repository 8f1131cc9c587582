"""First weights of embeddings and recurrent layers."""

import keras
import numpy as np
import torch
from keras import ops

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import rounded


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


EMBEDDING_INIT = FrameworkDifference(
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
)


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


RECURRENT_INIT = FrameworkDifference(
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
)
