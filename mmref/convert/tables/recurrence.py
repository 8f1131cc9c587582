"""Recurrent cells, one layer and one direction."""

from mmref.convert.tables.array import Array

# PyTorch keeps two LSTM biases and adds them. Both frameworks order the gates i, f, g, o.
LSTM = (
    Array("input_weight", "weight_ih_l0", "cell.kernel", axes=(1, 0)),  # (4H, D)
    Array("hidden_weight", "weight_hh_l0", "cell.recurrent_kernel", axes=(1, 0)),  # (4H, H)
    Array("bias", ("bias_ih_l0", "bias_hh_l0"), "cell.bias", joined="sum"),  # (4H,)
)
# A GRU's two biases cannot be added: the reset gate multiplies only the second. Gates: reset,
# update (z), new; Keras puts the update gate first.
RESET_FIRST, UPDATE_FIRST = "rzn", "zrn"
GRU = (
    Array(
        "input_weight",  # (3H, D)
        "weight_ih_l0",
        "cell.kernel",
        axes=(1, 0),
        gates=(RESET_FIRST, UPDATE_FIRST, 0),
    ),
    Array(
        "hidden_weight",  # (3H, H)
        "weight_hh_l0",
        "cell.recurrent_kernel",
        axes=(1, 0),
        gates=(RESET_FIRST, UPDATE_FIRST, 0),
    ),
    Array(
        "bias",  # (2, 3H)
        ("bias_ih_l0", "bias_hh_l0"),
        "cell.bias",
        joined="stack",
        gates=(RESET_FIRST, UPDATE_FIRST, -1),
    ),
)

LAYERS = {"torch": {"LSTM": LSTM, "GRU": GRU}, "keras": {"LSTM": LSTM, "GRU": GRU}}
OWN_LAYERS = {"torch": {}, "keras": {}}
