"""Sequences that are padded to one length."""

import keras
import numpy as np
import torch
from keras import ops

from book.differences.recurrence.given_weights import keras_recurrence, torch_recurrence
from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import draw, rounded
from mmref.concordance.backends import run_keras


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


PADDED_SEQUENCE = FrameworkDifference(
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
)


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
        options["return_sequences"] = True
        layer = keras_recurrence(keras.layers.LSTM, kernel.T, recurrent.T, **options)
        return rounded(layer(x, mask=mask)[0, :, 0])

    return {"result": outputs(), "remedied": outputs(zero_output_for_mask=True)}


PADDED_OUTPUTS = FrameworkDifference(
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
)


def torch_leading_padding():
    x, kernel, recurrent = draw((1, 4, 3), (1, 3), (1, 1))
    layer, x = torch_recurrence(torch.nn.RNN, kernel, recurrent), torch.tensor(x)
    state = torch.full((1, 1, 1), 0.5)
    naive, _ = layer(x, state)  # the first two of four steps are padding
    kept, _ = layer(x[:, 2:], state)
    right = torch.cat([state.expand(1, 2, 1), kept], dim=1)
    return {"result": rounded(naive[0, :, 0]), "remedied": rounded(right[0, :, 0])}


def keras_leading_padding():
    x, kernel, recurrent = draw((1, 4, 3), (1, 3), (1, 1))
    options = {"return_sequences": True}
    layer = keras_recurrence(keras.layers.SimpleRNN, kernel.T, recurrent.T, **options)
    mask, state = ops.array([[False, False, True, True]]), ops.array([[0.5]])
    naive = layer(x, mask=mask, initial_state=state)[..., 0]
    started = ops.cumsum(ops.cast(mask, "int32"), axis=1) > 0
    right = ops.where(started, naive, state)
    return {"result": rounded(naive[0]), "remedied": rounded(right[0])}


LEADING_PADDING = FrameworkDifference(
    name="leading_padding",
    title="Outputs before the first step",
    torch=Side(
        "leading padding cannot be packed: it is read",
        torch_leading_padding,
        {
            "result": [-0.8911, 0.0752, -0.9842, 0.9989],
            "remedied": [0.5, 0.5, -0.9915, 0.9989],
        },
    ),
    keras=Side(
        "zero, while the state is the initial one",
        keras_leading_padding,
        {"result": [0.0, 0.0, -0.9915, 0.9989], "remedied": [0.5, 0.5, -0.9915, 0.9989]},
    ),
    consequence=(
        "Keras repeats the last output where the mask forbids a step. Before the first one there "
        "is none, and it gives zeros, also where an initial state was given: output and state are "
        "no longer the same."
    ),
    advice=(
        "Put padding at the end. The recurrences of `mmref.torch` and `mmref.keras` repeat the "
        "state, the initial one too."
    ),
)


def torch_embedding_mask():
    embedding = torch.nn.Embedding(4, 3, padding_idx=0)
    lstm = torch.nn.LSTM(3, 2, batch_first=True)
    embedding(torch.tensor([[1, 2, 0]])).sum().backward()
    _, (padded, _) = lstm(embedding(torch.tensor([[1, 2, 0]])))
    _, (short, _) = lstm(embedding(torch.tensor([[1, 2]])))
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


EMBEDDING_MASK = FrameworkDifference(
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
)
