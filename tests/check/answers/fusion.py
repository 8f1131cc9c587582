"""Answers to the exercises on fusion, in NumPy."""

import numpy as np

from mmref.reference.fusion import tensor_fusion
from tests.check.answers.softmax import by_jacobian
from tests.check.answers.softmax import by_logarithms as softmax

FUSE, GATE, GRADIENT = "weighted_fusion", "gated_fusion", "weighted_fusion_logits_gradient"
DECIDE, FILM, LOW_RANK = "decision_fusion", "film_fusion", "low_rank_fusion"
FACTORS = "low_rank_fusion_factors_gradient"
PRODUCT, SHARES = "decision_fusion_product", "decision_fusion_logits_gradient"
ATTEND, SCORES = "attention_fusion", "attention_fusion_scores_gradient"
STAND_IN = "stand_in_gradient"
GATES, OUTER = "gated_fusion_scores_gradient", "tensor_fusion_features_gradient"


def fuse(features, weights, biases, logits, present, names=None, absent=0.0):
    """By loops; an absent modality counts with this weight."""
    names = names or list(weights)
    z = np.zeros((len(features[names[0]]), len(biases[names[0]])))
    for b in range(len(z)):
        there = [i for i in range(len(names)) if present is None or present[b, i]]
        if there:
            alpha = dict(zip(there, softmax(logits[there]), strict=True))
            for i in there if absent == 0 else range(len(names)):
                h = weights[names[i]] @ features[names[i]][b] + biases[names[i]]
                z[b] += alpha.get(i, absent) * h
    return z


def gate(x_v, x_t, W_v, W_t, W_z, seen=1):
    rows = []
    for v, t in zip(x_v, x_t, strict=True):
        z = 1 / (1 + np.exp(-(W_z @ np.append(v, seen * t))))
        rows.append(z * np.tanh(W_v @ v) + (1 - z) * np.tanh(W_t @ t))
    return np.array(rows)


def gate_of_halves(x_v, x_t, W_v, W_t, W_z):
    half = W_z.shape[1] // 2
    z = 1 / (1 + np.exp(-(x_v @ W_z[:, :half].T + x_t @ W_z[:, half:].T)))
    return z * np.tanh(x_v @ W_v.T) + (1 - z) * np.tanh(x_t @ W_t.T)


def gradient(grad, h, logits):
    return by_jacobian(np.einsum("bd,bmd->m", grad, h), logits)


def binary(grad, h, a):
    p = 1 / (1 + np.exp(a[1] - a[0]))
    d = p * (1 - p) * np.einsum("bd,bd->", grad, h[:, 0] - h[:, 1])
    return np.array([d, -d])


def scores(p, w):
    return np.tensordot(w, np.stack(list(p.values())), 1)


def decide(p, w):
    return np.array([row.index(max(row)) for row in scores(p, w).tolist()])


def film(features, weights, biases, present, content, of_absent=0):
    """By rows; an absent modality's bias counts so many times."""
    z = []
    for b in range(len(features[content])):
        said = {}
        for i, m in enumerate(weights):
            there = present is None or present[b, i]
            said[m] = weights[m] @ features[m][b] + biases[m] if there else of_absent * biases[m]
        h = said.pop(content)
        d = len(h)
        gamma, beta = np.ones(d), np.zeros(d)
        for f in said.values():
            gamma, beta = gamma + f[:d], beta + f[d:]
        z.append(gamma * h + beta)
    return np.array(z)


def low_rank(features, weights, biases, bias, present, empty=0):
    """By rows, ranks and modalities; an empty row gets so many times what the biases make."""
    rows, d = len(next(iter(features.values()))), len(bias)
    z = np.zeros((rows, d))
    for b in range(rows):
        if present is not None and not present[b].any() and not empty:
            continue
        z[b] = bias
        for start in range(0, len(next(iter(biases.values()))), d):
            product, block = np.ones(d), slice(start, start + d)
            for i, m in enumerate(weights):
                there = present is None or present[b, i]
                x = features[m][b] if there else np.zeros(features[m].shape[1])
                product = product * (weights[m][block] @ x + biases[m][block])
            z[b] += product
    return z


def factors_gradient(grad, factors):
    found = np.empty_like(factors)
    for m in range(factors.shape[1]):
        before, after = factors[:, :m].prod(axis=1), factors[:, m + 1 :].prod(axis=1)
        found[:, m] = grad[:, None] * before * after
    return found


def divided(grad, factors):
    with np.errstate(all="ignore"):
        return grad[:, None, None] * factors.prod(axis=1, keepdims=True) / factors


def multiply(probabilities, prior, again=1.0):
    """One modality after the other: each posterior is the next one's prior."""
    p = np.broadcast_to(prior, next(iter(probabilities.values())).shape)
    for q in probabilities.values():
        p = p * q / prior**again  # Bayes: what the modality adds to the prior
        p = p / p.sum(axis=1, keepdims=True)
    return p


def multiply_at_once(probabilities, prior):
    p = np.prod(list(probabilities.values()), axis=0) / prior ** (len(probabilities) - 1)
    return p / p.sum(axis=1, keepdims=True)


def share(probabilities, labels, logits):
    """By the chain rule, row by row."""
    alpha, total = softmax(logits), 0
    for p, label in zip(probabilities, labels, strict=True):
        total = total + by_jacobian(-p[:, label] / (alpha @ p[:, label]), logits)
    return total


def attend(features, weights, biases, hidden, shifts, score_weight, joint, names=None):
    """By loops, a row at a time."""
    names = names or sorted(features)
    z = np.zeros((len(features[names[0]]), len(biases[names[0]])))
    for b in range(len(z)):
        vectors = [(m, x) for m in names for x in features[m][b]]
        a = [np.tanh(hidden[m] @ x + shifts[m]) @ score_weight for m, x in vectors]
        for group in [names] if joint else [[m] for m in names]:
            inside = [i for i, (m, _) in enumerate(vectors) if m in group]
            alpha = softmax(np.array(a)[inside])
            for weight, i in zip(alpha, inside, strict=True):
                m, x = vectors[i]
                z[b] += weight * (weights[m] @ x + biases[m])
    return z


def scores_gradient(grad, h, scores):
    return by_jacobian(np.einsum("bd,bnd->bn", grad, h), scores)


def standing(grad, present):
    d_features = grad.copy()
    d_features[~present] = 0
    return d_features, (~present).astype(float) @ grad


def gates_gradient(grad, h, scores):
    d_alpha = grad[:, None] * h
    return by_jacobian(d_alpha.swapaxes(1, 2), scores.swapaxes(1, 2)).swapaxes(1, 2)


def features_gradient(grad, features, weight):
    """z is linear in one feature, if the others are held: its slope is z at 1 less z at 0."""
    found, zero = [], np.zeros(len(weight))
    for m, x in features.items():
        for i in range(x.shape[1]):
            ends = []
            for number in (1.0, 0.0):
                moved = x.copy()
                moved[:, i] = number
                ends.append(tensor_fusion(features | {m: moved}, weight, zero))
            found.append((grad * (ends[0] - ends[1])).sum(axis=1))
    return np.stack(found, axis=1)


def of_two(grad, features, weight):
    x, y = features.values()
    t = np.einsum("bd,dij->bij", grad, weight.reshape(-1, x.shape[1] + 1, y.shape[1] + 1))
    d_x = t[:, 1:, 0] + np.einsum("bij,bj->bi", t[:, 1:, 1:], y)
    d_y = t[:, 0, 1:] + np.einsum("bij,bi->bj", t[:, 1:, 1:], x)
    return np.hstack([d_x, d_y])


RIGHT = [
    (FUSE, fuse), (GATE, gate), (GRADIENT, gradient), (DECIDE, decide), (FILM, film),
    (LOW_RANK, low_rank), (FACTORS, factors_gradient), (PRODUCT, multiply), (SHARES, share),
    (ATTEND, attend), (SCORES, scores_gradient), (STAND_IN, standing), (GATES, gates_gradient),
    (OUTER, features_gradient),
]  # fmt: skip
WRONG = [
    (FUSE, lambda *a: fuse(*a, absent=1e-300), "NaN in the features", "where present is [",
     "0 * NaN"),
    (FUSE, lambda x, *args: fuse({m: np.nan_to_num(v, posinf=np.inf) for m, v in x.items()}, *args,
     absent=1e-300), "infinity in the features", "whatever it holds"),
    (FUSE, lambda x, w, b, a, p: fuse(x, w, b, a[:2], None if p is None else p[:, :2],
     names=list(w)[:2]), "three modalities", "Any number"),
    (FUSE, lambda *a: fuse(*a, names=["image", "text"]), "three modalities", "Any number"),
    (FUSE, lambda *a: fuse(*a[:-1], a[-1].astype(bool)), "present is None", "raised"),
    (FUSE, lambda x, *args: (fuse(x, *args), x.popitem())[0], "changes its argument features"),
    (GATE, lambda *a: gate(*a[:4], a[4].T), "raised ValueError", "Do the shapes fit"),
    (GATE, gate_of_halves, "features of different width", "raised ValueError"),
    (GATE, lambda *a: gate(*a, seen=0), "what does its gate see"),
    (GRADIENT, lambda vectors, a, g: gradient(g, vectors, a), "raised ValueError", "shapes fit",
     "h is (B, M, D)"),
    (GRADIENT, lambda g, h, a: gradient(g[:1], h[:1], a), "four rows", "add up to"),
    (GRADIENT, binary, "three modalities", "Any number"),
    (GRADIENT, lambda g, h, a: gradient(g, h.swapaxes(0, 1) if len(h) == h.shape[1] else h, a),
     "as many rows as modalities", "easily confused"),
    (DECIDE, lambda p, w: np.prod([q + 1e-12 for q in p.values()], 0).argmax(1), "no effect"),
    (DECIDE, lambda p, w: decide({m: p[m] for m in ("text", "image", "audio")}, w),
     "two modalities", "and which"),
    (DECIDE, lambda p, w: decide(dict(list(p.items())[:3]), w[:3]), "five modalities"),
    (DECIDE, lambda p, w: decide(p, np.clip(w, 0, 1)), "do not sum to 1", "need not sum to 1"),
    (DECIDE, lambda p, w: decide(p, softmax(w)), "largest weighted"),
    (DECIDE, lambda p, w: decide(p, np.append(w[:-1], 1 - w[:-1].sum())), "largest weighted"),
    (DECIDE, scores, "got (60, 4)", "axis too many"),
    (FILM, lambda *a: film(*a, of_absent=1), "some are absent", "which biases"),
    (FILM, lambda x, W, *args: film(x, W, *args[:-1], next(iter(W))), "the second is the content",
     "by its name"),
    (LOW_RANK, lambda *a: low_rank(*a, empty=1), "no modality present", "is zero"),
    (LOW_RANK, lambda x, *args: low_rank({m: np.nan_to_num(v) for m, v in x.items()}, *args[:-1],
     None), "some modalities absent", "no effect"),
    (FACTORS, divided, "one factor is zero", "divided"),
    (PRODUCT, lambda p, prior: multiply({m: q + 1e-12 for m, q in p.items()}, prior),
     "nearly sure", "nothing is added"),
    (PRODUCT, multiply_at_once, "four hundred modalities", "logarithms"),
    (PRODUCT, lambda p, prior: multiply({m: p[m] for m in ("m0", "m1")}, prior), "Any number"),
    (PRODUCT, lambda p, prior: multiply({f"m{i}": p[f"m{i}"] for i in range(len(p))}, prior),
     "names of their own", "by any names"),
    (PRODUCT, lambda p, prior: np.log(multiply(p, prior) + 1e-300), "expected"),
    (SHARES, lambda p, y, a: share(p[:1], y[:1], a), "six rows", "add up to"),
    (SHARES, lambda p, y, a: share(p.swapaxes(0, 1) if len(p) == p.shape[1] else p, y, a),
     "as many rows as modalities", "(B, M, K)"),
    (SHARES, lambda p, y, a: share(p, y, 0 * a), "logits"),
    (ATTEND, lambda *a: attend(*a, names=["image", "text"]), "three modalities", "Any number"),
    (STAND_IN, lambda g, p: standing(g, p)[1], "expected 2 results"),
    (GATES, lambda g, h, a: gates_gradient(g, h[:, :2], a[:, :2]), "three modalities"),
    (OUTER, of_two, "three modalities", "raised ValueError", "Do the shapes fit"),
    (OUTER, lambda *a: features_gradient(*a)[:, ::-1], "expected"),
]  # fmt: skip
