"""Answers to the exercises on the softmax."""

import numpy as np


def softmax(scores, axis=-1):
    e = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def kept(scores, mask, shift=lambda s, mask: s.max(axis=-1, keepdims=True)):
    """The masked softmax, or one with another shift."""
    s = np.where(mask, scores, -np.inf)
    top = shift(s, mask)
    e = np.where(mask, np.exp(s - np.where(np.isfinite(top), top, 0)), 0)
    total = e.sum(axis=-1, keepdims=True)
    return np.divide(e, total, out=np.zeros_like(e), where=total != 0)


def by_loops(scores, mask):
    p = np.zeros(scores.shape)
    for row in np.ndindex(scores.shape[:-1]):
        there = [j for j in range(scores.shape[-1]) if mask[(*row, j)]]
        top = max((scores[(*row, j)] for j in there), default=0)
        total = sum(np.exp(scores[(*row, j)] - top) for j in there)
        for j in there:
            p[(*row, j)] = np.exp(scores[(*row, j)] - top) / total
    return p


def by_logarithms(scores, mask):
    s = np.where(mask, scores, -np.inf)
    total = np.logaddexp.reduce(s, axis=-1, keepdims=True)
    return np.exp(s - np.where(np.isfinite(total), total, 0))


def by_multiplying(scores, mask):
    top = np.max(scores, axis=-1, keepdims=True, where=mask, initial=-np.inf)
    e = np.exp(np.minimum(scores - top, 0)) * mask
    return e / e.sum(axis=-1, keepdims=True)


def without_nan(scores, mask):
    """NaN is replaced, infinity is not."""
    s = np.where(np.isnan(scores), 0, scores) * mask + np.where(mask, 0, -np.inf)
    return kept(s, mask | np.isnan(s))


def in_place(scores, mask):
    scores[~mask] = -np.inf
    return kept(scores, mask)


def prefix(scores, mask):
    """As if only the ends of rows could be dropped."""
    return kept(scores, np.arange(mask.shape[-1]) < mask.sum(axis=-1, keepdims=True))


def gradient(grad, scores, mask, p=kept, g=lambda grad, mask: np.where(mask, grad, 0)):
    p, g = p(scores, mask), g(grad, mask)
    return p * (g - (g * p).sum(axis=-1, keepdims=True))


def by_jacobian(grad, scores, mask):
    p = kept(scores, mask)
    jacobian = p[..., None] * np.eye(p.shape[-1]) - p[..., None] * p[..., None, :]
    return np.einsum("...ij,...j->...i", jacobian, np.where(mask, grad, 0))


def by_differences(grad, scores, mask, step=1e-5):
    found = np.zeros_like(scores)
    for j in range(scores.shape[-1]):
        e = step * (np.arange(scores.shape[-1]) == j)
        difference = kept(scores + e, mask) - kept(scores - e, mask)
        found[..., j] = (np.where(mask, grad, 0) * difference).sum(axis=-1) / (2 * step)
    return found


def pair(image, text, of_image=softmax, of_text=softmax, of_both=softmax):
    separate = np.concatenate([of_image(image), of_text(text)], axis=1)
    return separate, of_both(np.concatenate([image, text], axis=1))


def pair_by_loops(image_scores, text_scores):
    def weights(scores):
        e = [np.exp(s - max(scores)) for s in scores]
        return [x / sum(e) for x in e]

    rows = [(list(i), list(t)) for i, t in zip(image_scores, text_scores, strict=True)]
    separate = np.array([weights(i) + weights(t) for i, t in rows])
    return [separate, np.array([weights(i + t) for i, t in rows])]


def shifted(shift):
    """A softmax that subtracts ``shift(scores)``."""

    def weights(scores):
        e = np.exp(scores - shift(scores))
        return e / e.sum(axis=1, keepdims=True)

    return weights


def pair_shifted_by(side):
    """Both softmaxes of separate, and joint, shifted by the maximum of one side."""

    def both(*sides):
        top = sides[side].max(axis=1, keepdims=True)
        return pair(*sides, *[shifted(lambda s: top)] * 3)

    return both


def shift(*axes, floor=-np.inf):
    return lambda s, mask: s.max(axis=axes, keepdims=True, initial=floor)


S, G, PAIR = "masked_softmax", "masked_softmax_gradient", "softmax_separate_and_joint"
RIGHT = [
    (S, kept), (S, by_loops), (S, by_logarithms),
    (S, lambda s, m: np.asfortranarray(kept(s, m))),
    (G, gradient), (G, by_jacobian),
    (PAIR, pair), (PAIR, pair_by_loops),
]  # fmt: skip
WRONG = [
    (S, lambda s, m: softmax(s, axis=0) * m, "normalized by itself"),
    (S, lambda s, m: kept(s, m | True), "where mask is [", "mask has no effect"),
    (S, lambda s, m: kept(s, m, lambda s, m: 0), "1000 and more", "got nan", "overflows"),
    (S, lambda s, m: kept(s, m, shift(-1, floor=0)), "-1000 and less", "Which shift"),
    (S, lambda s, m: kept(s, m, lambda s, m: s.max()), "rows of 1000", "one shift for all"),
    (S, lambda s, m: kept(s, m, lambda s, m: s[..., :1]), "got nan"),
    (S, lambda s, m: np.where(m, softmax(s), 0) / softmax(s).sum(-1, where=m, keepdims=True),
     "largest by 2000", "largest of those"),
    (S, by_multiplying, "NaN in the dropped", "0 * NaN"),
    (S, without_nan, "infinity in the dropped", "0 * NaN"),
    (S, lambda s, m: softmax(np.where(m, s, -np.inf)), "keeps nothing", "got nan", "gets zeros"),
    (S, lambda s, m: softmax(np.where(m, s, -1e9)), "keeps nothing", "gets zeros"),
    (S, lambda s, m: softmax(np.where(m, s, -1e30)) * m, "near -1e40", "lower still"),
    (S, lambda s, m: kept(s, m) / (1 + 1e-6), "a small constant"),
    (S, lambda s, m: np.array([kept(a, b) for a, b in zip(s, m, strict=True)]), "shape (N,)"),
    (S, lambda s, m: kept(s.swapaxes(0, -1), m.swapaxes(0, -1)).swapaxes(0, -1), "itself"),
    (S, in_place, "changes its argument scores", "not in place"),
    (S, prefix, "some entries dropped"),
    (S, lambda s, m: kept(s[:3], m[:3]), "shape (N,)"),
    (S, lambda s, m: kept(np.clip(s, -50, 50), m), "1000"),
    (S, lambda s, m: kept(np.where(s == 0, -np.inf, s), m), "zeros among", "like any other"),
    (G, lambda g, s, m: gradient(g, s, m, g=lambda g, m: g), "NaN in grad", "0 * NaN"),
    (G, lambda g, s, m: gradient(g, s, m, by_multiplying), "NaN in the dropped"),
    (G, lambda g, s, m: gradient(g, s, m, without_nan), "infinity in the dropped"),
    (G, lambda g, s, m: gradient(g, s, m, lambda s, m: kept(s, m, lambda s, m: 0)), "overflows"),
    (G, lambda g, s, m: gradient(g, s, m, lambda s, m: softmax(np.where(m, s, -np.inf))),
     "keeps nothing"),
    (G, lambda g, s, m: (gradient(g, s, m),), "expected a NumPy array, got a tuple"),
    (G, lambda g, s, m: gradient(np.ones_like(g), s, m), "grad has no effect"),
    (G, by_differences, "a numerical difference"),
    (G, lambda g, s, m: np.clip(gradient(g, s, m), -100, 100), "gradients of 1000", "clipped"),
    (G, lambda g, s, m: gradient(g, s, m) / (g.shape[0] if g.ndim > 2 else 1), "(B, T, N)"),
    (PAIR, lambda i, t: pair(i, t)[::-1], "separate[0, 0]", "asked for is: separate, joint"),
    (PAIR, lambda i, t: (pair(i, t)[0], softmax(pair(i, t)[0])), "joint[0, 0]", "over which"),
    (PAIR, lambda i, t: pair(i, t, *[lambda s: softmax(s, axis=0)] * 2), "over which scores"),
    (PAIR, lambda i, t: pair(i, t, *[shifted(lambda s: 0)] * 3), "1000 and more", "overflows"),
    (PAIR, lambda i, t: pair(i, t, *[shifted(lambda s: s.max())] * 3), "rows of 1000", "one shift"),
    (PAIR, lambda i, t: pair(i, t, *[shifted(lambda s: max(0, s.max()))] * 3), "-1000 and less"),
    (PAIR, pair_shifted_by(0), "below -1000", "its own largest"),
    (PAIR, pair_shifted_by(1), "below -1000", "its own largest"),
    (PAIR, lambda i, t: pair(i, t)[0], "expected 2 results, got a NumPy array"),
    (PAIR, lambda i, t: (softmax(i), softmax(t), 0), "expected 2 results, got 3 values"),
    (PAIR, lambda i, t: (softmax(i), pair(i, t)[1]), "separate: expected the shape (3, 6)"),
]  # fmt: skip
