"""Answers to gated_fusion."""

import numpy as np

from tests.unit.check_answers.tables import right, softmax, wrong


def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


@right("gated_fusion")
def gated(x_v, x_t, W_v, W_t, W_z, squash=np.tanh, gate=sigmoid, mix=None):
    h_v, h_t = squash(x_v @ W_v.T), squash(x_t @ W_t.T)
    z = gate(np.concatenate([x_v, x_t], axis=1) @ W_z.T)
    return mix(z, h_v, h_t) if mix else z * h_v + (1 - z) * h_t


@right("gated_fusion")
def gated_by_loops(x_v, x_t, W_v, W_t, W_z):
    rows = []
    for v, t in zip(x_v, x_t, strict=True):
        z = 1 / (1 + np.exp(-(W_z @ np.append(v, t))))
        rows.append([g * a + (1 - g) * b for g, a, b in
                     zip(z, np.tanh(W_v @ v), np.tanh(W_t @ t), strict=True)])  # fmt: skip
    return np.array(rows)


@wrong("gated_fusion", "other modality")
def gate_reversed(*args):
    return gated(*args, mix=lambda z, v, t: (1 - z) * v + z * t)


@wrong("gated_fusion", "raw inputs")
def gate_on_transformed(x_v, x_t, W_v, W_t, W_z):
    h_v, h_t = np.tanh(x_v @ W_v.T), np.tanh(x_t @ W_t.T)
    z = sigmoid(np.concatenate([h_v, h_t], axis=1) @ W_z.T)
    return z * h_v + (1 - z) * h_t


@wrong("gated_fusion", "nonlinearity")
def without_tanh(*args):
    return gated(*args, squash=lambda x: x)


@wrong("gated_fusion", "not that one")
def sigmoid_for_tanh(*args):
    return gated(*args, squash=sigmoid)


@wrong("gated_fusion", "nonlinearity, but not that one")
def relu_for_tanh(*args):
    return gated(*args, squash=lambda x: np.maximum(x, 0))


@wrong("gated_fusion", "between 0 and 1")
def gate_without_sigmoid(*args):
    return gated(*args, gate=lambda x: x)


@wrong("gated_fusion", "between 0 and 1")
def gate_of_tanh(*args):
    return gated(*args, gate=np.tanh)


@wrong("gated_fusion", "gate of its own")
def gate_of_softmax(*args):
    return gated(*args, gate=softmax)


@wrong("gated_fusion", "the other loses")
def gate_on_both(*args):
    return gated(*args, mix=lambda z, v, t: z * v + z * t)


@wrong("gated_fusion", "the other loses")
def gate_on_one(*args):
    return gated(*args, mix=lambda z, v, t: z * v + t)


@wrong("gated_fusion", "x_v comes first")
def joined_in_reverse(x_v, x_t, W_v, W_t, W_z):
    z = sigmoid(np.concatenate([x_t, x_v], axis=1) @ W_z.T)
    return z * np.tanh(x_v @ W_v.T) + (1 - z) * np.tanh(x_t @ W_t.T)


@wrong("gated_fusion", "W transposed")
def gated_weight_transposed(x_v, x_t, W_v, W_t, W_z):
    z = sigmoid(np.concatenate([x_v, x_t], axis=1) @ W_z.T)
    return z * np.tanh(x_v @ W_v) + (1 - z) * np.tanh(x_t @ W_t)


@wrong("gated_fusion", "raised ValueError", "shapes fit", "W transposed")
def gated_without_transposing(x_v, x_t, W_v, W_t, W_z):
    z = sigmoid(np.concatenate([x_v, x_t], axis=1) @ W_z)
    return z * np.tanh(x_v @ W_v) + (1 - z) * np.tanh(x_t @ W_t)


@wrong("gated_fusion", "near 1000", "got nan", "safe for each sign")
def sigmoid_overflows(*args):
    return gated(*args, gate=lambda x: np.exp(x) / (1 + np.exp(x)))


@wrong("gated_fusion", "features of different width", "raised ValueError")
def gate_split_in_the_middle(x_v, x_t, W_v, W_t, W_z):
    half = W_z.shape[1] // 2
    z = sigmoid(x_v @ W_z[:, :half].T + x_t @ W_z[:, half:].T)
    return z * np.tanh(x_v @ W_v.T) + (1 - z) * np.tanh(x_t @ W_t.T)


@wrong("gated_fusion", "batch of one row", "got (3,)", "length 1")
def gated_squeezed(*args):
    return gated(*args).squeeze()
