"""Several tasks at once: losses with labels missing, weights by uncertainty, gradients that
conflict."""

from collections.abc import Sequence

import numpy as np

from mmref.contract.arrays import check_floats, check_shape
from mmref.contract.multitask import (
    FACTORS,
    check_task_losses,
    check_weighting,
    kinds_of,
    order_of,
)
from mmref.reference._shared import expect
from mmref.types import Array


def masked_task_loss(losses: Array, labelled: Array) -> Array:
    """Each task's mean loss over the rows that have its label.

    Formula
        L_k = sum_i m_ik l_ik / max(1, sum_i m_ik), and so 0 where no row has a label

    Args
        losses: l (B, K), floats; anything, NaN too, where there is no label.
        labelled: m (B, K) boolean, True = row i has a label for task k.

    Returns
        L (K,).

    Errors
        ShapeError: losses that are no floats (B, K) with K at least 1, labelled that is not
        boolean (B, K).

    Source
        The mean of what is there; 0 in place of 0 / 0 is our choice: its gradient is 0 as well.

    >>> masked_task_loss(np.array([[1.0, np.nan], [3.0, np.nan]]), np.array([[True, False]] * 2))
    array([2., 0.])
    """
    values, m, count = _kept(losses, labelled)
    return np.where(m, values, 0).sum(axis=0) / count


def masked_task_loss_gradient(grad: Array, losses: Array, labelled: Array) -> tuple[Array]:
    """Gradient with respect to the losses.

    Formula
        dl_ik = g_k m_ik / max(1, sum_i m_ik)
    """
    values, m, count = _kept(losses, labelled)
    expect("grad", grad, values.shape[1:])
    return (np.where(m, np.asarray(grad) / count, 0),)


def uncertainty_weighting(
    losses: Array, log_variances: Array, kinds: Sequence[str], present: Array | None = None
) -> Array:
    """What each of several tasks adds to the loss: its own, over a variance that is learned.

    Formula
        t_k = c_k exp(-s_k) L_k + s_k / 2,  s_k = log sigma_k^2;  0 for a task that is not there
        c_k = 1/2 for a regression, whose L_k is a mean squared error; 1 for a classification
        A regression's best s_k is log L_k, a classification's log 2 L_k. There
        c exp(-s) L = 1/2, and t_k = 1/2 log L_k and a constant.

    Args
        losses: L_k (K,), floats; anything, NaN too, for a task that is not there.
        log_variances: s (K,), floats; finite, also for a task that is not there. Begun at the
            best for an untrained network's losses, log 2 c_k L_k, they need rows with every label:
            log 0 is -inf.
        kinds: "regression" or "classification" for each task.
        present: (K,) boolean, True = there: some row of the batch has a label. None: all are. A
            task that is not there adds nothing, and its s has no gradient.

    Returns
        t (K,), whose sum is the loss. It may be negative: a density may be above 1.

    Errors
        ShapeError: no floats, other shapes, present that is not boolean (K,). ChoiceError: another
        kind.

    Source
        Kendall, Gal and Cipolla, CVPR 2018, arXiv 1705.07115, equations 7 and 10; their sigma^2 is
        our exp(s). The classification's form rests on their approximation. A regression of D
        numbers with one variance, L_k their mean, has D t_k in the likelihood; we leave the D out.

    >>> uncertainty_weighting(np.array([4.0, 1.0]), np.zeros(2), ("regression", "regression"))
    array([2. , 0.5])
    """
    values, s, factors, m = _weighted(losses, log_variances, kinds, present)
    return np.where(m, factors * np.exp(-s) * values + s / 2, 0)


def uncertainty_weighting_gradient(
    grad: Array,
    losses: Array,
    log_variances: Array,
    kinds: Sequence[str],
    present: Array | None = None,
) -> tuple[Array, Array]:
    """Gradients with respect to the losses and the logarithms of the variances.

    Formula
        dL_k = g_k c_k exp(-s_k),  ds_k = g_k (1/2 - c_k exp(-s_k) L_k);  0 for a task that is not
        there
    """
    values, s, factors, m = _weighted(losses, log_variances, kinds, present)
    expect("grad", grad, s.shape)
    grad, weights = np.asarray(grad), factors * np.exp(-s)
    return np.where(m, grad * weights, 0), np.where(m, grad * (0.5 - weights * values), 0)


def project_conflicts(gradients: Array, order: Sequence[int] | None = None) -> Array:
    """Each task's gradient without what goes against the others.

    Formula
        r_i begins as g_i. For each j of the order but i, with u_j = g_j / |g_j|:
        r_i <- r_i - min(0, r_i . u_j) u_j,  which leaves r_i . g_j = 0 where it was negative

    Args
        gradients: g (K, P), floats: of each task's loss, for the parameters that all share.
        order: 0 to K - 1 in any order. With two tasks there is no choice; the paper draws an order
            for each i and step. None: 0, 1, ...

    Returns
        r (K, P). Its sum over the tasks is what the optimizer is given. A gradient of zeros is
        left as it is, and leaves the others.

    Errors
        ShapeError: no floats (K, P), K or P of 0. ValueError: an order that has not each task once.

    Source
        Yu et al., "Gradient surgery for multi-task learning", NeurIPS 2020, arXiv 2001.06782,
        algorithm 1 (PCGrad).

    >>> project_conflicts(np.array([[1.0, 0.0], [-1.0, 1.0]]))
    array([[0.5, 0.5],
           [0. , 1. ]])
    """
    rows, u, _, order = _directions(gradients, order)
    for j in order:
        rows = rows - np.outer(_against(rows, u, j), u[j])
    return rows


def project_conflicts_gradient(
    grad: Array, gradients: Array, order: Sequence[int] | None = None
) -> tuple[Array]:
    """Gradient with respect to the gradients.

    Formula
        Backward through the steps: where a step took away (r . u) u, with D the gradient of its
        result, the gradient of r is D - (D . u) u, and u has -(D . u) r - (r . u) D. To g_j goes
        the part of u_j's that is across u_j, over |g_j|.
    """
    rows, u, lengths, order = _directions(gradients, order)
    expect("grad", grad, rows.shape)
    steps = []
    for j in order:
        steps.append((j, rows))
        rows = rows - np.outer(_against(rows, u, j), u[j])
    d, du = np.array(grad, dtype=rows.dtype), np.zeros_like(rows)
    for j, before in reversed(steps):
        taken = _against(before, u, j)
        along = np.where(taken < 0, d @ u[j], 0)  # (K,)
        du[j] -= along @ before + taken @ d
        d = d - np.outer(along, u[j])
    return (d + (du - u * np.sum(u * du, axis=1, keepdims=True)) / lengths,)


def _kept(losses, labelled):
    values, m = np.asarray(losses), np.asarray(labelled)
    check_task_losses(values, m)
    return values, m, np.maximum(m.sum(axis=0), 1)


def _weighted(losses, log_variances, kinds, present):
    values, s, kinds = np.asarray(losses), np.asarray(log_variances), kinds_of(kinds)
    check_weighting(values, len(kinds), present)
    check_floats("log_variances", s)
    check_shape("log_variances", s, len(kinds))
    m = np.ones(len(kinds), bool) if present is None else np.asarray(present)
    return values, s, np.array([FACTORS[kind] for kind in kinds]), m


def _directions(gradients, order):
    """The gradients, their directions, their lengths (1 for zeros, whose direction is zeros)."""
    g = np.asarray(gradients)
    order = order_of(g, order)
    largest = np.abs(g).max(axis=1, keepdims=True)  # squares of tiny numbers get lost
    largest = np.where(largest == 0, 1, largest)
    lengths = largest * np.sqrt(np.sum((g / largest) ** 2, axis=1, keepdims=True))
    lengths = np.where(lengths == 0, 1, lengths)
    return g, g / lengths, lengths, order


def _against(rows, u, j):
    """How far each row but j goes against u_j: (K,), 0 or below."""
    return np.where(np.arange(len(rows)) == j, 0, np.minimum(rows @ u[j], 0))
