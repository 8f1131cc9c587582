"""Answers to the exercises on recurrence."""

import numpy as np


def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


def overflowing(x):
    return np.exp(x) / (1 + np.exp(x))


def by_exponentials(x):
    return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))


def unrolled(x, W, U, b, squash=np.tanh):
    h, states = np.zeros((len(x), len(b))), []
    for t in range(x.shape[1]):
        h = squash(np.einsum("bd,hd->bh", x[:, t], W) + np.einsum("bk,hk->bh", h, U) + b)
        states.append(h)
    return np.array(states).transpose(1, 0, 2)


def row_by_row(inputs, input_weight, hidden_weight, bias):
    states = np.zeros((*inputs.shape[:2], len(bias)))
    for row, sequence in enumerate(inputs):
        h = np.zeros(len(bias))
        for t, x in enumerate(sequence):
            h = states[row, t] = np.tanh(input_weight @ x + hidden_weight @ h + bias)
    return states


def padding_skipped(x, W, U, b):
    """Steps whose inputs are all 0 leave the state as it was."""
    h, states = np.zeros((len(x), len(b))), []
    for t in range(x.shape[1]):
        h = np.where(x[:, t].any(axis=1, keepdims=True), np.tanh(x[:, t] @ W.T + h @ U.T + b), h)
        states.append(h)
    return np.stack(states, axis=1)


def with_first(x, W, U, b):
    states = unrolled(x, W, U, b)
    return np.concatenate([0 * states[:, :1], states], axis=1)


def through_time(grad, x, W, U, b, squash=np.tanh, reach=None):
    """The gradients; ``reach`` is the number of steps that a gradient goes back at most."""
    h = np.concatenate([0 * grad[:, :1], unrolled(x, W, U, b, squash)], axis=1)
    da = np.zeros_like(grad)
    for s in range(x.shape[1]):
        arriving = grad[:, s]
        for t in range(s, -1 if reach is None else max(s - reach - 1, -1), -1):
            arriving = (1 - h[:, t + 1] ** 2) * arriving
            da[:, t] += arriving
            arriving = arriving @ U
    flat, before = da.reshape(-1, len(b)), h[:, :-1].reshape(-1, len(b))
    return da @ W, flat.T @ x.reshape(-1, x.shape[2]), flat.T @ before, flat.sum(axis=0)


def through_time_backward(grad, x, W, U, b):
    states = unrolled(x, W, U, b)
    before = np.concatenate([0 * states[:, :1], states[:, :-1]], axis=1)
    da, arriving = np.zeros_like(grad), 0
    for t in reversed(range(x.shape[1])):
        da[:, t] = (1 - states[:, t] ** 2) * (grad[:, t] + arriving)
        arriving = da[:, t] @ U
    d_w, d_u = np.einsum("bth,btd->hd", da, x), np.einsum("bth,btk->hk", da, before)
    return da @ W, d_w, d_u, da.sum((0, 1))


def by_differences(grad, *args, step=1e-5):
    def loss(*args):
        return (grad * unrolled(*args)).sum()

    found = [np.zeros_like(a) for a in args]
    for k, array in enumerate(args):
        for index in np.ndindex(array.shape):
            pair = []
            for sign in (1, -1):
                nudged = [a.copy() for a in args]
                nudged[k][index] += sign * step
                pair.append(loss(*nudged))
            found[k][index] = (pair[0] - pair[1]) / (2 * step)
    return tuple(found)


def changed(function, change):
    """All results of a function, changed."""
    return lambda *args: tuple(change(part) for part in function(*args))


def long_step(x, h, c, W, U, b, gate=sigmoid, squash=np.tanh):
    i, f, g, o = np.split(x @ W.T + h @ U.T + b, 4, axis=1)
    c = gate(f) * c + gate(i) * squash(g)
    return gate(o) * squash(c), c


def long_step_by_rows(x, h, c, W, U, b):
    size, pairs = h.shape[1], []
    for row in range(len(x)):
        a = W @ x[row] + U @ h[row] + b
        i, f, o = sigmoid(a[:size]), sigmoid(a[size : 2 * size]), sigmoid(a[3 * size :])
        new = f * c[row] + i * np.tanh(a[2 * size : 3 * size])
        pairs.append((o * np.tanh(new), new))
    return tuple(np.array(side) for side in zip(*pairs, strict=True))


def gru(x, h, W, U, b, gate=sigmoid, squash=np.tanh):
    w, u, c = (np.split(a, 3) for a in (W, U, b))
    r, z = (gate(x @ w[k].T + h @ u[k].T + c[k]) for k in (0, 1))
    n = squash(x @ w[2].T + (r * h) @ u[2].T + c[2])
    return n + z * (h - n)


def gru_by_rows(x, h, W, U, b):
    size, rows = h.shape[1], []
    for x_b, h_b in zip(x, h, strict=True):
        a, v = W @ x_b + b, U @ h_b
        r, z = sigmoid(a[:size] + v[:size]), sigmoid(a[size:-size] + v[size:-size])
        n = np.tanh(a[-size:] + U[-size:] @ (r * h_b))
        rows.append((1 - z) * n + z * h_b)
    return np.array(rows)


def last(states, mask):
    steps = np.where(mask, np.arange(mask.shape[1]), -1).max(axis=1)
    return np.where((steps >= 0)[:, None], states[np.arange(len(states)), steps], 0)


def last_by_loops(states, mask):
    found = np.zeros((len(states), states.shape[2]))
    for row, step in zip(*np.nonzero(mask), strict=True):
        found[row] = states[row, step]
    return found


def last_not_zero(states, mask):
    """The last kept step whose state is not 0."""
    return last(states, mask & states.any(axis=2))


def last_not_zero_by_component(states, mask):
    kept = np.where(mask[..., None], states, 0)
    each = [last(kept[..., k : k + 1], kept[..., k] != 0) for k in range(kept.shape[2])]
    return np.concatenate(each, axis=1)


def last_by_multiplying(states, mask):
    steps = np.where(mask, np.arange(mask.shape[1]), -1).max(axis=1)
    return (states * (np.arange(mask.shape[1]) == steps[:, None])[..., None]).sum(axis=1)


def emptied_by_multiplying(states, mask):
    steps = mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1)
    return states[np.arange(len(states)), steps] * mask.any(axis=1)[:, None]


def norm(*arrays):
    return np.sqrt(sum((a**2).sum() for a in arrays))


def clip(W, b, limit, norm=norm):
    scale = min(1.0, limit / max(norm(W, b), 1e-300))
    return scale * W, scale * b


def clip_joined(d_weight, d_bias, limit):
    together = np.concatenate([d_weight.ravel(), d_bias.ravel()])
    length = np.linalg.norm(together)
    if length <= limit:
        return d_weight, d_bias  # as they were
    together = together * (limit / length)
    return together[: d_weight.size].reshape(d_weight.shape), together[d_weight.size :].reshape(
        d_bias.shape
    )


def clip_by_torch(d_weight, d_bias, limit):
    import torch

    parameters = [torch.zeros(g.shape, dtype=torch.float64) for g in (d_weight, d_bias)]
    for p, g in zip(parameters, (d_weight, d_bias), strict=True):
        p.grad = torch.tensor(g)
    torch.nn.utils.clip_grad_norm_(parameters, limit)
    return tuple(p.grad.numpy() for p in parameters)


def clip_in_place(W, b, limit):
    W *= limit / max(limit, norm(W, b))
    return W, b


RNN, BACK, LSTM, GRU = "rnn", "rnn_gradient", "lstm_step", "gru_step"
LAST, CLIP = "rnn_last_states", "clip_by_global_norm"
RIGHT = [
    (RNN, unrolled), (RNN, row_by_row), (BACK, through_time), (BACK, through_time_backward),
    (LSTM, long_step), (LSTM, long_step_by_rows), (GRU, gru), (GRU, gru_by_rows),
    (LAST, last), (LAST, last_by_loops),
    (CLIP, clip), (CLIP, clip_joined), (CLIP, clip_by_torch),
]  # fmt: skip
WRONG = [
    (RNN, lambda x, W, U, b: unrolled(x, W.T, U, b), "raised ValueError", "W transposed"),
    (RNN, lambda x, *a: unrolled(x[:, :4], *a), "thirty steps", "got (5, 4, 2)"),
    (RNN, lambda *a: unrolled(*a)[:, -1], "expected the shape (5, 4, 2), got (5, 2)", "too few"),
    (RNN, lambda *a: unrolled(*a).swapaxes(0, 1), "expected the shape (5, 4, 2), got (4, 5, 2)"),
    (RNN, with_first, "expected the shape (5, 4, 2), got (5, 5, 2)"),
    (RNN, lambda *a: unrolled(*a)[:, 0] if a[0].shape[1] == 1 else unrolled(*a), "one step"),
    (RNN, lambda *a: unrolled(*a, squash=by_exponentials), "1000 and more", "overflow"),
    (RNN, padding_skipped, "steps of zeros", "not padding"),
    (BACK, lambda *a: through_time(*a, reach=4), "thirty steps", "as many steps as there are"),
    (BACK, lambda *a: through_time(*a, reach=20), "thirty steps", "as many steps as there are"),
    (BACK, lambda *a: through_time(*a)[1:], "expected 4 results, got 3 values"),
    (BACK, lambda *a: (through_time(*a)[0], through_time(*a)[1].T, *through_time(*a)[2:]),
     "d_input_weight", "axes are swapped"),
    (BACK, lambda *a: (*through_time(*a)[:3], a[0].sum(axis=1)), "d_bias", "got (5, 2)"),
    (BACK, by_differences, "a numerical difference"),
    (BACK, lambda *a: through_time(*a, squash=by_exponentials), "1000 and more", "overflow"),
    (BACK, changed(through_time, lambda g: np.clip(g, -100, 100)), "gradients of 10,000"),
    (LSTM, lambda x, h, c, W, U, b: long_step(x, h, c, W.T, U.T, b), "ValueError", "shapes fit"),
    (LSTM, lambda *a: long_step(*a)[0], "expected 2 results, got a NumPy array"),
    (LSTM, lambda *a: long_step(*a)[::-1], "h[0, 0]", "asked for is: h, c"),
    (LSTM, lambda *a: long_step(*a, gate=overflowing), "near 1000", "got nan", "each sign"),
    (LSTM, lambda *a: long_step(*a, squash=by_exponentials), "near 1000", "got nan", "each sign"),
    (LSTM, lambda x, h, c, W, U, b: long_step(x, 0 * h, c, W, U, b), "h has no effect"),
    (LSTM, lambda x, h, c, W, U, b: long_step(x, h, c, W, 0 * U, b), "h has no effect"),
    (LSTM, changed(long_step, lambda a: np.clip(a, -10, 10)), "1000 and more", "clipped"),
    (GRU, lambda *a: gru(*a, gate=overflowing), "near 1000", "got nan", "each sign"),
    (GRU, lambda *a: gru(*a, squash=by_exponentials), "near 1000", "got nan", "each sign"),
    (GRU, lambda *a: gru(*a)[:, None], "expected the shape (5, 2), got (5, 1, 2)"),
    (GRU, lambda x, h, *a: gru(x, 0 * h, *a), "h has no effect"),
    (GRU, lambda *a: np.clip(gru(*a), -10, 10), "1000 and more", "clipped"),
    (LAST, lambda s, m: s[np.arange(len(s)), m.sum(axis=1)], "raised IndexError"),
    (LAST, last_not_zero, "last states of 0", "ask the mask"),
    (LAST, last_not_zero_by_component, "0", "ask the mask"),
    (LAST, last_by_multiplying, "NaN in the masked steps", "got nan", "do not multiply"),
    (LAST, emptied_by_multiplying, "a row of NaN without a step", "do not multiply"),
    (LAST, lambda s, m: last(s[:, :4], m[:, :4]), "padding in front"),
    (LAST, lambda s, m: np.clip(last(s, m), -100, 100), "1000 and more", "clipped"),
    (LAST, lambda s, m: s[:, -1] if m[:, -1].all() else last(s, m | ~m), "longest rows"),
    (CLIP, lambda *a: clip(*a, norm=lambda *g: np.sqrt(sum(np.sum(x @ x.T) for x in g))), "d_w"),
    (CLIP, lambda *a: clip(*a, norm=lambda W, b: np.hypot(np.linalg.norm(W, "fro"), norm(b))),
     "two vectors", "raised ValueError", "any number of axes"),
    (CLIP, lambda *a: tuple(g / norm(*a[:2]) * min(norm(*a[:2]), a[2]) for g in a[:2]), "0 / 0"),
    (CLIP, lambda *a: clip(*a, norm=lambda *g: norm(*g) + 1e-4), "a small constant"),
    (CLIP, lambda W, b, c: clip(W, b, 1.0), "the limit"),
    (CLIP, lambda *a: clip(*a, norm=lambda *g: norm(*g) / 4), "Nothing is clipped yet"),
    (CLIP, lambda *a: tuple(np.abs(g) for g in clip(*a)), "long"),
    (CLIP, clip_in_place, "changes its argument d_weight"),
]  # fmt: skip
