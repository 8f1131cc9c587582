"""Recurrence: a state that is carried from step to step, and gradients through time.

The functions share one contract (``mmref.contract.recurrence``): ``inputs`` (B, T, D) give the
hidden states (B, T, H). ``mask`` is a boolean (B, T), True = keep. At a masked step the state is
carried on unchanged, whatever the inputs hold, NaN included; so ``states[:, -1]`` is the final
state of every row of a ragged batch, and the initial state where no step is kept. A NaN that is
kept makes the states of its own row NaN from that step on. Gates are stacked along the first
axis of the weights: i, f, g, o for the LSTM, r, z, n for the GRU.
"""

import numpy as np

from mmref.contract.arrays import check_range
from mmref.contract.recurrence import check_lookup, check_sequences
from mmref.contract.settings import check_flags, check_mapping, check_scale
from mmref.reference._shared import as_floats, as_gradient, clear, expect, sigmoid
from mmref.types import Array, Arrays


def rnn(
    inputs: Array,
    input_weight: Array,
    hidden_weight: Array,
    bias: Array,
    initial_state: Array | None = None,
    mask: Array | None = None,
) -> Array:
    """Simple recurrent network.

    Formula
        h_t = tanh(W x_t + U h_{t-1} + b);  h_t = h_{t-1} where step t is masked

    Args
        inputs: x (B, T, D). input_weight: W (H, D). hidden_weight: U (H, H). bias: b (H,).
        initial_state: h_0 (B, H); None means zeros.
        mask: boolean (B, T), True = keep; None keeps all.

    Returns
        The states h_1 ... h_T (B, T, H).

    Errors
        ShapeError: a wrong shape or dtype, or no step at all.

    Source
        Elman, "Finding Structure in Time", Cognitive Science 14(2), 1990.

    >>> x = np.array([[[1.0], [1.0]]])
    >>> rnn(x, np.ones((1, 1)), np.zeros((1, 1)), np.zeros(1)).round(3)
    array([[[0.762],
            [0.762]]])
    """
    x, keep, h = _inputs(1, inputs, input_weight, hidden_weight, bias, initial_state, mask)
    return _rnn_states(x, input_weight, hidden_weight, bias, h, keep)[:, 1:]


def rnn_gradient(
    grad: Array,
    inputs: Array,
    input_weight: Array,
    hidden_weight: Array,
    bias: Array,
    initial_state: Array | None = None,
    mask: Array | None = None,
) -> tuple[Array, ...]:
    """Gradients with respect to inputs, input_weight, hidden_weight, bias and initial_state.

    Formula (backpropagation through time; dh_t is all that reaches h_t, from above and from
    the next step)
        da_t = (1 - h_t^2) dh_t,  dh_{t-1} = g_{t-1} + U^T da_t
        dx_t = W^T da_t,  dW = sum_t da_t x_t^T,  dU = sum_t da_t h_{t-1}^T,  db = sum_t da_t

    Source
        Werbos, "Backpropagation Through Time", Proceedings of the IEEE 78(10), 1990.
    """
    x, keep, h = _inputs(1, inputs, input_weight, hidden_weight, bias, initial_state, mask)
    states = _rnn_states(x, input_weight, hidden_weight, bias, h, keep)
    grad = as_gradient(grad, states[:, 1:].shape)
    total = _Totals(x, input_weight, hidden_weight, bias)
    dh = np.zeros_like(h)
    for t in reversed(range(x.shape[1])):
        dh = dh + grad[:, t]
        da = _kept(keep, t, (1 - states[:, t + 1] ** 2) * dh)  # (B, H)
        total.add(t, da, da, states[:, t])
        dh = _kept(~keep, t, dh) + da @ hidden_weight
    return (*total.gradients(), dh)


def lstm(
    inputs: Array,
    input_weight: Array,
    hidden_weight: Array,
    bias: Array,
    initial_state: Array | None = None,
    initial_cell: Array | None = None,
    mask: Array | None = None,
    forget_gate: bool = True,
) -> Array:
    """Long short-term memory.

    Formula (s is the logistic function; * is elementwise)
        [a_i; a_f; a_c; a_o] = W x_t + U h_{t-1} + b
        i = s(a_i),  f = s(a_f),  g = tanh(a_c),  o = s(a_o)
        c_t = f * c_{t-1} + i * g,  h_t = o * tanh(c_t)
        without a forget gate, c_t = c_{t-1} + i * g

    Args
        inputs: x (B, T, D). input_weight: W (4H, D). hidden_weight: U (4H, H). bias: b (4H,).
            Without a forget gate 3H, for i, g and o.
        initial_state, initial_cell: h_0 and c_0 (B, H); None means zeros.
        mask: boolean (B, T), True = keep; None keeps all.
        forget_gate: False is the cell of 1997, True that of 2000.

    Returns
        The states h_1 ... h_T (B, T, H).

    Errors
        ShapeError: a wrong shape or dtype, or no step at all.

    Source
        Hochreiter and Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997,
        without the forget gate; Gers, Schmidhuber and Cummins, "Learning to Forget", Neural
        Computation 12(10), 2000, with it. The paper of 1997 squashes g into [-2, 2] and the
        cell into [-1, 1] by scaled logistic functions; tanh for both is today's form.

    >>> x, one = np.ones((1, 2, 1)), np.ones((3, 1))
    >>> lstm(x, one, 0 * one, np.zeros(3), forget_gate=False).round(3)  # the cell adds up
    array([[[0.37 ],
            [0.589]]])
    """
    _, *path = _lstm_path(
        inputs, input_weight, hidden_weight, bias, initial_state, initial_cell, mask, forget_gate
    )
    return path[1][:, 1:]


def lstm_gradient(
    grad: Array,
    inputs: Array,
    input_weight: Array,
    hidden_weight: Array,
    bias: Array,
    initial_state: Array | None = None,
    initial_cell: Array | None = None,
    mask: Array | None = None,
    forget_gate: bool = True,
) -> tuple[Array, ...]:
    """Gradients with respect to inputs, the weights, bias, initial_state and initial_cell.

    Formula (i, f, o are the gates after s, g after tanh; dc_t is all that reaches c_t)
        do = dh_t * tanh(c_t),  dc_t = dh_t * o * (1 - tanh(c_t)^2) + what step t + 1 sends
        di = dc_t * g,  df = dc_t * c_{t-1},  dg = dc_t * i,  to c_{t-1}: dc_t * f
        then through each squashing function, and as in :func:`rnn_gradient`
    """
    x, keep, h, c, gates = _lstm_path(
        inputs, input_weight, hidden_weight, bias, initial_state, initial_cell, mask, forget_gate
    )
    grad = as_gradient(grad, h[:, 1:].shape)
    total = _Totals(x, input_weight, hidden_weight, bias)
    dh, dc = np.zeros_like(h[:, 0]), np.zeros_like(h[:, 0])
    for t in reversed(range(x.shape[1])):
        i, f, g, o = gates[t]
        dh = dh + grad[:, t]
        squashed = np.tanh(c[:, t + 1])
        # Where the step is masked, h and c come from the step before, and nothing from the gates.
        dh_here = _kept(keep, t, dh)
        dc_here = _kept(keep, t, dc + dh * o * (1 - squashed**2))
        parts = [dc_here * g * i * (1 - i), dc_here * i * (1 - g**2)]
        parts.append(dh_here * squashed * o * (1 - o))
        if forget_gate:
            parts.insert(1, dc_here * c[:, t] * f * (1 - f))
        da = np.concatenate(parts, axis=1)  # (B, 4H)
        total.add(t, da, da, h[:, t])
        dh = _kept(~keep, t, dh) + da @ hidden_weight
        dc = _kept(~keep, t, dc) + dc_here * f
    return (*total.gradients(), dh, dc)


def gru(
    inputs: Array,
    input_weight: Array,
    hidden_weight: Array,
    bias: Array,
    initial_state: Array | None = None,
    mask: Array | None = None,
    reset_after: bool = True,
) -> Array:
    """Gated recurrent unit, in both of its definitions.

    Formula (s is the logistic function; * is elementwise)
        r = s(W_r x_t + U_r h_{t-1} + b_r),  z = s(W_z x_t + U_z h_{t-1} + b_z)
        reset after:  n = tanh(W_n x_t + b_n + r * (U_n h_{t-1} + b'_n))
        reset before: n = tanh(W_n x_t + b_n + U_n (r * h_{t-1}))
        h_t = (1 - z) * n + z * h_{t-1}

    Args
        inputs: x (B, T, D). input_weight: W (3H, D). hidden_weight: U (3H, H), gates r, z, n.
        bias: (2, 3H) where the reset comes after: b and b', of which r and z use the sum.
            (3H,) where it comes before.
        initial_state: h_0 (B, H); None means zeros.
        mask: boolean (B, T), True = keep; None keeps all.
        reset_after: whether the reset gate multiplies U_n h (True) or h itself.

    Returns
        The states h_1 ... h_T (B, T, H).

    Errors
        ShapeError: a wrong shape or dtype, or no step at all.

    Source
        Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder", EMNLP 2014:
        version 1 of arXiv 1406.1078 resets after, version 3 before. Chung et al., arXiv
        1412.3555, swap the roles of z and 1 - z.

    >>> x, zero = np.ones((1, 2, 1)), np.zeros((3, 1))
    >>> gru(x, np.array([[0.0], [0.0], [9.0]]), zero, np.zeros((2, 3))).round(2)  # halfway to 1
    array([[[0.5 ],
            [0.75]]])
    """
    _, _, states, _ = _gru_path(
        inputs, input_weight, hidden_weight, bias, initial_state, mask, reset_after
    )
    return states[:, 1:]


def gru_gradient(
    grad: Array,
    inputs: Array,
    input_weight: Array,
    hidden_weight: Array,
    bias: Array,
    initial_state: Array | None = None,
    mask: Array | None = None,
    reset_after: bool = True,
) -> tuple[Array, ...]:
    """Gradients with respect to inputs, input_weight, hidden_weight, bias and initial_state.

    Formula (q = U_n h + b'_n; dn, dz, dr are gradients before the squashing functions)
        dn = (1 - z) (1 - n^2) dh_t,  dz = (h_{t-1} - n) z (1 - z) dh_t
        reset after:  dr = q r (1 - r) dn,       to q: r * dn
        reset before: dr = h_{t-1} r (1 - r) (U_n^T dn),  to h_{t-1}: r * U_n^T dn
        to h_{t-1} also: z * dh_t and the gates' own share
    """
    x, keep, states, gates = _gru_path(
        inputs, input_weight, hidden_weight, bias, initial_state, mask, reset_after
    )
    grad = as_gradient(grad, states[:, 1:].shape)
    total = _Totals(x, input_weight, hidden_weight, bias)
    hidden = states.shape[2]
    new_weight = hidden_weight[2 * hidden :]  # U_n
    dh = np.zeros_like(states[:, 0])
    for t in reversed(range(x.shape[1])):
        r, z, n, q = gates[t]
        h = states[:, t]
        dh = dh + grad[:, t]
        here = _kept(keep, t, dh)
        dn = here * (1 - z) * (1 - n**2)
        dz = here * (h - n) * z * (1 - z)
        back = dn @ new_weight  # what reset before sends to r * h
        dr = (dn * q if reset_after else back * h) * r * (1 - r)
        da = np.concatenate([dr, dz, dn], axis=1)  # (B, 3H), for W
        if reset_after:
            du = np.concatenate([dr, dz, dn * r], axis=1)  # (B, 3H), for U
            total.add(t, da, du, h)
            through = du @ hidden_weight
        else:
            total.add(t, da, da, h, new_state=r * h)
            through = da[:, : 2 * hidden] @ hidden_weight[: 2 * hidden] + back * r
        dh = _kept(~keep, t, dh) + here * z + through
    return (*total.gradients(), dh)


def embedding(weight: Array, ids: Array, mask: Array | None = None) -> Array:
    """Look up one vector for each token.

    Formula
        x_t = E[id_t], row id_t of the table;  0 where step t is masked

    Args
        weight: E (V, D). ids: integers (B, T). mask: boolean (B, T), True = keep.

    Returns
        x (B, T, D).

    Errors
        ShapeError: a wrong shape or dtype. ValueError: an id that is kept and outside 0 ... V - 1.

    >>> embedding(np.array([[1.0], [5.0]]), np.array([[1, 0]]))
    array([[[5.],
            [1.]]])
    """
    weight, ids, keep = _lookup(weight, ids, mask)
    return clear(weight[ids], keep)


def embedding_gradient(
    grad: Array, weight: Array, ids: Array, mask: Array | None = None
) -> tuple[Array]:
    """The gradient with respect to weight: each row collects the gradients of its tokens.

    Formula
        dE_v = sum of g_t over the kept t with id_t = v
    """
    weight, ids, keep = _lookup(weight, ids, mask)
    expect("grad", grad, (*ids.shape, weight.shape[1]))
    table = np.zeros_like(weight)
    np.add.at(table, ids[keep], np.asarray(grad)[keep])  # unlike +=, adds repeated ids each time
    return (table,)


def clip_by_global_norm(gradients: Arrays, limit: float) -> tuple[Arrays, float]:
    """Shorten gradients whose joint norm is above a limit, keeping their direction.

    Formula
        g * limit / max(limit, norm), norm = sqrt of the sum of squares over all arrays together

    Args
        gradients: mapping name -> array of any shape. limit: a positive number; infinity
            shortens nothing.

    Returns
        (mapping of the clipped gradients, the norm before).

    An infinite or NaN number among the gradients makes all of them NaN: no direction is left.

    Errors
        ValueError: the limit is not positive. TypeError: it is no number, or the gradients are no
        mapping.

    Source
        Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks",
        ICML 2013, algorithm 1.

    >>> clip_by_global_norm({"W": np.array([3.0]), "b": np.array([4.0])}, 1.0)
    ({'W': array([0.6]), 'b': array([0.8])}, 5.0)
    """
    if not (isinstance(limit, float) and limit == np.inf):
        check_scale(limit=limit)
    check_mapping("gradients", gradients)
    arrays = {name: as_floats(f"gradients[{name!r}]", g) for name, g in gradients.items()}
    # Relative to the largest number, so that no square overflows or vanishes.
    largest = float(np.max([np.max(np.abs(g), initial=0) for g in arrays.values()], initial=0))
    if not np.isfinite(largest):
        return {name: np.full_like(g, np.nan) for name, g in arrays.items()}, largest
    if largest == 0:
        return {name: g.copy() for name, g in arrays.items()}, 0.0
    relative = float(np.sqrt(sum(np.sum(np.square(g / largest)) for g in arrays.values())))
    norm = largest * relative
    if norm <= limit:
        return {name: g.copy() for name, g in arrays.items()}, norm
    return {name: g / largest * (limit / relative) for name, g in arrays.items()}, norm


def _rnn_states(x, input_weight, hidden_weight, bias, h, keep):
    """(B, T + 1, H), the initial state in front."""
    projected = x @ np.asarray(input_weight).T + bias  # (B, T, H), all steps at once
    states = [h]
    for t in range(x.shape[1]):
        new = np.tanh(projected[:, t] + h @ np.asarray(hidden_weight).T)
        h = np.where(keep[:, t, None], new, h)
        states.append(h)
    return np.stack(states, axis=1)


def _lstm_path(x, input_weight, hidden_weight, bias, h, c, mask, forget_gate):
    """x, keep, states and cells (B, T + 1, H), and the gates (i, f, g, o) of each step."""
    check_flags(forget_gate=forget_gate)
    count = 4 if forget_gate else 3
    x, keep, h = _inputs(count, x, input_weight, hidden_weight, bias, h, mask, initial_cell=c)
    c = np.zeros_like(h) if c is None else np.asarray(c)
    projected = x @ np.asarray(input_weight).T + bias  # (B, T, 4H)
    states, cells, gates = [h], [c], []
    for t in range(x.shape[1]):
        parts = np.split(projected[:, t] + h @ np.asarray(hidden_weight).T, count, axis=1)
        i, g, o = sigmoid(parts[0]), np.tanh(parts[-2]), sigmoid(parts[-1])
        f = sigmoid(parts[1]) if forget_gate else np.ones_like(i)
        new = f * c + i * g
        h = np.where(keep[:, t, None], o * np.tanh(new), h)
        c = np.where(keep[:, t, None], new, c)
        states.append(h)
        cells.append(c)
        gates.append((i, f, g, o))
    return x, keep, np.stack(states, axis=1), np.stack(cells, axis=1), gates


def _gru_path(x, input_weight, hidden_weight, bias, h, mask, reset_after):
    """x, keep, states (B, T + 1, H), and (r, z, n, q) of each step, q = U_n h + b'_n."""
    check_flags(reset_after=reset_after)
    double = (2,) if reset_after else ()
    x, keep, h = _inputs(3, x, input_weight, hidden_weight, bias, h, mask, double)
    b, b_hidden = bias if reset_after else (bias, np.zeros_like(bias))
    hidden = h.shape[1]
    u_gates, u_new = np.split(np.asarray(hidden_weight), [2 * hidden])
    b_gates, b_new = np.split(b_hidden, [2 * hidden])
    projected = x @ np.asarray(input_weight).T + b  # (B, T, 3H)
    states, gates = [h], []
    for t in range(x.shape[1]):
        x_r, x_z, x_n = np.split(projected[:, t], 3, axis=1)
        h_r, h_z = np.split(h @ u_gates.T + b_gates, 2, axis=1)
        r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
        q = (h if reset_after else r * h) @ u_new.T + b_new
        n = np.tanh(x_n + (r * q if reset_after else q))
        h = np.where(keep[:, t, None], (1 - z) * n + z * h, h)
        states.append(h)
        gates.append((r, z, n, q))
    return x, keep, np.stack(states, axis=1), gates


class _Totals:
    """The gradients that every step adds to."""

    def __init__(self, x, input_weight, hidden_weight, bias):
        self.x, self.input_weight = x, np.asarray(input_weight)
        self.d_x, self.d_w = np.zeros_like(x), np.zeros_like(self.input_weight)
        self.d_u, self.d_b = np.zeros_like(hidden_weight), np.zeros_like(bias)

    def add(self, t, da, du, state, new_state=None):
        """da, du: of W x + b and of U h + b'. new_state: what U_n meets, if not the state."""
        self.d_x[:, t] = da @ self.input_weight
        self.d_w += da.T @ self.x[:, t]
        share = du.T @ state
        if new_state is not None:
            size = state.shape[1]
            share[-size:] = du[:, -size:].T @ new_state
        self.d_u += share
        both = (da.sum(axis=0), du.sum(axis=0))
        self.d_b += np.stack(both) if self.d_b.ndim == 2 else both[0]

    def gradients(self):
        return self.d_x, self.d_w, self.d_u, self.d_b


def _kept(keep, t, array):
    """``array`` (B, ...) of step t, zero in the rows that are masked there."""
    return np.where(keep[:, t, None], array, 0)


def _inputs(gates, x, input_weight, hidden_weight, bias, h, mask, double=(), **cell):
    """Checked: x with masked steps set to zero, which steps to keep (B, T), and h_0."""
    x = np.asarray(x)
    given = {"initial_state": h} | cell
    states = {name: None if s is None else np.asarray(s) for name, s in given.items()}
    rows = f"{gates} H" if gates > 1 else "H"
    expect("input_weight", input_weight, (rows, "D"))
    expect("hidden_weight", hidden_weight, (rows, "H"))
    hidden, dim = np.shape(hidden_weight)[1], np.shape(input_weight)[1]
    expect("input_weight", input_weight, (gates * hidden, dim))
    expect("hidden_weight", hidden_weight, (gates * hidden, hidden))
    expect("bias", bias, (*double, gates * hidden))
    mask = None if mask is None else np.asarray(mask)
    check_sequences(x, dim, hidden, states, mask)
    keep = np.ones(x.shape[:2], dtype=bool) if mask is None else mask
    start = states["initial_state"]
    x = clear(x, keep)
    return x, keep, np.zeros((len(x), hidden), dtype=x.dtype) if start is None else start


def _lookup(weight, ids, mask):
    weight, ids = np.asarray(weight), np.asarray(ids)
    mask = None if mask is None else np.asarray(mask)
    check_lookup(weight, ids, mask)
    keep = np.ones(ids.shape, dtype=bool) if mask is None else mask
    kept = np.where(keep, ids, 0)
    if kept.size:
        check_range("ids", kept.min(), kept.max(), len(weight), "len(weight)")
    return weight, kept, keep
