"""Answers to the exercises on finding a signal, and on what to do then."""

import numpy as np

VALUES, AREA, ACTION = "predictive_values", "auc_of_ties", "least_cost_action"
SHIFT, GRADIENT = "prior_shift_probabilities", "signal_evidence_templates_gradient"


def values(sensitivity, specificity, prevalence):
    """By odds: the likelihood ratio of either result times the odds before it."""
    odds = prevalence / (1 - prevalence)
    after = odds * sensitivity / (1 - specificity)
    missed = odds * (1 - sensitivity) / specificity
    return after / (1 + after), 1 / (1 + missed)


def area(healthy, diseased):
    """By ranks, those of equal evidence averaged."""
    everyone = np.concatenate([diseased, healthy])
    below, alike = (everyone < everyone[:, None]).sum(axis=1), everyone == everyone[:, None]
    ranks, n = below + (alike.sum(axis=1) + 1) / 2, len(diseased)
    return (ranks[:n].sum() - n * (n + 1) / 2) / (n * len(healthy))


def action(p, costs):
    """One patient after the other."""
    return np.array([min(range(len(costs)), key=lambda a: (1 - q) * costs[a, 0] + q * costs[a, 1])
                     for q in p], int)  # fmt: skip


def shift(p, old, new):
    """Row by row."""
    rows = [[q * n / o for q, n, o in zip(row, new, old, strict=True)] for row in p]
    return np.array([[q / sum(row) for q in row] for row in rows]).reshape(p.shape)


def gradient(grad, images, templates, noise):
    """Template after template, image after image."""
    found = np.zeros_like(templates)
    for g, x in zip(grad, images, strict=True):
        e = np.array([(s @ x - s @ s / 2) / noise**2 for s in templates])
        share = 1 / np.exp(np.clip(e[None] - e[:, None], -700, 700)).sum(axis=1)
        for p, s in enumerate(templates):
            found[p] += g * share[p] * (x - s) / noise**2
    return found


RIGHT = [(VALUES, values), (AREA, area), (ACTION, action), (SHIFT, shift), (GRADIENT, gradient)]
WRONG = [
    (VALUES, lambda a, b, c: (a * c, b * (1 - c)), "1,000 patients"),
    (AREA, lambda h, d: np.float64(np.mean(d.mean() > h)), "each healthy"),
    (
        ACTION,
        lambda p, c: (np.outer(p, c[:, 0]) + np.outer(1 - p, c[:, 1])).argmin(axis=1),
        "1 - p",
    ),
    (SHIFT, lambda p, a, b: shift(p, a, (a + b) / 2), "divide it out"),
    (GRADIENT, lambda g, x, s, n: gradient(g / len(g), x, s, n), "Over the images"),
]
