"""Answers to weighted_fusion_logits_gradient."""

import numpy as np

from tests.unit.check_answers.tables import right, softmax, wrong


@right("weighted_fusion_logits_gradient")
def logits_gradient(grad, h, logits):
    alpha = softmax(logits)
    z = np.einsum("m,bmd->bd", alpha, h)
    return alpha * np.einsum("bd,bmd->m", grad, h - z[:, None])


@right("weighted_fusion_logits_gradient")
def logits_gradient_by_loops(grad, h, logits):
    alpha, total = softmax(logits), np.zeros(len(logits))
    for g, rows in zip(grad, h, strict=True):
        z = sum(a * row for a, row in zip(alpha, rows, strict=True))
        for m, row in enumerate(rows):
            total[m] += alpha[m] * g @ (row - z)
    return total


@right("weighted_fusion_logits_gradient")
def logits_gradient_by_the_jacobian(grad, h, logits):
    alpha = softmax(logits)
    return (np.diag(alpha) - np.outer(alpha, alpha)) @ np.einsum("bd,bmd->m", grad, h)


@wrong("weighted_fusion_logits_gradient", "yours takes (h, logits, grad)", "order is not")
def arguments_in_another_order(h, logits, grad):
    return logits_gradient(grad, h, logits)


@wrong("weighted_fusion_logits_gradient", "raised ValueError", "shapes fit", "h is (B, M, D)")
def arguments_under_other_names(vectors, a, g):
    return logits_gradient(g, vectors, a)


@wrong("weighted_fusion_logits_gradient", "modality 0", "A term is missing")
def fused_vector_forgotten(grad, h, logits):
    return softmax(logits) * np.einsum("bd,bmd->m", grad, h)


@wrong("weighted_fusion_logits_gradient", "four rows", "not averaged")
def mean_over_the_batch(grad, h, logits):
    return logits_gradient(grad, h, logits) / len(grad)


@wrong("weighted_fusion_logits_gradient", "go on to the logits")
def gradient_of_the_weights(grad, h, logits):
    return np.einsum("bd,bmd->m", grad, h)


@wrong("weighted_fusion_logits_gradient", "outer factor")
def without_alpha(grad, h, logits):
    return logits_gradient(grad, h, logits) / softmax(logits)


@wrong("weighted_fusion_logits_gradient", "not with their plain mean")
def against_the_plain_mean(grad, h, logits):
    centered = h - h.mean(axis=1, keepdims=True)
    return softmax(logits) * np.einsum("bd,bmd->m", grad, centered)


@wrong("weighted_fusion_logits_gradient", "diagonal")
def diagonal_of_the_jacobian(grad, h, logits):
    alpha = softmax(logits)
    return alpha * (1 - alpha) * np.einsum("bd,bmd->m", grad, h)


@wrong("weighted_fusion_logits_gradient", "sign")
def logits_sign_reversed(grad, h, logits):
    return -logits_gradient(grad, h, logits)


@wrong("weighted_fusion_logits_gradient", "got (1, 2)")
def one_for_each_row(grad, h, logits):
    z = np.einsum("m,bmd->bd", softmax(logits), h)
    return softmax(logits) * np.einsum("bd,bmd->bm", grad, h - z[:, None])


@wrong("weighted_fusion_logits_gradient", "four rows")
def first_row_only(grad, h, logits):
    return logits_gradient(grad[:1], h[:1], logits)


@wrong("weighted_fusion_logits_gradient", "three modalities", "Any number")
def binary_gate(grad, h, logits):
    p = 1 / (1 + np.exp(logits[1] - logits[0]))
    d = p * (1 - p) * np.einsum("bd,bd->", grad, h[:, 0] - h[:, 1])
    return np.array([d, -d])


@wrong("weighted_fusion_logits_gradient", "as many rows as modalities", "easily confused")
def axes_guessed_by_length(grad, h, logits):
    return logits_gradient(grad, h.swapaxes(0, 1) if len(h) == h.shape[1] else h, logits)


@wrong("weighted_fusion_logits_gradient", "logits of 1000", "overflows")
def logits_gradient_overflows(grad, h, logits):
    alpha = np.exp(logits) / np.exp(logits).sum()
    z = np.einsum("m,bmd->bd", alpha, h)
    return alpha * np.einsum("bd,bmd->m", grad, h - z[:, None])
