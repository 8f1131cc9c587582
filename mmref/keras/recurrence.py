"""Recurrence: a state that is carried from step to step (contract: ``mmref.contract.recurrence``).

Written from the formulas, to be read: a Python loop over the steps, whose number must be known.
``keras.layers.SimpleRNN``, ``LSTM`` and ``GRU`` compute the same faster. Weights start as theirs
do: Glorot uniform for the inputs, orthogonal for the state, biases zero but for the forget gate's,
which is 1.
"""

from collections.abc import Sequence
from typing import Any, Self

import keras
from keras import ops

from mmref.contract.arrays import dtype_name, known
from mmref.contract.recurrence import (
    check_layers,
    check_lookup,
    check_sequences,
    check_stack,
    check_two_ways,
)
from mmref.contract.settings import check_counts, check_flags
from mmref.errors import ShapeError
from mmref.keras._values import check_indices
from mmref.types import Tensor


@keras.saving.register_keras_serializable("mmref")
class RNN(keras.layers.Layer):
    """Simple recurrent network.

    Formula
        h_t = tanh(W x_t + U h_{t-1} + b);  h_t = h_{t-1} where step t is masked

    Args
        dim: D, the width of the inputs. hidden: H, the width of the state.

    Call
        inputs: (B, T, D). initial_state: (B, H), or None for zeros. mask: boolean (B, T),
        True = keep, or None. Returns the states (B, T, H); the last column is the final state
        of every row, also where the last steps are masked.

    Errors
        ShapeError: a wrong shape or dtype, or no step at all. TypeError: no array.

    Source
        Elman, Cognitive Science 14(2), 1990.

    >>> tuple(RNN(3, 5)(ops.ones((2, 4, 3))).shape)
    (2, 4, 5)
    """

    def __init__(self, dim: int, hidden: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_counts(dim=dim, hidden=hidden)
        self.dim, self.hidden, self.supports_masking = dim, hidden, True

    def build(self, *_: Any) -> None:
        self.input_weight, self.hidden_weight = start_weights(self, gates=1)
        self.bias = self.add_weight(shape=(self.hidden,), initializer="zeros", name="bias")

    def call(
        self, inputs: Tensor, initial_state: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        x, h = start(self, inputs, mask, initial_state=initial_state)
        projected = x @ ops.transpose(self.input_weight) + self.bias  # (B, T, H), all steps
        hidden_weight = ops.transpose(self.hidden_weight)
        states = []
        for t in range(x.shape[1]):
            new = ops.tanh(projected[:, t] + h @ hidden_weight)  # (B, H)
            h = carry(mask, t, new, h)
            states.append(h)
        return ops.stack(states, axis=1)  # (B, T, H)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"dim": self.dim, "hidden": self.hidden}


@keras.saving.register_keras_serializable("mmref")
class LSTM(keras.layers.Layer):
    """Long short-term memory.

    Formula (s is the logistic function; * is elementwise)
        [a_i; a_f; a_c; a_o] = W x_t + U h_{t-1} + b
        i = s(a_i),  f = s(a_f),  g = tanh(a_c),  o = s(a_o)
        c_t = f * c_{t-1} + i * g,  h_t = o * tanh(c_t)
        without a forget gate, c_t = c_{t-1} + i * g

    Args
        dim: D. hidden: H. forget_gate: False is the cell of 1997, True that of 2000.

    Call, errors: as :class:`RNN`; initial_cell (B, H) starts the cell as initial_state does the
        state.

    Source
        Hochreiter and Schmidhuber, Neural Computation 9(8), 1997; Gers, Schmidhuber and Cummins,
        Neural Computation 12(10), 2000.

    >>> tuple(LSTM(3, 5)(ops.ones((2, 4, 3))).shape)
    (2, 4, 5)
    """

    def __init__(self, dim: int, hidden: int, forget_gate: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_counts(dim=dim, hidden=hidden)
        check_flags(forget_gate=forget_gate)
        self.dim, self.hidden, self.forget_gate = dim, hidden, forget_gate
        self.supports_masking = True

    def build(self, *_: Any) -> None:
        gates = 4 if self.forget_gate else 3
        self.input_weight, self.hidden_weight = start_weights(self, gates)
        self.bias = self.add_weight(
            shape=(gates * self.hidden,), initializer=self.start_bias, name="bias"
        )

    def start_bias(self, shape: tuple[int, ...], dtype: str | None = None) -> Tensor:
        """Zeros; the forget gate is open at first: what is in the cell stays."""
        forget = ops.ones((self.hidden if self.forget_gate else 0,), dtype)
        rest = ops.zeros((shape[0] - self.hidden - len(forget),), dtype)
        return ops.concatenate([ops.zeros((self.hidden,), dtype), forget, rest])

    def call(
        self,
        inputs: Tensor,
        initial_state: Tensor | None = None,
        initial_cell: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        given = {"initial_state": initial_state, "initial_cell": initial_cell}
        x, h, c = start(self, inputs, mask, **given)
        projected = x @ ops.transpose(self.input_weight) + self.bias  # (B, T, 4H)
        hidden_weight = ops.transpose(self.hidden_weight)
        states = []
        for t in range(x.shape[1]):
            a = projected[:, t] + h @ hidden_weight  # (B, 4H)
            if self.forget_gate:
                a_i, a_f, a_c, a_o = ops.split(a, 4, axis=1)
                new = ops.sigmoid(a_f) * c + ops.sigmoid(a_i) * ops.tanh(a_c)
            else:
                a_i, a_c, a_o = ops.split(a, 3, axis=1)
                new = c + ops.sigmoid(a_i) * ops.tanh(a_c)
            h = carry(mask, t, ops.sigmoid(a_o) * ops.tanh(new), h)
            c = carry(mask, t, new, c)
            states.append(h)
        return ops.stack(states, axis=1)  # (B, T, H)

    def get_config(self) -> dict[str, Any]:
        config = {"dim": self.dim, "hidden": self.hidden, "forget_gate": self.forget_gate}
        return super().get_config() | config


@keras.saving.register_keras_serializable("mmref")
class GRU(keras.layers.Layer):
    """Gated recurrent unit, in both of its definitions.

    Formula (s is the logistic function; * is elementwise)
        r = s(W_r x_t + U_r h_{t-1} + b_r),  z = s(W_z x_t + U_z h_{t-1} + b_z)
        reset after:  n = tanh(W_n x_t + b_n + r * (U_n h_{t-1} + b'_n))
        reset before: n = tanh(W_n x_t + b_n + U_n (r * h_{t-1}))
        h_t = (1 - z) * n + z * h_{t-1}

    Args
        dim: D. hidden: H. reset_after: whether r multiplies U_n h (True) or h itself. The bias
        is (2, 3H) in the first case: b and b', of which r and z use the sum.

    Call, errors: as :class:`RNN`.

    Source
        Cho et al., EMNLP 2014: arXiv 1406.1078 v1 resets after, v3 before.

    >>> tuple(GRU(3, 5, reset_after=False)(ops.ones((2, 4, 3))).shape)
    (2, 4, 5)
    """

    def __init__(self, dim: int, hidden: int, reset_after: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_counts(dim=dim, hidden=hidden)
        check_flags(reset_after=reset_after)
        self.dim, self.hidden, self.reset_after = dim, hidden, reset_after
        self.supports_masking = True

    def build(self, *_: Any) -> None:
        self.input_weight, self.hidden_weight = start_weights(self, gates=3)
        shape = (2, 3 * self.hidden) if self.reset_after else (3 * self.hidden,)
        self.bias = self.add_weight(shape=shape, initializer="zeros", name="bias")

    def call(
        self, inputs: Tensor, initial_state: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        x, h = start(self, inputs, mask, initial_state=initial_state)
        b = ops.reshape(self.bias, (-1, 3 * self.hidden))  # (2, 3H) or (1, 3H)
        b, b_hidden = b[0], b[1] if self.reset_after else ops.zeros_like(b[0])
        projected = x @ ops.transpose(self.input_weight) + b  # (B, T, 3H)
        u_gates, u_new = ops.split(ops.transpose(self.hidden_weight), [2 * self.hidden], axis=1)
        b_gates, b_new = ops.split(b_hidden, [2 * self.hidden])
        states = []
        for t in range(x.shape[1]):
            x_gates, x_new = ops.split(projected[:, t], [2 * self.hidden], axis=1)
            r, z = ops.split(ops.sigmoid(x_gates + h @ u_gates + b_gates), 2, axis=1)
            if self.reset_after:
                n = ops.tanh(x_new + r * (h @ u_new + b_new))
            else:
                n = ops.tanh(x_new + (r * h) @ u_new)
            h = carry(mask, t, (1 - z) * n + z * h, h)
            states.append(h)
        return ops.stack(states, axis=1)  # (B, T, H)

    def get_config(self) -> dict[str, Any]:
        config = {"dim": self.dim, "hidden": self.hidden, "reset_after": self.reset_after}
        return super().get_config() | config


@keras.saving.register_keras_serializable("mmref")
class Bidirectional(keras.layers.Layer):
    """Two recurrent layers, one of which reads from the end: (B, T, D) -> (B, T, 2H).

    Formula
        y_t = [h_t; k_t], where k runs from step T to step 1

    Args
        forward_layer, backward_layer: two of this module's layers, as different as you like.

    Call
        inputs, mask: as :class:`RNN`. The final states are ``y[:, -1, :H]`` and ``y[:, 0, H:]``.

    Errors
        TypeError: a layer that does not take inputs and mask. Others as :class:`RNN`.

    Source
        Schuster and Paliwal, "Bidirectional Recurrent Neural Networks", IEEE Transactions on
        Signal Processing 45(11), 1997.

    >>> tuple(Bidirectional(GRU(3, 5), GRU(3, 5))(ops.ones((2, 4, 3))).shape)
    (2, 4, 10)
    """

    def __init__(
        self, forward_layer: keras.Layer, backward_layer: keras.Layer, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_layers("call", forward_layer=forward_layer, backward_layer=backward_layer)
        self.forward_layer, self.backward_layer = forward_layer, backward_layer
        self.supports_masking = True

    def build(self, *_: Any) -> None:
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer.build(None)

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        check_two_ways(inputs, mask)
        # Padding that stood last now comes first, where the mask carries the initial state on.
        turned = None if mask is None else ops.flip(mask, axis=1)
        ahead = self.forward_layer(inputs, mask=mask)
        back = ops.flip(self.backward_layer(ops.flip(inputs, axis=1), mask=turned), axis=1)
        return ops.concatenate([ahead, back], axis=-1)  # (B, T, 2H)

    def get_config(self) -> dict[str, Any]:
        parts = {"forward_layer": self.forward_layer, "backward_layer": self.backward_layer}
        written = {name: keras.saving.serialize_keras_object(p) for name, p in parts.items()}
        return super().get_config() | written

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        read = keras.saving.deserialize_keras_object
        return cls(**{k: read(v) if k.endswith("_layer") else v for k, v in config.items()})


@keras.saving.register_keras_serializable("mmref")
class Stacked(keras.layers.Layer):
    """Layers on top of each other: each reads the states of the one below.

    Args
        layers: a list of layers that are called with (inputs, mask=mask).

    Errors
        ValueError: no layer. TypeError: one that does not take inputs and mask.

    >>> tuple(Stacked([LSTM(3, 5), LSTM(5, 2)])(ops.ones((2, 4, 3))).shape)
    (2, 4, 2)
    """

    def __init__(self, layers: Sequence[keras.Layer], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layers, self.supports_masking = check_stack("call", layers), True

    def build(self, *_: Any) -> None:
        for layer in self.layers:
            if not layer.built:
                layer.build(None)

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        for layer in self.layers:
            inputs = layer(inputs=inputs, mask=mask)
        return inputs

    def get_config(self) -> dict[str, Any]:
        written = [keras.saving.serialize_keras_object(layer) for layer in self.layers]
        return super().get_config() | {"layers": written}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        read = keras.saving.deserialize_keras_object
        return cls(**config | {"layers": [read(layer) for layer in config["layers"]]})


def embedding(weight: Tensor, ids: Tensor, mask: Tensor | None = None) -> Tensor:
    """Row ``ids`` (B, T) of the table ``weight`` (V, D), zero where masked: (B, T, D).

    Errors: TypeError if they are no arrays; ShapeError for a wrong shape or dtype; ValueError for
    an id that is kept and outside 0 ... V - 1 (compiled code has no values to look at).

    >>> ops.convert_to_numpy(embedding(ops.eye(2), ops.array([[1, 0]]))).tolist()
    [[[0.0, 1.0], [1.0, 0.0]]]
    """
    check_lookup(weight, ids, mask)
    check_indices("ids", ids, weight.shape[0], "len(weight)", mask)
    ids = ops.convert_to_tensor(ids)
    if dtype_name(ids) not in ("int32", "int64"):
        ids = ops.cast(ids, "int32")  # bytes are no index
    kept = ids if mask is None else ops.where(mask, ids, ops.zeros_like(ids))
    found = ops.take(weight, kept, axis=0)  # (B, T, D)
    # where, not multiplication: a row of padding may hold NaN, and 0 * NaN is NaN.
    return found if mask is None else ops.where(mask[..., None], found, ops.zeros_like(found))


def start_weights(layer: keras.Layer, gates: int) -> tuple[keras.Variable, keras.Variable]:
    """W (gates * H, D) and U (gates * H, H)."""
    rows = gates * layer.hidden
    input_weight = layer.add_weight(
        shape=(rows, layer.dim), initializer="glorot_uniform", name="input_weight"
    )
    hidden_weight = layer.add_weight(
        shape=(rows, layer.hidden), initializer="orthogonal", name="hidden_weight"
    )
    return input_weight, hidden_weight


def start(
    layer: keras.Layer, inputs: Tensor, mask: Tensor | None, **states: Tensor | None
) -> tuple[Tensor, ...]:
    """Checked inputs, masked steps set to zero, and each initial state (zeros for None)."""
    check_sequences(inputs, layer.dim, layer.hidden, states, mask)
    shape = tuple(n if known(n) else None for n in inputs.shape)
    if shape[1] is None:
        raise ShapeError("inputs", "a known number of steps", shape)
    zeros = ops.zeros((ops.shape(inputs)[0], layer.hidden), dtype=layer.compute_dtype)
    started = [zeros if state is None else state for state in states.values()]
    # where, not multiplication: a masked step may hold NaN, and 0 * NaN is NaN.
    x = inputs if mask is None else ops.where(mask[..., None], inputs, ops.zeros_like(inputs))
    return x, *started


def carry(mask: Tensor | None, t: int, new: Tensor, old: Tensor) -> Tensor:
    """The new state (B, H), but the old one in the rows that are masked at step t."""
    return new if mask is None else ops.where(mask[:, t, None], new, old)
