"""Attention."""

import inspect

import keras
import numpy as np
import torch
from keras import ops
from torch.nn import functional as F

import mmref.keras
from mmref.concordance.differences.difference import Difference, Group, Side, draw, rounded


def torch_mha_weights():
    x, *weights = draw((1, 3, 4), (4, 4), (4, 4), (4, 4), (4, 4))  # for q, k, v and the output
    layer = torch.nn.MultiheadAttention(4, num_heads=2, bias=False, batch_first=True)
    shapes = [tuple(p.shape) for p in layer.parameters()]
    with torch.no_grad():
        layer.in_proj_weight.copy_(torch.tensor(np.concatenate(weights[:3])))
        layer.out_proj.weight.copy_(torch.tensor(weights[3]))
    output, _ = layer(*[torch.tensor(x)] * 3)
    return {"weights": shapes, "result": rounded(output[0, 0])}


def keras_mha_weights():
    x, *weights = draw((1, 3, 4), (4, 4), (4, 4), (4, 4), (4, 4))
    layer = keras.layers.MultiHeadAttention(num_heads=2, key_dim=2, use_bias=False)
    layer.build(x.shape, x.shape)
    shapes = [tuple(w.shape) for w in layer.weights]  # q, k, v, output
    layer.set_weights([w.reshape(s) for w, s in zip(weights, shapes)])
    naive = layer(x, x)
    layer.set_weights([w.T.reshape(s) for w, s in zip(weights, shapes)])
    return {
        "weights": shapes,
        "result": rounded(naive[0, 0]),
        "remedied": rounded(layer(x, x)[0, 0]),
    }


def torch_key_dim():
    layer = torch.nn.MultiheadAttention(8, num_heads=2)
    return {"result": sum(p.numel() for p in layer.parameters())}


def keras_key_dim():
    x = ops.zeros((1, 3, 8))
    naive = keras.layers.MultiHeadAttention(num_heads=2, key_dim=8)
    right = keras.layers.MultiHeadAttention(num_heads=2, key_dim=8 // 2)
    naive(x, x), right(x, x)
    return {"result": naive.count_params(), "remedied": right.count_params()}


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


def torch_argument_order():
    query, keys, values = map(torch.tensor, draw((1, 1, 2), (1, 3, 2), (1, 3, 2)))
    names = list(inspect.signature(torch.nn.MultiheadAttention.forward).parameters)[1:4]
    result = F.scaled_dot_product_attention(query, keys, values)
    return {"MultiheadAttention": names, "result": rounded(result[0, 0])}


def keras_argument_order():
    query, keys, values = draw((1, 1, 2), (1, 3, 2), (1, 3, 2))
    names = list(inspect.signature(keras.layers.MultiHeadAttention.call).parameters)[1:4]
    layer, query = keras.layers.Attention(), query / 2**0.5  # it does not scale
    return {
        "MultiHeadAttention": names,
        "result": rounded(layer([query, keys, values])[0, 0]),
        "remedied": rounded(layer([query, values, keys])[0, 0]),
    }


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


def torch_masked_row():
    query, keys = torch.zeros(1, 1, 2), torch.zeros(1, 2, 2)
    values = torch.tensor([[[1.0, 2.0], [3.0, 4.0]]])
    nothing = torch.tensor([[False, False]])
    attention = F.scaled_dot_product_attention(query, keys, values, attn_mask=nothing)
    layer = torch.nn.MultiheadAttention(2, 1, batch_first=True)
    output, _ = layer(query, keys, values, attn_mask=~nothing)
    return {
        "result": rounded(attention[0, 0]),
        "MultiheadAttention is NaN": bool(output.isnan().all()),
    }


def keras_masked_row():
    query, keys = ops.zeros((1, 1, 2)), ops.zeros((1, 2, 2))
    values = ops.convert_to_tensor([[[1.0, 2.0], [3.0, 4.0]]])
    nothing = ops.zeros((1, 2), dtype="bool")
    output = keras.layers.Attention()([query, values, keys], mask=[None, nothing])
    layer = keras.layers.MultiHeadAttention(1, 2, use_bias=False)
    layer.build(query.shape, values.shape)
    layer.set_weights([np.eye(2).reshape(shape) for shape in [(2, 1, 2)] * 3 + [(1, 2, 2)]])
    mask = nothing[:, None]
    both = layer(query, values, keys, attention_mask=mask, return_attention_scores=True)
    weights = mmref.keras.masked_softmax(ops.zeros((1, 2)), nothing)
    return {
        "result": rounded(output[0, 0]),
        "MultiHeadAttention": rounded(layer(query, values, keys, attention_mask=mask)[0, 0]),
        "MultiHeadAttention asked for scores": rounded(both[0][0, 0]),
        "remedied": rounded(ops.matmul(weights, values[0])[0]),
    }


def torch_scaling():
    query, keys, values = map(torch.tensor, draw((1, 1, 16), (1, 3, 16), (1, 3, 2)))
    return {"result": rounded(F.scaled_dot_product_attention(query, keys, values)[0, 0])}


def keras_scaling():
    query, keys, values = draw((1, 1, 16), (1, 3, 16), (1, 3, 2))
    layer, learned = keras.layers.Attention(), keras.layers.Attention(use_scale=True)
    learned([query, values, keys])
    return {
        "use_scale adds the weights": [tuple(w.shape) for w in learned.trainable_weights],
        "result": rounded(layer([query, values, keys])[0, 0]),
        "remedied": rounded(layer([query / 16**0.5, values, keys])[0, 0]),
    }


def torch_additive():
    query, keys, W, U, v = map(torch.tensor, draw((1, 3), (4, 3), (3, 3), (3, 3), 3))
    scores = torch.tanh(query @ W.T + keys @ U.T) @ v  # Bahdanau's; PyTorch has no layer for it
    has_layer = hasattr(torch.nn, "AdditiveAttention")
    return {"a layer": has_layer, "result": rounded(torch.softmax(scores, dim=0) @ keys)}


def keras_additive():
    query, keys, W, U, v = draw((1, 3), (4, 3), (3, 3), (3, 3), 3)
    layer = keras.layers.AdditiveAttention()
    layer.build([(1, 1, 3), (1, 4, 3)])
    layer.set_weights([v])
    naive = layer([query[None], keys[None]])
    right = layer([(query @ W.T)[None], keys[None], (keys @ U.T)[None]])
    return {
        "weights": [tuple(w.shape) for w in layer.weights],
        "result": rounded(naive[0, 0]),
        "remedied": rounded(right[0, 0]),
    }


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


DIFFERENCES = (
    Difference(
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
    ),
    Difference(
        name="key_dim",
        title="Size of a head",
        torch=Side("`embed_dim` is the whole width", torch_key_dim, {"result": 288}),
        keras=Side("`key_dim` is one head's", keras_key_dim, {"result": 568, "remedied": 288}),
        consequence=(
            "`key_dim=D` makes every head as wide as PyTorch's whole layer: twice the "
            "parameters with two heads."
        ),
        advice="`key_dim = D // num_heads`.",
    ),
    Difference(
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
        advice=(
            "`average_attn_weights=False` in PyTorch, `return_attention_scores=True` in Keras."
        ),
    ),
    Difference(
        name="argument_order",
        title="Order of the arguments",
        torch=Side(
            "query, key, value",
            torch_argument_order,
            {"MultiheadAttention": ["query", "key", "value"], "result": [-1.2349, -0.5048]},
        ),
        keras=Side(
            "query, value, key",
            keras_argument_order,
            {
                "MultiHeadAttention": ["query", "value", "key"],
                "result": [0.4434, 0.4374],
                "remedied": [-1.2349, -0.5048],
            },
        ),
        consequence="Passed by position, keys and values change places; their shapes agree.",
        advice="Name them: `layer(query, key=keys, value=values)`.",
    ),
    Difference(
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
    ),
    Difference(
        name="masked_row",
        title="A row with everything masked",
        torch=Side(
            "`scaled_dot_product_attention`: 0; `MultiheadAttention`: NaN",
            torch_masked_row,
            {"result": [0.0, 0.0], "MultiheadAttention is NaN": True},
        ),
        keras=Side(
            "mean of the values; with `return_attention_scores`: 0",
            keras_masked_row,
            {
                "result": [2.0, 3.0],
                "MultiHeadAttention": [2.0, 3.0],
                "MultiHeadAttention asked for scores": [0.0, 0.0],
                "remedied": [0.0, 0.0],
            },
        ),
        consequence=(
            "One empty caption makes a PyTorch batch NaN; in Keras it attends evenly to what "
            "was masked, and asking for the weights changes the output."
        ),
        advice=(
            "`masked_softmax` of `mmref.torch` and `mmref.keras`: zero weights, zero "
            "result, finite gradients."
        ),
    ),
    Difference(
        name="scaling",
        title="`layers.Attention` does not scale",
        torch=Side("scores divided by √d", torch_scaling, {"result": [0.6016, -0.4008]}),
        keras=Side(
            "scores as they are; `use_scale=True` learns one factor, from 1",
            keras_scaling,
            {
                "use_scale adds the weights": [()],
                "result": [0.3389, -0.2744],
                "remedied": [0.6016, -0.4008],
            },
        ),
        consequence=(
            "Without 1/√d the softmax is sharper than intended, the more so the wider the vectors."
        ),
        advice="Divide the query by √d, or use `MultiHeadAttention`, which scales.",
    ),
    Difference(
        name="additive",
        title="`layers.AdditiveAttention` is not Bahdanau's",
        torch=Side(
            "no such layer: W, U and v by hand",
            torch_additive,
            {"a layer": False, "result": [-0.5829, -0.0995, -0.4139]},
        ),
        keras=Side(
            "v only, no W and no U",
            keras_additive,
            {
                "weights": [(3,)],
                "result": [0.1385, 0.117, -0.3152],
                "remedied": [-0.5829, -0.0995, -0.4139],
            },
        ),
        consequence="The layer adds query and key as they are; it cannot learn what to compare.",
        advice="Put a `Dense` layer without bias before the query and one before the key.",
    ),
    Difference(
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
    ),
    Difference(
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
    ),
)

GROUP = Group(
    name="attention",
    title="Attention",
    introduction=(
        "Scores, softmax, weighted sum: the same three steps, behind arguments that "
        "look alike and are not."
    ),
    differences=DIFFERENCES,
)
