"""Answers to the exercises on several tasks, by other routes."""

import numpy as np

LOSS, WEIGHTS, CONFLICTS = (
    "masked_task_loss",
    "uncertainty_weighting_gradient",
    "project_conflicts",
)


def by_column(losses, labelled):
    columns = zip(losses.T, labelled.T, strict=True)
    return np.array([x[m].mean() if m.any() else 0.0 for x, m in columns])


def by_task(grad, losses, s, kinds, present):
    of_losses, of_s = np.zeros(len(s)), np.zeros(len(s))
    for k in np.flatnonzero(present):
        weight = (1.0 if kinds[k] == "classification" else 0.5) / np.exp(s[k])
        of_losses[k] = grad[k] * weight
        of_s[k] = grad[k] / 2 - of_losses[k] * losses[k]
    return of_losses, of_s


def by_normals(gradients, zero=1.0):
    """Each projection as a matrix; zero: what is added to a square of 0."""
    rows, (K, P) = [], gradients.shape
    for i in range(K):
        r = gradients[i]
        for j in range(K):
            g = gradients[j]
            if j != i and (r @ g < 0 or not g.any()):
                r = (np.eye(P) - np.outer(g, g) / (g @ g or zero)) @ r
        rows.append(r)
    return np.array(rows)


RIGHT = [(LOSS, by_column), (WEIGHTS, by_task), (CONFLICTS, by_normals)]
WRONG = [
    (LOSS, lambda x, m: np.nan_to_num(np.where(m, x, np.nan)).mean(axis=0), "not by all rows"),
    (LOSS, lambda x, m: by_column(x, m)[:, None], "axes of length 1"),
    (WEIGHTS, lambda g, x, s, c, m: by_task(g, x, s, c[::-1], m), "four tasks"),
    (WEIGHTS, lambda g, x, s, c, m: by_task(g, x, s, c, m | True), "is not there is 0"),
    (CONFLICTS, lambda g: by_normals(g)[:2], "expected the shape"),
    (CONFLICTS, lambda g: by_normals(g, zero=np.float64(0)), "gradient of zeros", "no direction"),
]
