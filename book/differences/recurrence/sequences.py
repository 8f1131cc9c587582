"""What happens over many steps: axes, outputs, directions, dropout."""

import warnings

import keras
import numpy as np
import torch
from keras import ops

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import draw, rounded


def torch_batch_first():
    x = torch.tensor(draw((2, 5, 4))[0])  # meant as (B, T, D)
    other = x.clone()
    other[0] += 1
    attention = torch.nn.MultiheadAttention(4, 1)
    layers = {
        "LSTM": torch.nn.LSTM(4, 3),
        "LSTM(batch_first=True)": torch.nn.LSTM(4, 3, batch_first=True),
        "MultiheadAttention": lambda x: attention(x, x, x),
    }
    # Does what comes out for the second sequence change when the first one does?
    return {
        f"{name} mixes sequences": not torch.allclose(layer(x)[0][1], layer(other)[0][1])
        for name, layer in layers.items()
    }


def keras_batch_first():
    x = draw((2, 5, 4))[0]  # (B, T, D)
    other = x.copy()
    other[0] += 1
    layer = keras.layers.LSTM(3)
    before, after = (ops.convert_to_numpy(layer(v)[1]) for v in (x, other))
    return {"LSTM mixes sequences": not np.allclose(before, after)}


BATCH_FIRST = FrameworkDifference(
    name="batch_first",
    title="Axes of a sequence",
    torch=Side(
        "(T, B, D) by default, attention included",
        torch_batch_first,
        {
            "LSTM mixes sequences": True,
            "LSTM(batch_first=True) mixes sequences": False,
            "MultiheadAttention mixes sequences": True,
        },
    ),
    keras=Side("(B, T, D)", keras_batch_first, {"LSTM mixes sequences": False}),
    consequence=(
        "A batch (B, T, D) is read as B steps of T sequences: sequences of one batch leak "
        "into each other, and the shapes show nothing."
    ),
    advice="`batch_first=True`, always.",
)


def torch_rnn_returns():
    output, (h, c) = torch.nn.LSTM(4, 3, batch_first=True)(torch.zeros(2, 5, 4))
    return {"output": tuple(output.shape), "h": tuple(h.shape), "c": tuple(c.shape)}


def keras_rnn_returns():
    x = ops.zeros((2, 5, 4))
    layer = keras.layers.LSTM(3, return_sequences=True, return_state=True)
    return {
        "output": tuple(keras.layers.LSTM(3)(x).shape),
        "output, h, c when asked for": [tuple(a.shape) for a in layer(x)],
    }


RNN_RETURNS = FrameworkDifference(
    name="rnn_returns",
    title="What a recurrent layer returns",
    torch=Side(
        "all outputs, and the last state with an axis for layers",
        torch_rnn_returns,
        {"output": (2, 5, 3), "h": (1, 2, 3), "c": (1, 2, 3)},
    ),
    keras=Side(
        "the last output only",
        keras_rnn_returns,
        {"output": (2, 3), "output, h, c when asked for": [(2, 5, 3), (2, 3), (2, 3)]},
    ),
    consequence=(
        "Code that indexes `[:, -1]` takes the last step in PyTorch and the last feature in Keras."
    ),
    advice="`return_sequences=True` and `return_state=True` in Keras.",
)


def torch_bidirectional():
    x, *weights = draw((1, 4, 3), (4, 3), (4, 1), (4, 3), (4, 1))
    layer = torch.nn.LSTM(3, 1, bias=False, batch_first=True, bidirectional=True)
    with torch.no_grad():
        for parameter, weight in zip(layer.parameters(), weights, strict=True):
            parameter.copy_(torch.tensor(weight))
    output, (h, _) = layer(torch.tensor(x))  # h (2, B, H)
    return {"result": rounded(output[0, -1]), "remedied": rounded(h[:, 0, 0])}


def keras_bidirectional():
    x, *weights = draw((1, 4, 3), (4, 3), (4, 1), (4, 3), (4, 1))
    layer = keras.layers.Bidirectional(keras.layers.LSTM(1, use_bias=False))
    layer.build((None, None, 3))
    layer.set_weights([w.T for w in weights])
    return {"result": rounded(layer(x)[0])}


BIDIRECTIONAL = FrameworkDifference(
    name="bidirectional",
    title="The last output in two directions",
    torch=Side(
        "`output[:, -1]`: the backward half has read one step",
        torch_bidirectional,
        {"result": [-0.1365, -0.1211], "remedied": [-0.1365, -0.0036]},
    ),
    keras=Side(
        "the backward half has read all", keras_bidirectional, {"result": [-0.1365, -0.0036]}
    ),
    consequence="Half of the features in PyTorch have seen one word.",
    advice="In PyTorch take `h`, or the backward half of `output[:, 0]`.",
)


def torch_rnn_dropout():
    x = torch.tensor(draw((1, 4, 3))[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch says that this dropout does nothing
        layer = torch.nn.LSTM(3, 50, dropout=0.5).train()
    return {"one layer drops anything": not torch.equal(layer(x)[0], layer.eval()(x)[0])}


def keras_rnn_dropout():
    (x,) = draw((1, 4, 3))
    layer = keras.layers.LSTM(50, dropout=0.5, seed=0)
    train, test = (ops.convert_to_numpy(layer(x, training=mode)) for mode in (True, False))
    return {"one layer drops anything": not np.array_equal(train, test)}


RNN_DROPOUT = FrameworkDifference(
    name="rnn_dropout",
    title="Dropout of a recurrent layer",
    torch=Side(
        "between stacked layers: one layer has none",
        torch_rnn_dropout,
        {"one layer drops anything": False},
    ),
    keras=Side(
        "on the inputs; `recurrent_dropout` on the state",
        keras_rnn_dropout,
        {"one layer drops anything": True},
    ),
    consequence=(
        "`dropout=0.5` on a single layer regularizes in Keras and does nothing in "
        "PyTorch, which warns."
    ),
    advice="In PyTorch put `nn.Dropout` before the layer.",
)
