"""The softmax where everything is masked."""

import keras
import numpy as np
import torch
from keras import ops
from torch.nn import functional as F

import mmref.keras
from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import rounded


def torch_masked_row():
    query, keys = torch.zeros(1, 1, 2), torch.zeros(1, 2, 2)
    values = torch.tensor([[[1.0, 2.0], [3.0, 4.0]]])
    nothing = torch.tensor([[False, False]])
    attention = F.scaled_dot_product_attention(query, keys, values, attn_mask=nothing)
    layer = torch.nn.MultiheadAttention(2, 2, batch_first=True)
    asked, _ = layer(query, keys, values, key_padding_mask=~nothing)
    others, _ = layer(query, keys, values, key_padding_mask=~nothing, need_weights=False)
    encoder = torch.nn.TransformerEncoderLayer(2, 2, batch_first=True)
    trained = encoder(values, src_key_padding_mask=~nothing)
    with torch.no_grad():
        predicted = encoder.eval()(values, src_key_padding_mask=~nothing)
    outputs = {
        "MultiheadAttention": asked,
        "need_weights=False": others,
        "TransformerEncoderLayer, training": trained,
        "the same in eval() without gradient": predicted,
    }
    nan = {name: bool(output.isnan().any()) for name, output in outputs.items()}
    return {"result": rounded(attention[0, 0]), "NaN": nan}


def keras_masked_row():
    query, keys = ops.zeros((1, 1, 2)), ops.zeros((1, 2, 2))
    values = ops.convert_to_tensor([[[1.0, 2.0], [3.0, 4.0]]])
    nothing = ops.zeros((1, 2), dtype="bool")
    single, inputs, masks = keras.layers.Attention(), [query, values, keys], [None, nothing]
    single_asked, _ = single(inputs, mask=masks, return_attention_scores=True)
    identities = [np.eye(2).reshape(shape) for shape in [(2, 1, 2)] * 3 + [(1, 2, 2)]]
    many = keras.layers.MultiHeadAttention(1, 2, use_bias=False)
    dropping = keras.layers.MultiHeadAttention(1, 2, use_bias=False, dropout=0.5)
    for layer in (many, dropping):
        layer.build(query.shape, values.shape)
        layer.set_weights(identities)
    mask = nothing[:, None]
    asked, _ = many(query, values, keys, attention_mask=mask, return_attention_scores=True)
    weights = mmref.keras.masked_softmax(ops.zeros((1, 2)), nothing)
    return {
        "result": rounded(single(inputs, mask=masks)[0, 0]),
        "Attention asked for scores": rounded(single_asked[0, 0]),
        "MultiHeadAttention": rounded(many(query, values, keys, attention_mask=mask)[0, 0]),
        "MultiHeadAttention asked for scores": rounded(asked[0, 0]),
        "with dropout": rounded(dropping(query, values, keys, attention_mask=mask)[0, 0]),
        "remedied": rounded(ops.matmul(weights, values[0])[0]),
    }


MASKED_ROW = FrameworkDifference(
    name="masked_row",
    title="A row with everything masked",
    torch=Side(
        "`scaled_dot_product_attention`: 0; `MultiheadAttention`: NaN, 0 for `need_weights=False`",
        torch_masked_row,
        {
            "result": [0.0, 0.0],
            "NaN": {
                "MultiheadAttention": True,
                "need_weights=False": False,
                "TransformerEncoderLayer, training": False,
                "the same in eval() without gradient": True,
            },
        },
    ),
    keras=Side(
        "mean of the values; `MultiHeadAttention` asked for scores, or with dropout: 0",
        keras_masked_row,
        {
            "result": [2.0, 3.0],
            "Attention asked for scores": [2.0, 3.0],
            "MultiHeadAttention": [2.0, 3.0],
            "MultiHeadAttention asked for scores": [0.0, 0.0],
            "with dropout": [0.0, 0.0],
            "remedied": [0.0, 0.0],
        },
    ),
    consequence=(
        "One empty caption makes a PyTorch batch NaN: at once, or, with an even number of heads, "
        "only when a model that trained without NaN predicts, on a faster path. In Keras it "
        "attends evenly to what was masked, and asking `MultiHeadAttention` for the weights "
        "changes the output."
    ),
    advice=(
        "`masked_softmax` of `mmref.torch` and `mmref.keras`: zero weights, zero "
        "result, finite gradients."
    ),
)
