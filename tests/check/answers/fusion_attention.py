"""Answers to the exercises on attention fusion and stand-ins, in NumPy."""

import numpy as np

from tests.check.answers.softmax import by_logarithms as softmax

FUSE, SCORES = "attention_fusion", "attention_fusion_scores_gradient"
STAND_IN = "stand_in_gradient"


def fuse(features, weights, biases, hidden_weights, hidden_biases, score_weight, joint, names=None):
    """By loops, a row at a time."""
    names = names or sorted(features)
    z = np.zeros((len(features[names[0]]), len(biases[names[0]])))
    for b in range(len(z)):
        vectors = [(m, x) for m in names for x in features[m][b]]
        a = [np.tanh(hidden_weights[m] @ x + hidden_biases[m]) @ score_weight for m, x in vectors]
        for group in [names] if joint else [[m] for m in names]:
            inside = [i for i, (m, _) in enumerate(vectors) if m in group]
            alpha = softmax(np.array(a)[inside])
            for weight, i in zip(alpha, inside, strict=True):
                m, x = vectors[i]
                z[b] += weight * (weights[m] @ x + biases[m])
    return z


def gradient(grad, h, scores):
    """By the softmax Jacobian of each row."""
    rows = []
    for g, vectors, a in zip(grad, h, scores, strict=True):
        alpha = softmax(a)
        rows.append((np.diag(alpha) - np.outer(alpha, alpha)) @ (vectors @ g))
    return np.array(rows)


def standing(grad, present):
    d_features = grad.copy()
    d_features[~present] = 0
    return d_features, (~present).astype(float) @ grad


RIGHT = [(FUSE, fuse), (SCORES, gradient), (STAND_IN, standing)]
WRONG = [
    (FUSE, lambda *a: fuse(*a, names=["image", "text"]), "three modalities", "Any number"),
    (STAND_IN, lambda g, p: standing(g, p)[1], "expected 2 results"),
]  # fmt: skip
