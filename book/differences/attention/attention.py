"""Arguments and scores."""

import inspect

import keras
import torch
from torch.nn import functional as F

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import draw, rounded


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


ARGUMENT_ORDER = FrameworkDifference(
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
)


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


SCALING = FrameworkDifference(
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
)


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


ADDITIVE = FrameworkDifference(
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
)
