"""Recurrent layers: their gates and biases, several layers, two directions; and embeddings."""

from dataclasses import replace

from mmref.convert.tables.array import Array

# PyTorch keeps two biases and adds them; for the simple network and the LSTM their sum is all
# that matters. Both frameworks order the LSTM's gates i, f, g, o.
RNN = (
    Array("input_weight", "weight_ih_l0", "cell.kernel", axes=(1, 0)),  # (H, D)
    Array("hidden_weight", "weight_hh_l0", "cell.recurrent_kernel", axes=(1, 0)),  # (H, H)
    Array("bias", ("bias_ih_l0", "bias_hh_l0"), "cell.bias", joined="sum"),  # (H,)
)
LSTM = (
    Array("input_weight", "weight_ih_l0", "cell.kernel", axes=(1, 0)),  # (4H, D)
    Array("hidden_weight", "weight_hh_l0", "cell.recurrent_kernel", axes=(1, 0)),  # (4H, H)
    Array("bias", ("bias_ih_l0", "bias_hh_l0"), "cell.bias", joined="sum"),  # (4H,)
)
# A GRU's two biases cannot be added where the reset gate multiplies only the second. Gates:
# reset, update (z), new; Keras puts the update gate first.
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
        "bias",  # (2, 3H); (3H,) in Keras with reset_after=False
        ("bias_ih_l0", "bias_hh_l0"),
        "cell.bias",
        joined="stack",
        gates=(RESET_FIRST, UPDATE_FIRST, -1),
    ),
)


def _of_each_layer(arrays):
    """PyTorch holds all layers and directions in one module, as weight_ih_l1_reverse and such.

    The canonical names are those of ours: layers.1.backward_layer.input_weight.
    """

    def table(module):
        for layer in range(module.num_layers):
            stack = f"layers.{layer}." if module.num_layers > 1 else ""
            for suffix in ("", "_reverse") if module.bidirectional else ("",):
                side = {"": "forward_layer.", "_reverse": "backward_layer."}[suffix]
                for array in arrays:
                    name = stack + (side if module.bidirectional else "") + array.name
                    ends = f"_l{layer}{suffix}"
                    held = array.torch if array.joined else (array.torch,)
                    held = tuple(attribute.replace("_l0", ends) for attribute in held)
                    yield replace(array, name=name, torch=held if array.joined else held[0])

    return table


EMBEDDING = (Array("weight", "weight", "embeddings"),)

LAYERS = {
    "torch": {
        "RNN": _of_each_layer(RNN),
        "LSTM": _of_each_layer(LSTM),
        "GRU": _of_each_layer(GRU),
        "Embedding": EMBEDDING,
    },
    "keras": {"SimpleRNN": RNN, "LSTM": LSTM, "GRU": GRU, "Embedding": EMBEDDING},
}
MODELS = {
    "RNN": ("input_weight", "hidden_weight", "bias"),
    "LSTM": ("input_weight", "hidden_weight", "bias"),
    "GRU": ("input_weight", "hidden_weight", "bias"),
    "Bidirectional": ("forward_layer", "backward_layer"),
    "Stacked": ("layers",),
}
COMPOSITES = {
    "torch": {},
    "keras": {"Bidirectional": ("forward_layer", "backward_layer"), "Sequential": ("layers",)},
}
