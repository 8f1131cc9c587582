"""First weights of multi-head attention."""

import keras
import torch
from keras import ops

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import rounded


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


ATTENTION_INIT = FrameworkDifference(
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
    advice="`xavier_uniform_` on each third of `in_proj_weight`, and on the output's weight.",
)
