"""What may be attended to."""

import keras
import numpy as np
import torch
from keras import ops
from torch.nn import functional as F

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import rounded


def torch_mask_polarity():
    mask = torch.tensor([[True, False, False]])
    same, keys = torch.zeros(1, 1, 3), torch.zeros(1, 3, 3)  # equal scores
    layer = torch.nn.MultiheadAttention(3, 1, batch_first=True)
    values = torch.eye(3)[None]  # the result shows the weights
    attention = F.scaled_dot_product_attention(same, keys, values, attn_mask=mask)
    _, naive = layer(same, keys, keys, attn_mask=mask)
    _, right = layer(same, keys, keys, attn_mask=~mask)
    return {
        "scaled_dot_product_attention": rounded(attention[0, 0]),
        "result": rounded(naive[0, 0]),
        "remedied": rounded(right[0, 0]),
    }


def keras_mask_polarity():
    mask = ops.convert_to_tensor([[[True, False, False]]])
    same, keys = ops.zeros((1, 1, 3)), ops.zeros((1, 3, 3))
    layer = keras.layers.MultiHeadAttention(1, 3)
    _, weights = layer(same, keys, attention_mask=mask, return_attention_scores=True)
    return {"result": rounded(weights[0, 0, 0])}


MASK_POLARITY = FrameworkDifference(
    name="mask_polarity",
    title="What True means in a mask",
    torch=Side(
        "`MultiheadAttention`: blocked; `scaled_dot_product_attention`: kept",
        torch_mask_polarity,
        {
            "scaled_dot_product_attention": [1.0, 0.0, 0.0],
            "result": [0.0, 0.5, 0.5],
            "remedied": [1.0, 0.0, 0.0],
        },
    ),
    keras=Side("kept", keras_mask_polarity, {"result": [1.0, 0.0, 0.0]}),
    consequence=(
        "The same mask lets the model see exactly what it must not, in two functions of "
        "one library."
    ),
    advice=(
        "In this book True means keep. Negate the mask for `nn.MultiheadAttention`, "
        "`key_padding_mask` included."
    ),
)


def torch_causal():
    layer, x = torch.nn.MultiheadAttention(2, 1, batch_first=True), torch.zeros(1, 3, 2)
    try:
        layer(x, x, x, is_causal=True)
        refused = False
    except RuntimeError:
        refused = True
    blocked = torch.ones(3, 3, dtype=torch.bool).triu(1)
    _, weights = layer(x, x, x, attn_mask=blocked)
    shown = F.scaled_dot_product_attention(x, x, torch.eye(3)[None], is_causal=True)
    return {
        "is_causal alone is refused": refused,
        "result": rounded(weights[0]),
        "scaled_dot_product_attention": rounded(shown[0]),
    }


def keras_causal():
    layer, x = keras.layers.MultiHeadAttention(1, 2), ops.zeros((1, 3, 2))
    _, weights = layer(x, x, use_causal_mask=True, return_attention_scores=True)
    return {"result": rounded(weights[0, 0])}


CAUSAL = FrameworkDifference(
    name="causal",
    title="A causal mask",
    torch=Side(
        "`MultiheadAttention(is_causal=True)` alone is refused: it is a hint",
        torch_causal,
        {
            "is_causal alone is refused": True,
            "result": [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.3333, 0.3333, 0.3333]],
            "scaled_dot_product_attention": [
                [1.0, 0.0, 0.0],
                [0.5, 0.5, 0.0],
                [0.3333, 0.3333, 0.3333],
            ],
        },
    ),
    keras=Side(
        "`use_causal_mask=True` makes the mask",
        keras_causal,
        {"result": [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.3333, 0.3333, 0.3333]]},
    ),
    consequence=(
        "In PyTorch the mask must be passed too. "
        "`scaled_dot_product_attention(is_causal=True)` needs none."
    ),
    advice="`torch.ones(T, T, dtype=torch.bool).triu(1)` as `attn_mask`.",
)


def torch_padded_keys():
    layer, ids = torch.nn.MultiheadAttention(2, 1, batch_first=True), torch.tensor([[1, 2, 0]])
    x = 0 * torch.nn.Embedding(4, 2, padding_idx=0)(ids)  # zeros: equal scores
    _, naive = layer(x, x, x)
    _, right = layer(x, x, x, key_padding_mask=ids == 0)
    return {"result": rounded(naive[0, 0]), "remedied": rounded(right[0, 0])}


def keras_padded_keys():
    embedding = keras.layers.Embedding(4, 2, mask_zero=True, embeddings_initializer="zeros")
    layer, x = keras.layers.MultiHeadAttention(1, 2), embedding(np.array([[1, 2, 0]]))
    _, weights = layer(x, x, return_attention_scores=True)
    return {"result": rounded(weights[0, 0, 0])}


PADDED_KEYS = FrameworkDifference(
    name="padded_keys",
    title="Padding reaches attention",
    torch=Side(
        "only if passed as `key_padding_mask` (True: blocked)",
        torch_padded_keys,
        {"result": [0.3333, 0.3333, 0.3333], "remedied": [0.5, 0.5, 0.0]},
    ),
    keras=Side(
        "the mask of `Embedding(mask_zero=True)` arrives by itself",
        keras_padded_keys,
        {"result": [0.5, 0.5, 0.0]},
    ),
    consequence="A PyTorch model ported line by line attends to padding.",
    advice="Pass `key_padding_mask=ids == 0`.",
)
