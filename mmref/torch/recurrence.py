"""Recurrence: a state that is carried from step to step (contract: ``mmref.contract.recurrence``).

Written from the formulas, to be read: a Python loop over the steps. ``torch.nn.RNN``, ``LSTM`` and
``GRU`` compute the same faster. Weights start as Keras's do: Glorot uniform for the inputs,
orthogonal for the state, biases zero but for the forget gate's, which is 1.
"""

from collections.abc import Sequence

import torch
from torch import nn

from mmref.contract.arrays import check_range
from mmref.contract.recurrence import (
    check_layers,
    check_lookup,
    check_sequences,
    check_stack,
    check_two_ways,
)
from mmref.contract.settings import check_counts, check_flags
from mmref.torch._dtype import layer_dtype


class RNN(nn.Module):
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
        ShapeError: a wrong shape or dtype, or no step at all. TypeError: no tensor.

    Source
        Elman, Cognitive Science 14(2), 1990.

    >>> RNN(3, 5)(torch.ones(2, 4, 3)).shape
    torch.Size([2, 4, 5])
    """

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        check_counts(dim=dim, hidden=hidden)
        self.dim, self.hidden = dim, hidden
        self.input_weight, self.hidden_weight = start_weights(dim, hidden, gates=1)
        self.bias = nn.Parameter(torch.zeros(hidden))

    def forward(
        self,
        inputs: torch.Tensor,
        initial_state: torch.Tensor | None = None,
        mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        x, h = start(self, inputs, mask, initial_state=initial_state)
        projected = x @ self.input_weight.T + self.bias  # (B, T, H), all steps at once
        states = []
        for t in range(x.shape[1]):
            new = torch.tanh(projected[:, t] + h @ self.hidden_weight.T)  # (B, H)
            h = carry(mask, t, new, h)
            states.append(h)
        return torch.stack(states, dim=1)  # (B, T, H)


class LSTM(nn.Module):
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

    >>> LSTM(3, 5)(torch.ones(2, 4, 3)).shape
    torch.Size([2, 4, 5])
    """

    def __init__(self, dim: int, hidden: int, forget_gate: bool = True) -> None:
        super().__init__()
        check_counts(dim=dim, hidden=hidden)
        check_flags(forget_gate=forget_gate)
        self.dim, self.hidden, self.forget_gate = dim, hidden, forget_gate
        gates = 4 if forget_gate else 3
        self.input_weight, self.hidden_weight = start_weights(dim, hidden, gates)
        self.bias = nn.Parameter(torch.zeros(gates * hidden))
        if forget_gate:  # open at first: what is in the cell stays
            self.bias.data[hidden : 2 * hidden] = 1

    def forward(
        self,
        inputs: torch.Tensor,
        initial_state: torch.Tensor | None = None,
        initial_cell: torch.Tensor | None = None,
        mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        given = {"initial_state": initial_state, "initial_cell": initial_cell}
        x, h, c = start(self, inputs, mask, **given)
        projected = x @ self.input_weight.T + self.bias  # (B, T, 4H)
        states = []
        for t in range(x.shape[1]):
            a = projected[:, t] + h @ self.hidden_weight.T  # (B, 4H)
            if self.forget_gate:
                a_i, a_f, a_c, a_o = a.chunk(4, dim=1)
                new = torch.sigmoid(a_f) * c + torch.sigmoid(a_i) * torch.tanh(a_c)
            else:
                a_i, a_c, a_o = a.chunk(3, dim=1)
                new = c + torch.sigmoid(a_i) * torch.tanh(a_c)
            h = carry(mask, t, torch.sigmoid(a_o) * torch.tanh(new), h)
            c = carry(mask, t, new, c)
            states.append(h)
        return torch.stack(states, dim=1)  # (B, T, H)


class GRU(nn.Module):
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

    >>> GRU(3, 5, reset_after=False)(torch.ones(2, 4, 3)).shape
    torch.Size([2, 4, 5])
    """

    def __init__(self, dim: int, hidden: int, reset_after: bool = True) -> None:
        super().__init__()
        check_counts(dim=dim, hidden=hidden)
        check_flags(reset_after=reset_after)
        self.dim, self.hidden, self.reset_after = dim, hidden, reset_after
        self.input_weight, self.hidden_weight = start_weights(dim, hidden, gates=3)
        self.bias = nn.Parameter(
            torch.zeros(2, 3 * hidden) if reset_after else torch.zeros(3 * hidden)
        )

    def forward(
        self,
        inputs: torch.Tensor,
        initial_state: torch.Tensor | None = None,
        mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        x, h = start(self, inputs, mask, initial_state=initial_state)
        b, b_hidden = self.bias if self.reset_after else (self.bias, torch.zeros_like(self.bias))
        projected = x @ self.input_weight.T + b  # (B, T, 3H)
        u_gates, u_new = self.hidden_weight.split([2 * self.hidden, self.hidden])
        b_gates, b_new = b_hidden.split([2 * self.hidden, self.hidden])
        states = []
        for t in range(x.shape[1]):
            x_gates, x_new = projected[:, t].split([2 * self.hidden, self.hidden], dim=1)
            r, z = torch.sigmoid(x_gates + h @ u_gates.T + b_gates).chunk(2, dim=1)
            if self.reset_after:
                n = torch.tanh(x_new + r * (h @ u_new.T + b_new))
            else:
                n = torch.tanh(x_new + (r * h) @ u_new.T)
            h = carry(mask, t, (1 - z) * n + z * h, h)
            states.append(h)
        return torch.stack(states, dim=1)  # (B, T, H)


class Bidirectional(nn.Module):
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

    >>> Bidirectional(GRU(3, 5), GRU(3, 5))(torch.ones(2, 4, 3)).shape
    torch.Size([2, 4, 10])
    """

    def __init__(self, forward_layer: nn.Module, backward_layer: nn.Module) -> None:
        super().__init__()
        check_layers("forward", forward_layer=forward_layer, backward_layer=backward_layer)
        self.forward_layer, self.backward_layer = forward_layer, backward_layer

    def forward(self, inputs: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        check_two_ways(inputs, mask, torch.Tensor)
        # Padding that stood last now comes first, where the mask carries the initial state on.
        turned = None if mask is None else mask.flip(1)
        ahead = self.forward_layer(inputs, mask=mask)
        back = self.backward_layer(inputs.flip(1), mask=turned).flip(1)
        return torch.cat([ahead, back], dim=-1)  # (B, T, 2H)


class Stacked(nn.Module):
    """Layers on top of each other: each reads the states of the one below.

    Args
        layers: a list of layers that are called with (inputs, mask=mask).

    Errors
        ValueError: no layer. TypeError: one that does not take inputs and mask.

    >>> Stacked([LSTM(3, 5), LSTM(5, 2)])(torch.ones(2, 4, 3)).shape
    torch.Size([2, 4, 2])
    """

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(check_stack("forward", layers))

    def forward(self, inputs: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        for layer in self.layers:
            inputs = layer(inputs, mask=mask)
        return inputs


def embedding(
    weight: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor | None = None
) -> torch.Tensor:
    """Row ``ids`` (B, T) of the table ``weight`` (V, D), zero where masked: (B, T, D).

    Errors: TypeError if they are no tensors; ShapeError for a wrong shape or dtype; ValueError for
    an id that is kept and outside 0 ... V - 1.

    >>> embedding(torch.eye(2), torch.tensor([[1, 0]])).tolist()
    [[[0.0, 1.0], [1.0, 0.0]]]
    """
    check_lookup(weight, ids, mask, torch.Tensor)
    kept = ids.long() if mask is None else ids.long().masked_fill(~mask, 0)
    if kept.numel():
        check_range("ids", int(kept.min()), int(kept.max()), len(weight), "len(weight)")
    found = weight[kept]  # (B, T, D)
    # masked_fill, not multiplication: a row of padding may hold NaN, and 0 * NaN is NaN.
    return found if mask is None else found.masked_fill(~mask[..., None], 0)


def start_weights(dim: int, hidden: int, gates: int) -> tuple[nn.Parameter, nn.Parameter]:
    """W (gates * H, D) and U (gates * H, H)."""
    input_weight = nn.init.xavier_uniform_(torch.empty(gates * hidden, dim))
    hidden_weight = nn.init.orthogonal_(torch.empty(gates * hidden, hidden))
    return nn.Parameter(input_weight), nn.Parameter(hidden_weight)


def start(
    layer: nn.Module, inputs: torch.Tensor, mask: torch.Tensor | None, **states: torch.Tensor | None
) -> tuple[torch.Tensor, ...]:
    """Checked inputs, masked steps set to zero, and each initial state (zeros for None)."""
    dtype = layer_dtype(layer.hidden_weight)
    check_sequences(inputs, layer.dim, layer.hidden, states, mask, torch.Tensor, dtype)
    zeros = inputs.new_zeros(len(inputs), layer.hidden)
    started = [zeros if state is None else state for state in states.values()]
    # masked_fill, not multiplication: a masked step may hold NaN, and 0 * NaN is NaN.
    x = inputs if mask is None else inputs.masked_fill(~mask[..., None], 0)
    return x, *started


def carry(mask: torch.Tensor | None, t: int, new: torch.Tensor, old: torch.Tensor) -> torch.Tensor:
    """The new state (B, H), but the old one in the rows that are masked at step t."""
    return new if mask is None else torch.where(mask[:, t, None], new, old)
