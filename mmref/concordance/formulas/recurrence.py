"""Entries of the family ``recurrence``."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from mmref.concordance.exemptions import MATMUL, TANH
from mmref.concordance.formula import Formula, Peer, Vectors, function_of
from mmref.concordance.published import onnx_cases
from mmref.reference import recurrence as reference
from mmref.types import Array

# B, T, D and H differ, so that no transposed or swapped array has the right shape, and all
# weights are random: what is the same in every gate cannot tell one gate from another.
BATCH, STEPS, DIM, HIDDEN = 5, 4, 3, 2
VOCABULARY = 6
# Right-padded rows are what the frameworks' own layers are made for.
FAIR = ("all kept", "ragged", "one step")


def _lengths(steps):
    return np.arange(STEPS) < np.array(steps)[:, None]


MASKS = {
    "all kept": None,
    "ragged": _lengths([4, 2, 1, 3, 4]),
    # Padding in front and in the middle, and a row that keeps nothing.
    "gaps": np.array(
        [[1, 0, 1, 1], [0, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 1], [1, 1, 1, 1]], dtype=bool
    ),
}


def _weights(rng, gates, bias):
    return {
        "input_weight": rng.normal(size=(gates * HIDDEN, DIM)),
        "hidden_weight": rng.normal(size=(gates * HIDDEN, HIDDEN)),
        "bias": rng.normal(size=(*bias, gates * HIDDEN)),
    }


def _samples(gates, bias=(), states=("initial_state",), words="", **options):
    """The situations every recurrence is compared in."""

    def draw(rng, mask, steps=STEPS):
        inputs = {"inputs": rng.normal(size=(BATCH, steps, DIM))}
        started = {name: rng.normal(size=(BATCH, HIDDEN)) for name in states}
        return inputs | _weights(rng, gates, bias) | started | {"mask": mask} | options

    def hostile(rng):
        """NaN or infinity at every step that is masked."""
        mask = MASKS["gaps"].copy()
        arguments = draw(rng, mask)
        arguments["inputs"][~mask] = np.nan
        arguments["inputs"][2] = np.inf
        return arguments

    situations = {
        name: lambda rng, mask=mask: draw(rng, None if mask is None else mask.copy())
        for name, mask in MASKS.items()
    }
    situations["one step"] = lambda rng: draw(rng, None, 1)
    situations["hostile"] = hostile
    return {name + words: draw_one for name, draw_one in situations.items()}


def _lookups(rng, mask):
    ids = rng.integers(0, VOCABULARY, size=(BATCH, STEPS))
    ids[0] = 4  # a token that comes again and again
    return {"weight": rng.normal(size=(VOCABULARY, DIM)), "ids": ids, "mask": mask}


def _hostile_lookups(rng):
    """The row of padding is NaN, and ids that are masked are not in the table."""
    arguments = _lookups(rng, MASKS["gaps"].copy())
    arguments["ids"][arguments["ids"] == 0] = 1
    arguments["ids"][~arguments["mask"]] = 0
    arguments["ids"][2] = -7
    arguments["weight"][0] = np.nan
    return arguments


LOOKUPS = {
    "all kept": lambda rng: _lookups(rng, None),
    "ragged": lambda rng: _lookups(rng, MASKS["ragged"].copy()),
    "hostile": _hostile_lookups,
}

# Peers in PyTorch: its own layers, called with the reference's weights in place of their own. A
# ragged batch is packed; what comes back is zero where it was padded, and there our convention
# puts the final state.


def _torch_layer(name, dim, hidden, weights, inputs, starts, mask):
    import torch

    layer = getattr(torch.nn, name)(dim, hidden, batch_first=True, dtype=inputs.dtype)
    first = tuple(s[None] for s in starts)  # (1, B, H): layers come first
    given = inputs
    if mask is not None:
        pack = torch.nn.utils.rnn.pack_padded_sequence
        given = pack(inputs, mask.sum(dim=1), batch_first=True, enforce_sorted=False)
    call = (given, first if len(first) > 1 else first[0])
    states, final = torch.func.functional_call(layer, weights, call)
    if mask is None:
        return states
    states, _ = torch.nn.utils.rnn.pad_packed_sequence(states, batch_first=True)
    final = final[0] if isinstance(final, tuple) else final
    return torch.where(mask[..., None], states, final[0][:, None])


def _torch_peer(name):
    def peer(inputs, input_weight, hidden_weight, bias, initial_state, mask=None, **others):
        b, b_hidden = bias if bias.ndim == 2 else (bias, bias * 0)
        weights = {"weight_ih_l0": input_weight, "weight_hh_l0": hidden_weight}
        weights |= {"bias_ih_l0": b, "bias_hh_l0": b_hidden}
        starts = [initial_state] + [others[n] for n in ("initial_cell",) if n in others]
        return _torch_layer(name, DIM, HIDDEN, weights, inputs, starts, mask)

    return peer


# Peers in Keras: the layers hold one matrix for all gates, transposed; theirs of the GRU come in
# another order.


def _gate_order(array, order, axis=0):
    import keras

    gates = keras.ops.split(array, len(order), axis=axis)
    return keras.ops.concatenate([gates[i] for i in order], axis=axis)


def _keras_peer(name, order):
    def peer(inputs, input_weight, hidden_weight, bias, initial_state, mask=None, **others):
        import keras

        options = {n: others[n] for n in ("reset_after",) if n in others}
        # The loop of JAX refuses a float64 state that tanh makes float32.
        options["unroll"] = keras.backend.backend() == "jax"
        layer = getattr(keras.layers, name)(HIDDEN, return_sequences=True, **options)
        layer.build((None, None, DIM))
        values = [
            keras.ops.transpose(_gate_order(input_weight, order)),
            keras.ops.transpose(_gate_order(hidden_weight, order)),
            _gate_order(bias, order, axis=-1),
        ]
        starts = [initial_state] + [others[n] for n in ("initial_cell",) if n in others]
        fixed = [v.value for v in layer.non_trainable_variables]
        return layer.stateless_call(values, fixed, inputs, initial_state=starts, mask=mask)[0]

    return peer


def _torch_embedding(weight, ids, mask=None):
    import torch

    found = torch.nn.functional.embedding(ids, weight)
    return found if mask is None else found * mask[..., None]


def _keras_embedding(weight, ids, mask=None):
    import keras

    layer = keras.layers.Embedding(VOCABULARY, DIM)
    layer.build()
    found = layer.stateless_call([weight], [], ids)[0]
    return found if mask is None else found * keras.ops.cast(mask[..., None], found.dtype)


# The ONNX standard stacks the gates i, o, f, c for the LSTM and z, r, h for the GRU, and has two
# biases. Its cases mostly tell the last state alone.
ONNX_GATES = {"RNN": "0", "LSTM": "iofg", "GRU": "zrn"}
OUR_GATES = {"RNN": "0", "LSTM": "ifgo", "GRU": "rzn"}


def published_cases(operation: str) -> Iterator[tuple[str, dict[str, Any], Array]]:
    """The published cases of one operation: (name, arguments, expected last state).

    What has peepholes is left out: our LSTM has none. Two directions are two cases.
    """
    for name, options, given, told in onnx_cases(operation):
        if "peepholes" not in name:
            yield from _directions(operation, name, options, given, told["Y_h"])


def _directions(operation, name, options, given, final):
    if options.get("layout"):  # batch first, and in the states the directions second
        inputs, final = given["X"], np.swapaxes(final, 0, 1)
    else:
        inputs = np.swapaxes(given["X"], 0, 1)
    order = [ONNX_GATES[operation].index(gate) for gate in OUR_GATES[operation]]
    for direction in range(len(given["W"])):
        turned = options.get("direction", b"forward") == b"reverse" or direction == 1
        weights = [_gates(given[n][direction], order) for n in "WR"]
        both = given["B"][direction] if "B" in given else np.zeros(2 * len(weights[0]), "f")
        b, b_hidden = (_gates(part, order) for part in np.split(both, 2))
        arguments = {
            "inputs": inputs[:, ::-1] if turned else inputs,
            "input_weight": weights[0],
            "hidden_weight": weights[1],
            "bias": b + b_hidden,
        }
        if operation == "GRU":
            arguments["reset_after"] = bool(options.get("linear_before_reset", 0))
            arguments["bias"] = (
                np.stack([b, b_hidden]) if arguments["reset_after"] else b + b_hidden
            )
        yield name, arguments, final[direction]


def _gates(array, order):
    gates = np.split(array, len(order))
    return np.concatenate([gates[i] for i in order])


def _vectors(operation):
    def load():
        for _, arguments, expected in published_cases(operation):
            yield arguments, expected

    return (Vectors(f"ONNX {operation}", load, part=lambda states: states[:, -1]),)


CARRIED = ("input_weight", "hidden_weight", "bias")
FORMULAS = (
    Formula(
        name="embedding",
        reference=reference.embedding,
        gradient=reference.embedding_gradient,
        samples=LOOKUPS,
        layer=function_of("embedding"),
        peers=(
            Peer("torch.nn.functional.embedding", "torch", _torch_embedding, FAIR[:2]),
            Peer("keras.layers.Embedding", "keras", _keras_embedding, FAIR[:2]),
        ),
    ),
    Formula(
        name="rnn",
        reference=reference.rnn,
        gradient=reference.rnn_gradient,
        samples=_samples(1),
        layer=lambda wing, arguments: wing.RNN(DIM, HIDDEN),
        weights=CARRIED,
        peers=(
            Peer("torch.nn.RNN", "torch", _torch_peer("RNN"), FAIR),
            Peer("keras.layers.SimpleRNN", "keras", _keras_peer("SimpleRNN", (0,)), FAIR),
        ),
        vectors=_vectors("RNN"),
        exemptions=MATMUL + TANH,
    ),
    Formula(
        name="lstm",
        reference=reference.lstm,
        gradient=reference.lstm_gradient,
        samples=_samples(4, states=("initial_state", "initial_cell"), forget_gate=True)
        | _samples(
            3,
            states=("initial_state", "initial_cell"),
            words=", no forget gate",
            forget_gate=False,
        ),
        layer=lambda wing, arguments: wing.LSTM(DIM, HIDDEN, arguments["forget_gate"]),
        weights=CARRIED,
        peers=(
            Peer("torch.nn.LSTM", "torch", _torch_peer("LSTM"), FAIR),
            Peer("keras.layers.LSTM", "keras", _keras_peer("LSTM", range(4)), FAIR),
        ),
        vectors=_vectors("LSTM"),
        exemptions=MATMUL + TANH,
    ),
    Formula(
        name="gru",
        reference=reference.gru,
        gradient=reference.gru_gradient,
        samples=_samples(3, bias=(2,), reset_after=True)
        | _samples(3, words=", reset before", reset_after=False),
        layer=lambda wing, arguments: wing.GRU(DIM, HIDDEN, arguments["reset_after"]),
        weights=CARRIED,
        peers=(
            Peer("torch.nn.GRU", "torch", _torch_peer("GRU"), FAIR),
            Peer(
                "keras.layers.GRU",
                "keras",
                _keras_peer("GRU", (1, 0, 2)),
                FAIR + tuple(f"{name}, reset before" for name in FAIR),
            ),
        ),
        vectors=_vectors("GRU"),
        exemptions=MATMUL + TANH,
    ),
)
