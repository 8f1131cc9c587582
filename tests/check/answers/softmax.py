"""Answers to the exercises on the softmax."""

import numpy as np

S, G, PAIR = "masked_softmax", "masked_softmax_gradient", "softmax_separate_and_joint"
MERGED = "merged_classes_gradient"


def by_loops(scores, mask):
    p = np.zeros(scores.shape)
    for row in np.ndindex(scores.shape[:-1]):
        there = [j for j in range(scores.shape[-1]) if mask[(*row, j)]]
        top = max((scores[(*row, j)] for j in there), default=0)
        total = sum(np.exp(scores[(*row, j)] - top) for j in there)
        for j in there:
            p[(*row, j)] = np.exp(scores[(*row, j)] - top) / total
    return p


def by_logarithms(scores, mask=True):
    s = np.where(mask, scores, -np.inf)
    total = np.logaddexp.reduce(s, axis=-1, keepdims=True)
    return np.exp(s - np.where(np.isfinite(total), total, 0))


def by_jacobian(grad, scores, mask=True):
    p = by_logarithms(scores, mask)
    jacobian = p[..., None] * np.eye(p.shape[-1]) - p[..., None] * p[..., None, :]
    return np.einsum("...ij,...j->...i", jacobian, np.where(mask, grad, 0))


def not_selected(grad, scores, mask):
    p = by_logarithms(scores, mask)
    return p * (grad - (grad * p).sum(axis=-1, keepdims=True))


def pair(image_scores, text_scores, shifts=None):
    """By loops, each softmax shifted by its largest score, or all of a row by another."""

    def weights(scores, shift):
        e = [np.exp(s - (max(scores) if shift is None else shift)) for s in scores]
        return [x / sum(e) for x in e]

    separate, joint = [], []
    for i, t in zip(image_scores.tolist(), text_scores.tolist(), strict=True):
        shift = shifts(i, t) if shifts else None
        separate.append(weights(i, shift) + weights(t, shift))
        joint.append(weights(i + t, shift))
    return [np.array(separate), np.array(joint)]


def doubled(i, t):
    """The joint weights are a softmax of the separate ones."""
    e = np.exp(pair(i, t)[0])
    return pair(i, t)[0], e / e.sum(axis=1, keepdims=True)


def by_log_sums(logits, groups, answers):
    """-log of a sum is a log-sum-exp less another one: each is differentiated by itself."""
    found = np.zeros_like(logits)
    for i, (s, a) in enumerate(zip(logits, answers, strict=True)):
        for k in range(len(s)):
            found[i, k] = 1 / np.exp(np.minimum(s - s[k], 700)).sum()
            if groups[k] == a:
                found[i, k] -= 1 / np.exp(np.minimum(s - s[k], 700))[groups == a].sum()
    return found / len(logits)


RIGHT = [
    (MERGED, by_log_sums),
    (S, by_loops), (S, lambda s, m: np.asfortranarray(by_logarithms(s, m))),
    (G, by_jacobian), (PAIR, pair),
]  # fmt: skip
WRONG = [
    (MERGED, lambda s, g, a: by_log_sums(s, g, 1 - a), "two softmaxes"),
    (MERGED, lambda s, g, a: by_log_sums(s, g, a) * len(s), "B rows"),
    (S, lambda s, m: by_loops(s, m) / (1 + 1e-6), "a small constant"),
    (S, lambda s, m: np.array([by_loops(a, b) for a, b in zip(s, m, strict=True)]), "shape (N,)"),
    (S, lambda s, m: by_loops(s.swapaxes(0, -1), m.swapaxes(0, -1)).swapaxes(0, -1), "itself"),
    (S, lambda s, m: by_loops(np.where(s == 0, -np.inf, s), m), "zeros among", "like any other"),
    (G, not_selected, "NaN in grad", "0 * NaN"),
    (G, lambda g, s, m: by_jacobian(g, s, m) / (g.shape[0] if g.ndim > 2 else 1), "(B, T, N)"),
    (PAIR, doubled, "joint[0, 0]", "over which"),
    (PAIR, lambda i, t: pair(i, t, lambda i, t: max(i)), "below -1000", "its own largest"),
    (PAIR, lambda i, t: pair(i, t, lambda i, t: max(t)), "below -1000", "its own largest"),
]
