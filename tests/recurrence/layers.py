"""Two layers and two directions, PyTorch's and ours."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")


CELLS = ("RNN", "LSTM", "GRU")


MASK = np.arange(6) < np.array([6, 3, 1, 5])[:, None]


def inputs(dtype="float32"):
    return np.random.default_rng(7).normal(size=(4, 6, 3)).astype(dtype)


def torch_layer(cell, **options):
    torch.manual_seed(0)
    layer = getattr(torch.nn, cell)(3, 5, batch_first=True, **options)
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter)
    return layer


def packed(layer, x, mask):
    lengths = torch.tensor(mask.sum(axis=1))
    pack = torch.nn.utils.rnn.pack_padded_sequence
    with torch.no_grad():
        states, final = layer(
            pack(torch.tensor(x), lengths, batch_first=True, enforce_sorted=False)
        )
    states, _ = torch.nn.utils.rnn.pad_packed_sequence(states, batch_first=True)
    return states.numpy(), final[0] if isinstance(final, tuple) else final


def composite(wing, cell):
    """Two layers, two directions, of ours."""
    kind = getattr(wing, cell)
    return wing.Stacked(
        [wing.Bidirectional(kind(d, 5), kind(d, 5)) for d in (3, 10)],
    )
