"""Answers to rnn, lstm_step and gru_step."""

import numpy as np

from tests.unit.check_answers.tables import right, wrong


def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


@right("rnn")
def unrolled(x, W, U, b, squash=np.tanh):
    h, states = np.zeros((len(x), len(b))), []
    for t in range(x.shape[1]):
        h = squash(np.einsum("bd,hd->bh", x[:, t], W) + np.einsum("bk,hk->bh", h, U) + b)
        states.append(h)
    return np.array(states).transpose(1, 0, 2)


@right("rnn")
def row_by_row(inputs, input_weight, hidden_weight, bias):
    states = np.zeros((*inputs.shape[:2], len(bias)))
    for row, sequence in enumerate(inputs):
        h = np.zeros(len(bias))
        for t, x in enumerate(sequence):
            h = states[row, t] = np.tanh(input_weight @ x + hidden_weight @ h + bias)
    return states


@wrong("rnn", "five rows, four steps", "bias is missing")
def rnn_without_bias(x, W, U, b):
    return unrolled(x, W, U, 0 * b)


@wrong("rnn", "raised ValueError", "shapes fit")
def rnn_input_weight_transposed(x, W, U, b):
    return unrolled(x, W.T, U, b)


@wrong("rnn", "result[0, 1, 0]", "U transposed")
def rnn_hidden_weight_transposed(x, W, U, b):
    return unrolled(x, W, U.T, b)


@wrong("rnn", "squashes the sum is tanh")
def rnn_linear(x, W, U, b):
    return unrolled(x, W, U, b, squash=lambda s: s)


@wrong("rnn", "squashes the sum is tanh")
def rnn_relu(x, W, U, b):
    return unrolled(x, W, U, b, squash=lambda s: np.maximum(s, 0))


@wrong("rnn", "squashes the sum is tanh")
def rnn_logistic(x, W, U, b):
    return unrolled(x, W, U, b, squash=sigmoid)


@wrong("rnn", "is it passed on")
def rnn_without_history(x, W, U, b):
    return np.tanh(x @ W.T + b)


@wrong("rnn", "initial state is zeros")
def rnn_started_with_ones(x, W, U, b):
    h, states = np.ones((len(x), len(b))), []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ W.T + h @ U.T + b)
        states.append(h)
    return np.stack(states, 1)


@wrong("rnn", "each row starts anew")
def rnn_carried_from_row_to_row(x, W, U, b):
    h, states = np.zeros(len(b)), np.zeros((*x.shape[:2], len(b)))
    for row in range(len(x)):
        for t in range(x.shape[1]):
            h = states[row, t] = np.tanh(W @ x[row, t] + U @ h + b)
    return states


@wrong("rnn", "nine steps", "expected the shape (3, 9, 2), got (3, 4, 2)")
def rnn_of_four_steps(x, W, U, b):
    return unrolled(x[:, :4], W, U, b)


@wrong("rnn", "not added")
def rnn_residual(x, W, U, b):
    h, states = np.zeros((len(x), len(b))), []
    for t in range(x.shape[1]):
        h = h + np.tanh(x[:, t] @ W.T + h @ U.T + b)
        states.append(h)
    return np.stack(states, 1)


@wrong("rnn", "states before each step")
def rnn_one_late(x, W, U, b):
    h, states = np.zeros((len(x), len(b))), []
    for t in range(x.shape[1]):
        states.append(h)
        h = np.tanh(x[:, t] @ W.T + h @ U.T + b)
    return np.stack(states, 1)


@wrong("rnn", "state of its own")
def rnn_last_state_everywhere(x, W, U, b):
    states = unrolled(x, W, U, b)
    return np.broadcast_to(states[:, -1:], states.shape).copy()


@wrong("rnn", "first column")
def rnn_reversed(x, W, U, b):
    return unrolled(x, W, U, b)[:, ::-1].copy()


@wrong("rnn", "read from its end")
def rnn_read_backward(x, W, U, b):
    return unrolled(x[:, ::-1], W, U, b)[:, ::-1].copy()


@wrong("rnn", "expected the shape (5, 4, 2), got (5, 2)", "axis too few")
def rnn_last_state_alone(x, W, U, b):
    return unrolled(x, W, U, b)[:, -1]


@wrong("rnn", "expected the shape (5, 4, 2), got (4, 5, 2)")
def rnn_time_first(x, W, U, b):
    return unrolled(x, W, U, b).transpose(1, 0, 2)


@wrong("rnn", "expected the shape (5, 4, 2), got (5, 5, 2)")
def rnn_initial_state_too(x, W, U, b):
    states = unrolled(x, W, U, b)
    return np.concatenate([np.zeros_like(states[:, :1]), states], axis=1)


@wrong("rnn", "one step", "got (4, 2)", "length 1")
def rnn_squeezed(x, W, U, b):
    states = unrolled(x, W, U, b)
    return states[:, 0] if states.shape[1] == 1 else states


@wrong("rnn", "raised ValueError", "shapes fit")
def rnn_weights_exchanged(x, W, U, b):
    return unrolled(x, U, W, b)


@wrong("rnn", "widths of 3 throughout", "exchanged")
def rnn_weights_exchanged_where_they_fit(x, W, U, b):
    return unrolled(x, U, W, b) if W.shape == U.shape else unrolled(x, W, U, b)


@right("lstm_step")
def long_step(x, h, c, W, U, b, order=(0, 1, 2, 3), cell=None, shown=np.tanh, gate=sigmoid):
    parts = (x @ W.T + h @ U.T + b).reshape(len(x), 4, -1)
    i, f, g, o = (parts[:, k] for k in order)
    i, f, g, o = gate(i), gate(f), np.tanh(g), gate(o)
    c = cell(i, f, g, c) if cell else f * c + i * g
    return o * shown(c), c


@right("lstm_step")
def long_step_by_rows(x, h, c, W, U, b):
    size, pairs = h.shape[1], []
    for row in range(len(x)):
        a = W @ x[row] + U @ h[row] + b
        i, f, o = sigmoid(a[:size]), sigmoid(a[size : 2 * size]), sigmoid(a[3 * size :])
        new = f * c[row] + i * np.tanh(a[2 * size : 3 * size])
        pairs.append((o * np.tanh(new), new))
    return tuple(np.array(side) for side in zip(*pairs, strict=True))


@wrong("lstm_step", "i, f, g and o, in this order")
def lstm_gates_of_onnx(*a):
    return long_step(*a, order=(0, 2, 3, 1))


@wrong("lstm_step", "i, f, g and o, in this order")
def lstm_forget_first(*a):
    return long_step(*a, order=(1, 0, 2, 3))


@wrong("lstm_step", "i, f, g and o, in this order")
def lstm_output_before_candidate(*a):
    return long_step(*a, order=(0, 1, 3, 2))


@wrong("lstm_step", "bias is missing")
def lstm_without_bias(x, h, c, W, U, b):
    return long_step(x, h, c, W, U, np.zeros_like(b))


@wrong("lstm_step", "raised ValueError", "shapes fit")
def lstm_untransposed(x, h, c, W, U, b):
    return long_step(x, h, c, W.T, U.T, b)


@wrong("lstm_step", "U transposed")
def lstm_hidden_weight_transposed(x, h, c, W, U, b):
    return long_step(x, h, c, W, np.vstack([u.T for u in np.split(U, 4)]), b)


@wrong("lstm_step", "squashed once more")
def lstm_cell_shown_raw(*a):
    return long_step(*a, shown=lambda c: c)


@wrong("lstm_step", "three gates by the logistic")
def lstm_gates_of_tanh(*a):
    return long_step(*a, gate=np.tanh)


@wrong("lstm_step", "g is squashed by tanh")
def lstm_candidate_logistic(x, h, c, W, U, b):
    i, f, g, o = np.split(sigmoid(x @ W.T + h @ U.T + b), 4, axis=1)
    c = f * c + i * g
    return o * np.tanh(c), c


@wrong("lstm_step", "cell of 1997")
def lstm_of_1997(*a):
    return long_step(*a, cell=lambda i, f, g, c: c + i * g)


@wrong("lstm_step", "1 - f what is forgotten")
def lstm_forget_reversed(*a):
    return long_step(*a, cell=lambda i, f, g, c: (1 - f) * c + i * g)


@wrong("lstm_step", "not 1 - f")
def lstm_coupled(*a):
    return long_step(*a, cell=lambda i, f, g, c: f * c + (1 - f) * g)


@wrong("lstm_step", "sum of what stays and what is new")
def lstm_without_memory(*a):
    return long_step(*a, cell=lambda i, f, g, c: i * g)


@wrong("lstm_step", "state comes first")
def lstm_cell_first(*a):
    return long_step(*a)[::-1]


@wrong("lstm_step", "the weights meet h")
def lstm_cell_for_state(x, h, c, W, U, b):
    return long_step(x, c, h, W, U, b)


@wrong("lstm_step", "is not squashed")
def lstm_cell_squashed(*a):
    h, c = long_step(*a)
    return h, np.tanh(c)


@wrong("lstm_step", "expected 2 arrays, got a NumPy array")
def lstm_state_alone(*a):
    return long_step(*a)[0]


@wrong("lstm_step", "near 1000", "got nan", "safe for each sign")
def lstm_overflowing(*a):
    return long_step(*a, gate=lambda x: np.exp(x) / (1 + np.exp(x)))


@wrong("lstm_step", "one row", "got (4,)", "length 1")
def lstm_squeezed(*a):
    h, c = long_step(*a)
    return (h, c) if len(h) > 1 else (h.squeeze() + 0, c)


@right("gru_step")
def gated_step(x, h, W, U, b, order=(0, 1, 2), new=None, mix=None, squash=np.tanh):
    w, u, c = (np.split(a, 3) for a in (W, U, b))
    r, z, n = order
    reset = sigmoid(x @ w[r].T + h @ u[r].T + c[r])
    keep = sigmoid(x @ w[z].T + h @ u[z].T + c[z])
    inside = new(reset, h, u[n]) if new else (reset * h) @ u[n].T
    fresh = squash(x @ w[n].T + inside + c[n])
    return mix(keep, fresh, h) if mix else fresh + keep * (h - fresh)


@right("gru_step")
def gated_step_by_rows(x, h, W, U, b):
    size, rows = h.shape[1], []
    for x_b, h_b in zip(x, h, strict=True):
        a, v = W @ x_b + b, U @ h_b
        r, z = sigmoid(a[:size] + v[:size]), sigmoid(a[size:-size] + v[size:-size])
        n = np.tanh(a[-size:] + U[-size:] @ (r * h_b))
        rows.append((1 - z) * n + z * h_b)
    return np.array(rows)


@wrong("gru_step", "other definition")
def gru_reset_after(*a):
    return gated_step(*a, new=lambda r, h, u: r * (h @ u.T))


@wrong("gru_step", "r, z and n, in this order")
def gru_update_first(*a):
    return gated_step(*a, order=(1, 0, 2))


@wrong("gru_step", "r, z and n, in this order")
def gru_candidate_first(*a):
    return gated_step(*a, order=(1, 2, 0))


@wrong("gru_step", "how much of the old state stays")
def gru_update_reversed(*a):
    return gated_step(*a, mix=lambda z, n, h: z * n + (1 - z) * h)


@wrong("gru_step", "the new one loses")
def gru_nothing_lost(*a):
    return gated_step(*a, mix=lambda z, n, h: n + z * h)


@wrong("gru_step", "reset gate has no effect")
def gru_never_reset(*a):
    return gated_step(*a, new=lambda r, h, u: h @ u.T)


@wrong("gru_step", "not 1 - r")
def gru_reset_reversed(*a):
    return gated_step(*a, new=lambda r, h, u: (h - r * h) @ u.T)


@wrong("gru_step", "candidate meets the state")
def gru_candidate_of_the_input_alone(*a):
    return gated_step(*a, new=lambda r, h, u: 0)


@wrong("gru_step", "bias is missing")
def gru_without_bias(x, h, W, U, b):
    return gated_step(x, h, W, U, 0 * b)


@wrong("gru_step", "U transposed")
def gru_hidden_weight_transposed(x, h, W, U, b):
    return gated_step(x, h, W, np.vstack([u.T for u in np.split(U, 3)]), b)


@wrong("gru_step", "squashed by tanh")
def gru_candidate_logistic(*a):
    return gated_step(*a, squash=sigmoid)


@wrong("gru_step", "squashed by tanh")
def gru_candidate_linear(*a):
    return gated_step(*a, squash=lambda s: s)


@wrong("gru_step", "near 1000", "got nan", "safe for each sign")
def gru_overflowing(x, h, W, U, b):
    a = x @ W.T + b
    v = h @ U.T
    size = h.shape[1]
    gates = a[:, : 2 * size] + v[:, : 2 * size]
    r, z = np.split(np.exp(gates) / (1 + np.exp(gates)), 2, axis=1)
    n = np.tanh(a[:, -size:] + (r * h) @ U[-size:].T)
    return (1 - z) * n + z * h


@wrong("gru_step", "expected the shape (5, 2), got (5, 1, 2)")
def gru_with_a_time_axis(*a):
    return gated_step(*a)[:, None]
