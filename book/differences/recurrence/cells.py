"""What happens in one step: gates and biases."""

import keras
import numpy as np
import torch
from keras import ops

from book.differences.recurrence.given_weights import keras_recurrence, torch_recurrence
from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import draw, rounded


def torch_lstm_gates():
    x, kernel, recurrent = draw((1, 4, 3), (8, 3), (8, 2))  # i, f, g, o: two rows each
    output, _ = torch_recurrence(torch.nn.LSTM, kernel, recurrent)(torch.tensor(x))
    return {"result": rounded(output[0, -1])}


def keras_lstm_gates():
    x, kernel, recurrent = draw((1, 4, 3), (8, 3), (8, 2))
    layer = keras_recurrence(keras.layers.LSTM, kernel.T, recurrent.T)  # only transposed
    return {"result": rounded(layer(x)[0])}


LSTM_GATES = FrameworkDifference(
    name="lstm_gates",
    title="Gates of an LSTM",
    torch=Side("i, f, g, o", torch_lstm_gates, {"result": [-0.5219, 0.1831]}),
    keras=Side("i, f, c, o: the same order", keras_lstm_gates, {"result": [-0.5219, 0.1831]}),
    consequence=(
        "g and c are two names of one thing. Transposing is all; ONNX, for one, has i, o, f, c."
    ),
    advice="Nothing to permute. `mmref.convert` transposes.",
)


def torch_lstm_bias():
    layer = torch.nn.LSTM(1, 400)
    biases = [name for name, _ in layer.named_parameters() if "bias" in name]

    def forget_gate():
        bias = layer.bias_ih_l0 + layer.bias_hh_l0
        return rounded(torch.sigmoid(bias[400:800]).mean(), 2)

    result = forget_gate()
    with torch.no_grad():
        layer.bias_ih_l0[400:800] = 1.0
        layer.bias_hh_l0[400:800] = 0.0
    return {"biases": biases, "result": result, "remedied": forget_gate()}


def keras_lstm_bias():
    layer, zero = keras.layers.LSTM(400), keras.layers.LSTM(400, unit_forget_bias=False)
    layer.build((None, None, 1))
    zero.build((None, None, 1))
    bias = layer.cell.bias
    return {
        "bias": tuple(bias.shape),
        "result": rounded(ops.mean(ops.sigmoid(bias[400:800])), 2),
        "other gates start at": rounded(ops.max(ops.abs(bias[:400]))),
        "all with unit_forget_bias=False": rounded(ops.max(ops.abs(zero.cell.bias))),
    }


LSTM_BIAS = FrameworkDifference(
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
        {
            "bias": (1600,),
            "result": 0.73,
            "other gates start at": 0.0,
            "all with unit_forget_bias=False": 0.0,
        },
    ),
    consequence=(
        "A new layer forgets half of its memory at each step in PyTorch and a quarter in "
        "Keras; and PyTorch counts 4H more parameters for the same function."
    ),
    advice=(
        "`mmref.convert` adds the two. For Keras's start, set the forget quarter of one of "
        "PyTorch's biases to 1 and all else to 0. `unit_forget_bias=False` starts all of Keras's "
        "at 0, the mean of PyTorch's."
    ),
)


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


GRU_GATES = FrameworkDifference(
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
)


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


GRU_RESET = FrameworkDifference(
    name="gru_reset",
    title="The reset gate of a GRU",
    torch=Side(
        "acts after the matrix product; two biases",
        torch_gru_reset,
        {"biases": [(6,), (6,)], "result": [0.7956, 0.995]},
    ),
    keras=Side(
        "the same by default, bias (2, 3H); `reset_after=False` acts before it, bias (3H,)",
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
)
