"""Answers to the exercises on recurrence."""

import numpy as np
from scipy.special import expit as sigmoid

RNN, BACK, LSTM, GRU = "rnn", "rnn_gradient", "lstm_step", "gru_step"
STEP_BACK, LAST, CLIP = "lstm_step_gradient", "rnn_last_states", "clip_by_global_norm"


def by_exponentials(x):
    return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))


def unrolled(x, W, U, b, squash=np.tanh, idle=False):
    """Perhaps steps whose inputs are all 0 leave the state as it was."""
    h, states = np.zeros((len(x), len(b))), []
    for t in range(x.shape[1]):
        new = squash(np.einsum("bd,hd->bh", x[:, t], W) + np.einsum("bk,hk->bh", h, U) + b)
        h = np.where(x[:, t].any(axis=1, keepdims=True), new, h) if idle else new
        states.append(h)
    return np.array(states).transpose(1, 0, 2)


def through_time(grad, x, W, U, b, squash=np.tanh, reach=1000):
    """The gradients; ``reach`` is the number of steps that a gradient goes back at most."""
    h = np.concatenate([0 * grad[:, :1], unrolled(x, W, U, b, squash)], axis=1)
    da = np.zeros_like(grad)
    for s in range(x.shape[1]):
        arriving = grad[:, s]
        for t in range(s, max(s - reach - 1, -1), -1):
            arriving = (1 - h[:, t + 1] ** 2) * arriving
            da[:, t] += arriving
            arriving = arriving @ U
    flat, before = da.reshape(-1, len(b)), h[:, :-1].reshape(-1, len(b))
    return da @ W, flat.T @ x.reshape(-1, x.shape[2]), flat.T @ before, flat.sum(axis=0)


def long_step(x, h, c, W, U, b):
    size, pairs = h.shape[1], []
    for row in range(len(x)):
        a = W @ x[row] + U @ h[row] + b
        i, f, o = sigmoid(a[:size]), sigmoid(a[size : 2 * size]), sigmoid(a[3 * size :])
        new = f * c[row] + i * np.tanh(a[2 * size : 3 * size])
        pairs.append((o * np.tanh(new), new))
    return tuple(np.array(side) for side in zip(*pairs, strict=True))


def step_by_torch(grad_h, grad_c, *arguments):
    import torch

    tensors = [torch.tensor(array, requires_grad=True) for array in arguments]
    x, h, c, W, U, b = tensors
    i, f, g, o = (x @ W.T + h @ U.T + b).chunk(4, dim=1)
    cell = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    state = torch.sigmoid(o) * torch.tanh(cell)
    torch.autograd.backward([state, cell], [torch.tensor(grad_h), torch.tensor(grad_c)])
    return tuple(tensor.grad.numpy() for tensor in tensors)


def cell_by_state_alone(grad_h, grad_c, *arguments):
    """The path from the next state to the old cell is forgotten, and no other."""
    found = step_by_torch(grad_h, grad_c, *arguments)
    return *found[:2], step_by_torch(0 * grad_h, grad_c, *arguments)[2], *found[3:]


def gru(x, h, W, U, b):
    size, rows = h.shape[1], []
    for x_b, h_b in zip(x, h, strict=True):
        a, v = W @ x_b + b, U @ h_b
        r, z = sigmoid(a[:size] + v[:size]), sigmoid(a[size:-size] + v[size:-size])
        n = np.tanh(a[-size:] + U[-size:] @ (r * h_b))
        rows.append((1 - z) * n + z * h_b)
    return np.array(rows)


def last(states, mask):
    found = np.zeros((len(states), states.shape[2]))
    for row, step in zip(*np.nonzero(mask), strict=True):
        found[row] = states[row, step]
    return found


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


def clip_by_torch(d_weight, d_bias, limit):
    import torch

    parameters = [torch.zeros(g.shape, dtype=torch.float64) for g in (d_weight, d_bias)]
    for p, g in zip(parameters, (d_weight, d_bias), strict=True):
        p.grad = torch.tensor(g)
    torch.nn.utils.clip_grad_norm_(parameters, limit)
    return tuple(p.grad.numpy() for p in parameters)


RIGHT = [
    (RNN, unrolled), (BACK, through_time), (LSTM, long_step), (GRU, gru),
    (LAST, last), (CLIP, clip), (CLIP, clip_by_torch), (STEP_BACK, step_by_torch),
]  # fmt: skip
WRONG = [
    (RNN, lambda *a: np.pad(unrolled(*a), [(0, 0), (1, 0), (0, 0)]), "(5, 4, 2), got (5, 5, 2)"),
    (RNN, lambda *a: unrolled(*a)[:, 0] if a[0].shape[1] == 1 else unrolled(*a), "one step"),
    (RNN, lambda *a: unrolled(*a, idle=True), "steps of zeros", "not padding"),
    (BACK, lambda *a: through_time(*a, reach=20), "thirty steps", "as many steps as there are"),
    (BACK, lambda *a: (through_time(*a)[0], through_time(*a)[1].T, *through_time(*a)[2:]),
     "d_input_weight", "axes are swapped"),
    (BACK, lambda *a: (*through_time(*a)[:3], a[0].sum(axis=1)), "d_bias", "got (5, 2)"),
    (BACK, lambda *a: through_time(*a, squash=by_exponentials), "1000 and more", "overflow"),
    (LSTM, lambda x, h, c, W, U, b: long_step(x, h, c, W.T, U.T, b), "ValueError", "shapes fit"),
    (STEP_BACK, cell_by_state_alone, "d_c", "Go back from h"),
    (STEP_BACK, lambda *a: (*step_by_torch(*a)[:3], step_by_torch(*a)[3].T,
                            *step_by_torch(*a)[4:]), "d_input_weight", "axes are swapped"),
    (LAST, lambda s, m: s[np.arange(len(s)), m.sum(axis=1)], "raised IndexError"),
    (LAST, lambda s, m: last(s, m & s.any(axis=2)), "last states of 0", "ask the mask"),
    (LAST, last_not_zero_by_component, "0", "ask the mask"),
    (LAST, last_by_multiplying, "NaN in the masked steps", "got nan", "do not multiply"),
    (LAST, emptied_by_multiplying, "a row of NaN without a step", "do not multiply"),
    (LAST, lambda s, m: last(s[:, :4], m[:, :4]), "padding in front"),
    (CLIP, lambda *a: clip(*a, norm=lambda *g: np.sqrt(sum(np.sum(x @ x.T) for x in g))), "d_w"),
    (CLIP, lambda *a: clip(*a, norm=lambda W, b: np.hypot(np.linalg.norm(W, "fro"), norm(b))),
     "two vectors", "raised ValueError", "any number of axes"),
    (CLIP, lambda *a: tuple(g / norm(*a[:2]) * min(norm(*a[:2]), a[2]) for g in a[:2]), "0 / 0"),
    (CLIP, lambda *a: clip(*a, norm=lambda *g: norm(*g) + 1e-4), "a small constant"),
    (CLIP, lambda W, b, c: clip(W, b, 1.0), "the limit"),
    (CLIP, lambda *a: clip(*a, norm=lambda *g: norm(*g) / 4), "Nothing is clipped yet"),
]  # fmt: skip
