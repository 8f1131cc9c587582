"""Recurrence and sequences."""

import warnings

import keras
import numpy as np
import torch
from keras import ops

from mmref.concordance.backends import run_keras
from mmref.concordance.differences.difference import Difference, Group, Side, draw, rounded


def torch_recurrence(kind, *weights, **options):
    """A layer of PyTorch with these weights: input (G H, D), hidden (G H, H), biases."""
    hidden, width = weights[1].shape[1], weights[0].shape[1]
    options = {"batch_first": True, "bias": len(weights) > 2} | options
    layer = kind(width, hidden, **options)
    with torch.no_grad():
        for parameter, weight in zip(layer.parameters(), weights, strict=True):
            parameter.copy_(torch.tensor(weight))
    return layer


def keras_recurrence(kind, *weights, **options):
    """A layer of Keras with these weights: kernel (D, G H), recurrent (H, G H), bias."""
    width, hidden = weights[0].shape[0], weights[1].shape[0]
    layer = kind(hidden, use_bias=len(weights) > 2, **options)
    layer.build((None, None, width))
    layer.set_weights(list(weights))
    return layer


def torch_lstm_gates():
    x, kernel, recurrent = draw((1, 4, 3), (8, 3), (8, 2))  # i, f, g, o: two rows each
    output, _ = torch_recurrence(torch.nn.LSTM, kernel, recurrent)(torch.tensor(x))
    return {"result": rounded(output[0, -1])}


def keras_lstm_gates():
    x, kernel, recurrent = draw((1, 4, 3), (8, 3), (8, 2))
    layer = keras_recurrence(keras.layers.LSTM, kernel.T, recurrent.T)  # only transposed
    return {"result": rounded(layer(x)[0])}


def torch_lstm_bias():
    layer = torch.nn.LSTM(1, 400)
    biases = [name for name, _ in layer.named_parameters() if "bias" in name]

    def forget_gate():
        return rounded(torch.sigmoid(sum(getattr(layer, b)[400:800] for b in biases)).mean(), 2)

    result = forget_gate()
    with torch.no_grad():
        layer.bias_ih_l0[400:800], layer.bias_hh_l0[400:800] = 1.0, 0.0
    return {"biases": biases, "result": result, "remedied": forget_gate()}


def keras_lstm_bias():
    layer = keras.layers.LSTM(400)
    layer.build((None, None, 1))
    bias = layer.cell.bias
    return {
        "bias": tuple(bias.shape),
        "result": rounded(ops.mean(ops.sigmoid(bias[400:800])), 2),
        "other gates start at": rounded(ops.max(ops.abs(bias[:400]))),
    }


def torch_gru_gates():
    x, kernel, recurrent = draw((1, 4, 3), (6, 3), (6, 2))  # r, z, n: two rows each
    output, _ = torch_recurrence(torch.nn.GRU, kernel, recurrent)(torch.tensor(x))
    return {"result": rounded(output[0, -1])}


def keras_gru_gates():
    x, kernel, recurrent = draw((1, 4, 3), (6, 3), (6, 2))
    naive = keras_recurrence(keras.layers.GRU, kernel.T, recurrent.T)
    z_first = [2, 3, 0, 1, 4, 5]
    right = keras_recurrence(keras.layers.GRU, kernel.T[:, z_first], recurrent.T[:, z_first])
    return {"result": rounded(naive(x)[0]), "remedied": rounded(right(x)[0])}


def torch_gru_reset():
    x, kernel, recurrent, b, c = draw((1, 4, 3), (6, 3), (6, 2), 6, 6)
    layer = torch_recurrence(torch.nn.GRU, kernel, recurrent, b, c)
    return {
        "biases": [tuple(layer.bias_ih_l0.shape), tuple(layer.bias_hh_l0.shape)],
        "result": rounded(layer(torch.tensor(x))[0][0, -1]),
    }


def keras_gru_reset():
    x, kernel, recurrent, b, c = draw((1, 4, 3), (6, 3), (6, 2), 6, 6)
    z_first = [2, 3, 0, 1, 4, 5]
    weights = [kernel.T[:, z_first], recurrent.T[:, z_first]]
    both, total = np.stack([b, c])[:, z_first], (b + c)[z_first]
    after = keras_recurrence(keras.layers.GRU, *weights, both)
    before = keras_recurrence(keras.layers.GRU, *weights, total, reset_after=False)
    return {
        "bias": tuple(after.cell.bias.shape),
        "bias, reset_after=False": tuple(before.cell.bias.shape),
        "result": rounded(before(x)[0]),
        "remedied": rounded(after(x)[0]),
    }


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


def torch_padded_sequence():
    x, kernel, recurrent = draw((1, 4, 3), (8, 3), (8, 2))
    layer, x = torch_recurrence(torch.nn.LSTM, kernel, recurrent), torch.tensor(x)
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, [2], batch_first=True)
    _, (h, _) = layer(packed)  # the last two of four steps are padding
    return {"result": rounded(layer(x)[0][0, -1]), "remedied": rounded(h[-1, 0])}


def keras_padded_sequence():
    x, kernel, recurrent = draw((1, 4, 3), (8, 3), (8, 2))
    layer = keras_recurrence(keras.layers.LSTM, kernel.T, recurrent.T)
    mask = ops.convert_to_tensor([[True, True, False, False]])
    return {"result": rounded(layer(x, mask=mask)[0])}


def torch_padded_outputs():
    x, kernel, recurrent = draw((1, 4, 3), (4, 3), (4, 1))
    layer = torch_recurrence(torch.nn.LSTM, kernel, recurrent)
    rnn = torch.nn.utils.rnn
    packed, _ = layer(rnn.pack_padded_sequence(torch.tensor(x), [2], batch_first=True))
    output, _ = rnn.pad_packed_sequence(packed, batch_first=True, total_length=4)
    return {"result": rounded(output[0, :, 0])}


def keras_padded_outputs():
    x, kernel, recurrent = draw((1, 4, 3), (4, 3), (4, 1))
    mask = ops.convert_to_tensor([[True, True, False, False]])

    def outputs(**options):
        weights, options = (kernel.T, recurrent.T), options | {"return_sequences": True}
        return keras_recurrence(keras.layers.LSTM, *weights, **options)(x, mask=mask)[0, :, 0]

    remedied = outputs(zero_output_for_mask=True)
    return {"result": rounded(outputs()), "remedied": rounded(remedied)}


def torch_bidirectional():
    x, *weights = draw((1, 4, 3), (4, 3), (4, 1), (4, 3), (4, 1))
    layer = torch.nn.LSTM(3, 1, bias=False, batch_first=True, bidirectional=True)
    with torch.no_grad():
        for parameter, weight in zip(layer.parameters(), weights):
            parameter.copy_(torch.tensor(weight))
    output, (h, _) = layer(torch.tensor(x))  # h (2, B, H)
    return {"result": rounded(output[0, -1]), "remedied": rounded(h[:, 0, 0])}


def keras_bidirectional():
    x, *weights = draw((1, 4, 3), (4, 3), (4, 1), (4, 3), (4, 1))
    layer = keras.layers.Bidirectional(keras.layers.LSTM(1, use_bias=False))
    layer.build((None, None, 3))
    layer.set_weights([w.T for w in weights])
    return {"result": rounded(layer(x)[0])}


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


def torch_embedding_mask():
    embedding = torch.nn.Embedding(4, 3, padding_idx=0)
    lstm = torch.nn.LSTM(3, 2, batch_first=True)
    embedding(torch.tensor([[1, 2, 0]])).sum().backward()
    padded, short = (lstm(embedding(torch.tensor([ids])))[1][0] for ids in ([1, 2, 0], [1, 2]))
    return {
        "row 0 starts at zero": bool((embedding.weight[0] == 0).all()),
        "result": rounded(embedding.weight.grad[0]),  # the gradient of row 0
        "the LSTM after it skips padding": torch.allclose(padded, short),
    }


def keras_embedding_mask():
    embedding, lstm = keras.layers.Embedding(4, 3, mask_zero=True), keras.layers.LSTM(2)
    ids = np.array([[1, 2, 0]])
    padded, short = (ops.convert_to_numpy(lstm(embedding(x))) for x in (ids, ids[:, :2]))
    _, gradients = run_keras(embedding, {"inputs": ids}, np.ones((1, 3, 3), "float32"))
    return {
        "row 0 starts at zero": bool(ops.all(embedding.embeddings[0] == 0)),
        "result": rounded(gradients["weight"][0]),
        "the LSTM after it skips padding": np.allclose(padded, short, atol=1e-6),
    }


DIFFERENCES = (
    Difference(
        name="lstm_gates",
        title="Gates of an LSTM",
        torch=Side("i, f, g, o", torch_lstm_gates, {"result": [-0.5219, 0.1831]}),
        keras=Side("i, f, c, o: the same order", keras_lstm_gates, {"result": [-0.5219, 0.1831]}),
        consequence=(
            "g and c are two names of one thing. Transposing is all; ONNX, for one, has i, o, f, c."
        ),
        advice="Nothing to permute. `mmref.convert` transposes.",
    ),
    Difference(
        name="lstm_bias",
        title="Biases of an LSTM",
        torch=Side(
            "two, added; both random",
            torch_lstm_bias,
            {"biases": ["bias_ih_l0", "bias_hh_l0"], "result": 0.5, "remedied": 0.73},
        ),
        keras=Side(
            "one; 1 at the forget gate, else 0",
            keras_lstm_bias,
            {"bias": (1600,), "result": 0.73, "other gates start at": 0.0},
        ),
        consequence=(
            "A new layer forgets half of its memory at each step in PyTorch and a quarter in "
            "Keras; and PyTorch counts 4H more parameters for the same function."
        ),
        advice=(
            "`mmref.convert` adds the two. For Keras's start, set the forget quarter of one "
            "bias to 1 and all else to 0; for PyTorch's, `unit_forget_bias=False`."
        ),
    ),
    Difference(
        name="gru_gates",
        title="Gates of a GRU",
        torch=Side("r, z, n", torch_gru_gates, {"result": [-0.7046, 0.6471]}),
        keras=Side(
            "z, r, h", keras_gru_gates, {"result": [0.677, -0.1435], "remedied": [-0.7046, 0.6471]}
        ),
        consequence=(
            "Copied without swapping, the reset gate updates and the update gate resets; "
            "nothing complains."
        ),
        advice="Swap the first two thirds; `mmref.convert` does it.",
    ),
    Difference(
        name="gru_reset",
        title="The reset gate of a GRU",
        torch=Side(
            "acts after the matrix product; two biases",
            torch_gru_reset,
            {"biases": [(6,), (6,)], "result": [0.7956, 0.995]},
        ),
        keras=Side(
            ("the same by default, bias (2, 3H); `reset_after=False` acts before it, bias (3H,)"),
            keras_gru_reset,
            {
                "bias": (2, 6),
                "bias, reset_after=False": (6,),
                "result": [0.7962, 0.9971],
                "remedied": [0.7956, 0.995],
            },
        ),
        consequence=(
            "These are two definitions of the GRU, from two versions of one paper; weights "
            "for one give slightly wrong outputs in the other."
        ),
        advice=(
            "Keep `reset_after=True`. The two biases cannot be added: the reset gate "
            "multiplies the second one only."
        ),
    ),
    Difference(
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
    ),
    Difference(
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
            "Code that indexes `[:, -1]` takes the last step in PyTorch and the last feature "
            "in Keras."
        ),
        advice="`return_sequences=True` and `return_state=True` in Keras.",
    ),
    Difference(
        name="padded_sequence",
        title="Padding and the last state",
        torch=Side(
            "padding is input like any other",
            torch_padded_sequence,
            {"result": [-0.5219, 0.1831], "remedied": [-0.0577, 0.0671]},
        ),
        keras=Side(
            "steps that the mask forbids are skipped",
            keras_padded_sequence,
            {"result": [-0.0577, 0.0671]},
        ),
        consequence=(
            "The last output of a padded sequence depends on how much padding its batch needed."
        ),
        advice="`pack_padded_sequence` in PyTorch, and the state it returns.",
    ),
    Difference(
        name="padded_outputs",
        title="Outputs at padded steps",
        torch=Side(
            "zero after unpacking", torch_padded_outputs, {"result": [-0.0265, -0.1282, 0.0, 0.0]}
        ),
        keras=Side(
            "the last output, repeated",
            keras_padded_outputs,
            {
                "result": [-0.0265, -0.1282, -0.1282, -0.1282],
                "remedied": [-0.0265, -0.1282, 0.0, 0.0],
            },
        ),
        consequence="A mean over time counts the last output several times.",
        advice="`zero_output_for_mask=True` in Keras; better, average with the mask.",
    ),
    Difference(
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
    ),
    Difference(
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
    ),
    Difference(
        name="embedding_mask",
        title="The padding word",
        torch=Side(
            "`padding_idx`: row is zero and stays so; no mask",
            torch_embedding_mask,
            {
                "row 0 starts at zero": True,
                "result": [0.0, 0.0, 0.0],
                "the LSTM after it skips padding": False,
            },
        ),
        keras=Side(
            "`mask_zero`: a row like any other; the mask goes on",
            keras_embedding_mask,
            {
                "row 0 starts at zero": False,
                "result": [1.0, 1.0, 1.0],
                "the LSTM after it skips padding": True,
            },
        ),
        consequence=(
            "PyTorch's next layers read zeros as if they were words. Keras's skip them, and "
            "the row's values matter only to layers that know no mask."
        ),
        advice=(
            "In PyTorch pass lengths or masks along by hand; in Keras check that each layer "
            "in between passes the mask on."
        ),
    ),
)

GROUP = Group(
    name="recurrence",
    title="Recurrence and sequences",
    introduction=(
        "Two helpers build a layer with given weights; Keras's are the transposed ones of PyTorch."
    ),
    differences=DIFFERENCES,
    helpers=(torch_recurrence, keras_recurrence),
)
