"""Answers to the exercises on fusion, in NumPy."""

import numpy as np


def softmax(a, keep=True):
    a = np.where(keep, a, -np.inf)
    top = a.max(axis=-1, keepdims=True)
    e = np.exp(a - np.where(np.isfinite(top), top, 0))
    return np.divide(e, e.sum(axis=-1, keepdims=True), out=np.zeros_like(e), where=e > 0)


def fuse(x, weights, biases, logits, present, alpha=softmax, value=0.0, names=None):
    """The right answer, or one with other weights, or another value in place of what is absent."""
    names = names or list(weights)
    batch = len(next(iter(x.values())))
    keep = np.ones((batch, len(names)), dtype=bool) if present is None else present
    x = {m: np.where(keep[:, [i]], x[m], x[m] if value is None else value)
         for i, m in enumerate(names)}  # fmt: skip
    h = np.stack([x[m] @ weights[m].T + biases[m] for m in names], axis=1)
    return np.einsum("bm,bmd->bd", alpha(np.broadcast_to(logits, keep.shape), keep), h)


def fuse_by_loops(features, weights, biases, logits, present):
    names = list(weights)
    z = []
    for b in range(len(features[names[0]])):
        there = [i for i in range(len(names)) if present is None or present[b, i]]
        row = np.zeros(len(biases[names[0]]))
        top = max((logits[i] for i in there), default=0)
        total = sum(np.exp(logits[i] - top) for i in there)
        for i in there:
            h = weights[names[i]] @ features[names[i]][b] + biases[names[i]]
            row += np.exp(logits[i] - top) / total * h
        z.append(row)
    return np.array(z)


def with_weights(alpha):
    return lambda *args: fuse(*args, alpha=alpha)


def shifted(shift):
    """A softmax over those present that subtracts ``shift(a, keep)``."""

    def alpha(a, keep):
        e = np.where(keep, np.exp(a - shift(a, keep)), 0)
        total = e.sum(axis=1, keepdims=True)
        return e / np.where(keep.any(axis=1, keepdims=True), total, 1)

    return with_weights(alpha)


def by_position(x, weights, biases, a, present):
    pairs = zip(x.values(), weights.values(), biases.values(), strict=True)
    by_weight = {m: (v, w, b) for m, (v, w, b) in zip(weights, pairs, strict=True)}
    return fuse(*({m: t[i] for m, t in by_weight.items()} for i in range(3)), a, present)


def first_two(x, weights, biases, a, present):
    return fuse(x, weights, biases, a[:2], present[:, :2], names=list(weights)[:2])


def by_fixed_names(x, weights, biases, a, present):
    return fuse(x, weights, biases, a, present, names=["image", "text"])


def only_nan_removed(x, *args):
    return fuse({m: np.where(np.isnan(v), 0, v) for m, v in x.items()}, *args, value=None)


def absent_overwritten(x, weights, biases, a, present):
    for i, m in enumerate(weights):
        if present is not None:
            x[m][~present[:, i]] = 0
    return fuse(x, weights, biases, a, present)


def features_removed(x, *args):
    z = fuse(x, *args)
    x.popitem()
    return z


def low(a, keep):
    return softmax(np.where(keep, a, -1e9))


def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


def gate(x_v, x_t, W_v, W_t, W_z, s=sigmoid, tanh=np.tanh, joined=None):
    h_v, h_t = tanh(x_v @ W_v.T), tanh(x_t @ W_t.T)
    z = s((np.concatenate([x_v, x_t], axis=1) if joined is None else joined) @ W_z.T)
    return z * h_v + (1 - z) * h_t


def gate_by_loops(x_v, x_t, W_v, W_t, W_z):
    rows = []
    for v, t in zip(x_v, x_t, strict=True):
        z = 1 / (1 + np.exp(-(W_z @ np.append(v, t))))
        rows.append(z * np.tanh(W_v @ v) + (1 - z) * np.tanh(W_t @ t))
    return np.array(rows)


def gate_of_halves(x_v, x_t, W_v, W_t, W_z):
    half = W_z.shape[1] // 2
    z = sigmoid(x_v @ W_z[:, :half].T + x_t @ W_z[:, half:].T)
    return z * np.tanh(x_v @ W_v.T) + (1 - z) * np.tanh(x_t @ W_t.T)


def by_exponentials(x):
    return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))


def gradient(grad, h, logits, alpha=softmax):
    alpha = alpha(logits)
    z = np.einsum("m,bmd->bd", alpha, h)
    return alpha * np.einsum("bd,bmd->m", grad, h - z[:, None])


def gradient_by_loops(grad, h, logits):
    alpha, total = softmax(logits), np.zeros(len(logits))
    for g, rows in zip(grad, h, strict=True):
        z = sum(a * row for a, row in zip(alpha, rows, strict=True))
        total += [a * g @ (row - z) for a, row in zip(alpha, rows, strict=True)]
    return total


def gradient_by_jacobian(grad, h, logits):
    alpha = softmax(logits)
    return (np.diag(alpha) - np.outer(alpha, alpha)) @ np.einsum("bd,bmd->m", grad, h)


def gradient_by_differences(grad, h, logits, step=1e-5):
    def loss(a):
        return np.einsum("m,bmd,bd->", softmax(a), h, grad)

    nudges = step * np.eye(len(logits))
    return np.array([(loss(logits + e) - loss(logits - e)) / (2 * step) for e in nudges])


def binary(grad, h, a):
    p = 1 / (1 + np.exp(a[1] - a[0]))
    d = p * (1 - p) * np.einsum("bd,bd->", grad, h[:, 0] - h[:, 1])
    return np.array([d, -d])


def swapped_where_square(grad, h, logits):
    return gradient(grad, h.swapaxes(0, 1) if len(h) == h.shape[1] else h, logits)


def one_for_each_row(grad, h, a):
    z = np.einsum("m,bmd->bd", softmax(a), h)
    return softmax(a) * np.einsum("bd,bmd->bm", grad, h - z[:, None])


def exponentials(shift):
    return lambda a: np.exp(a - shift(a)) / np.exp(a - shift(a)).sum()


def other_names(vectors, a, g):
    return gradient(g, vectors, a)


def decide(probabilities, weights):
    return sum(w * p for w, p in zip(weights, probabilities.values(), strict=True)).argmax(axis=1)


def decide_by_loops(probabilities, weights):
    labels = []
    for rows in zip(*probabilities.values(), strict=True):
        scores = sum(w * p for w, p in zip(weights, rows, strict=True))
        labels.append(max(range(len(scores)), key=lambda k: scores[k]))
    return np.array(labels)


def scores(p, w):
    return np.tensordot(w, np.stack(list(p.values())), 1)


def decide_by_names(p, w):
    return decide({m: p[m] for m in ("image", "text", "audio")}, w)


def softmax_of_weights(p, w):
    return decide(p, softmax(w))


FUSE, GATE, GRADIENT = "weighted_fusion", "gated_fusion", "weighted_fusion_logits_gradient"
DECIDE = "decision_fusion"
RIGHT = [
    (FUSE, fuse), (FUSE, fuse_by_loops),
    (GATE, gate), (GATE, gate_by_loops),
    (GRADIENT, gradient), (GRADIENT, gradient_by_loops), (GRADIENT, gradient_by_jacobian),
    (DECIDE, decide), (DECIDE, decide_by_loops),
]  # fmt: skip
WRONG = [
    (FUSE, lambda *a: fuse(*a, value=None), "NaN in the features", "where present is [", "0 * NaN"),
    (FUSE, only_nan_removed, "infinity in the features", "whatever it holds"),
    (FUSE, with_weights(lambda a, k: softmax(np.where(k, a, -np.inf)) + 0 / k.any(1)[:, None]),
     "no modality present", "zero"),
    (FUSE, with_weights(low), "no modality present", "zero"),
    (FUSE, shifted(lambda a, k: 0), "logits of 1000", "got nan", "overflows"),
    (FUSE, shifted(lambda a, k: a.max()), "logits of 1000", "got nan", "absent modality"),
    (FUSE, shifted(lambda a, k: np.maximum(0, np.where(k, a, -np.inf).max(1, keepdims=True))),
     "logits of 1000", "got nan"),
    (FUSE, by_position, "another order", "by name"),
    (FUSE, first_two, "raised TypeError"),
    (FUSE, lambda *a: first_two(*a[:-1], np.ones((4, 2), bool)) if len(a[1]) > 2 else fuse(*a),
     "three modalities", "Any number"),
    (FUSE, by_fixed_names, "three modalities", "Any number"),
    (FUSE, lambda *a: fuse(*a[:-1], a[-1].astype(bool)), "present is None", "raised"),
    (FUSE, absent_overwritten, "changes its argument features['", "not in place"),
    (FUSE, features_removed, "changes its argument features"),
    (FUSE, lambda *a: fuse(*a)[:, None], "got (4, 1, 3)", "Only axes of length 1"),
    (FUSE, lambda *a: fuse(*a).T, "got (3, 4)", "swapped"),
    (FUSE, lambda *a: fuse(*a).ravel(), "got (12,)", "another shape"),
    (FUSE, lambda *a: fuse(*a).sum(axis=0), "got (3,)", "axis too few"),
    (FUSE, lambda *a: fuse(*a).astype(int), "expected the dtype float64, got int64"),
    (FUSE, lambda *a: np.clip(fuse(*a), -100, 100), "1000 and more", "clipped"),
    (GATE, lambda *a: gate(*a, s=lambda x: np.exp(x) / (1 + np.exp(x))), "near 1000", "each sign"),
    (GATE, lambda *a: gate(*a, tanh=by_exponentials), "near 1000", "got nan", "each sign"),
    (GATE, lambda *a: gate(*a[:4], a[4].T), "raised ValueError", "Do the shapes fit"),
    (GATE, gate_of_halves, "features of different width", "raised ValueError"),
    (GATE, lambda *a: gate(*a, joined=np.hstack([a[0], 0 * a[1]])), "what does its gate see"),
    (GATE, lambda *a: gate(*a[:4], np.ones_like(a[4])), "W_z has no effect"),
    (GRADIENT, lambda h, logits, grad: gradient(grad, h, logits), "order is not"),
    (GRADIENT, other_names, "raised ValueError", "shapes fit", "h is (B, M, D)"),
    (GRADIENT, one_for_each_row, "got (1, 2)"),
    (GRADIENT, lambda g, h, a: gradient(g[:1], h[:1], a), "four rows", "add up to"),
    (GRADIENT, binary, "three modalities", "Any number"),
    (GRADIENT, swapped_where_square, "as many rows as modalities", "easily confused"),
    (GRADIENT, gradient_by_differences, "a numerical difference"),
    (GRADIENT, lambda *a: gradient(*a, exponentials(lambda a: 0)), "logits of 1000", "overflows"),
    (GRADIENT, lambda *a: gradient(*a, exponentials(lambda a: max(0, a.max()))), "of -1000"),
    (GRADIENT, lambda *a: gradient(*a, exponentials(lambda a: a[0])), "got nan"),
    (GRADIENT, lambda *a: np.clip(gradient(*a), -100, 100), "gradients of 1000", "clipped"),
    (GRADIENT, lambda g, h, a: gradient(g, h, 0 * a), "logits has no effect"),
    (DECIDE, lambda p, w: np.prod([q + 1e-12 for q in p.values()], 0).argmax(1), "no effect"),
    (DECIDE, lambda p, w: np.prod([q**a for a, q in zip(w, p.values(), strict=True)], 0).argmax(1),
     "product"),
    (DECIDE, decide_by_names, "two modalities", "by any names"),
    (DECIDE, lambda p, w: decide(dict(list(p.items())[:2]), w[:2]), "three modalities"),
    (DECIDE, lambda p, w: decide(dict(list(p.items())[:3]), w[:3]), "five modalities"),
    (DECIDE, lambda p, w: decide(p, np.clip(w, 0, 1)), "do not sum to 1", "need not sum to 1"),
    (DECIDE, softmax_of_weights, "largest weighted"),
    (DECIDE, lambda p, w: decide(p, np.append(w[:-1], 1 - w[:-1].sum())), "largest weighted"),
    (DECIDE, lambda p, w: scores(p, w).argsort(axis=1)[:, -1], "equal scores", "the first"),
    (DECIDE, scores, "got (60, 4)", "axis too many"),
    (DECIDE, lambda p, w: decide(p, w).astype(float), "expected the dtype int, got float64"),
    (DECIDE, lambda p, w: decide(p, w)[0], "got ()", "A single number"),
    (DECIDE, lambda p, w: scores(p, w)[:, :4].argmax(axis=1), "as many rows as classes"),
    (DECIDE, lambda p, w: scores(p, w)[:, :5].argmax(axis=1), "longer axes"),
]  # fmt: skip
