"""Answers to the exercises on contrastive losses."""

import numpy as np
from scipy.special import log_softmax

NCE, SLOPES = "info_nce", "info_nce_similarities_gradient"
TRIPLET = "hardest_negative_triplet"


def cosines(images, texts):
    s = np.empty((len(images), len(texts)))
    for i, j in np.ndindex(s.shape):
        lengths = np.linalg.norm(images[i]) * np.linalg.norm(texts[j])
        s[i, j] = images[i] @ texts[j] / lengths if lengths else 0
    return s


def nce(images, texts, temperature):
    s = cosines(images, texts) / temperature
    return -np.mean(np.diag(log_softmax(s, axis=0)) + np.diag(log_softmax(s, axis=1))) / 2


def slopes(similarities, temperature):
    """By the rule of the product, score by score."""
    B = len(similarities)
    s = similarities / temperature
    rows, columns = np.exp(log_softmax(s, axis=1)), np.exp(log_softmax(s, axis=0))
    d, by_temperature = np.zeros((B, B)), np.float64(0)
    for i, j in np.ndindex(B, B):
        one = (rows[i, j] + columns[i, j]) / 2 - (i == j)
        d[i, j] = one / B / temperature
        by_temperature -= one / B * similarities[i, j] / temperature**2
    return d, by_temperature


def triplet(images, texts, margin):
    s = cosines(images, texts)
    total = 0.0
    for side in (s, s.T):
        for i, row in enumerate(side):
            others = [margin + x - row[i] for j, x in enumerate(row) if j != i]
            total += max([0.0, *others]) / len(s)
    return np.float64(total)


RIGHT = [(NCE, nce), (SLOPES, slopes), (TRIPLET, triplet)]
WRONG = [
    (NCE, lambda u, v, t: nce(u, v, max(t, 0.01)), "a temperature of 0.001"),
    (NCE, lambda u, v, t: nce(u, u, t), "four pairs"),
    (SLOPES, lambda s, t: (slopes(s, t)[0].T, slopes(s, t)[1]), "four pairs"),
    (TRIPLET, lambda u, v, m: triplet(u, v, min(m, 1.0)), "a margin of 1.5"),
    (TRIPLET, lambda u, v, m: triplet(u, -v, m), "four pairs"),
]
