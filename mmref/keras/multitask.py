"""Several tasks at once: losses with labels missing, weights by uncertainty, gradients that
conflict (contract: ``mmref.contract.multitask``)."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mmref.contract.multitask import (
    FACTORS,
    check_task_losses,
    check_weighting,
    kinds_of,
    order_of,
)
from mmref.keras.contrastive import unit_vectors
from mmref.types import Tensor


def masked_task_loss(losses: Tensor, labelled: Tensor) -> Tensor:
    """Each task's mean loss over the rows that have its label.

    Formula
        L_k = sum_i m_ik l_ik / max(1, sum_i m_ik), and so 0 where no row has a label

    Args
        losses: l (B, K), floats; anything, NaN too, where there is no label. Their own gradient
            there is 0; what computed them must be finite all the same, as 0 * NaN is NaN: fill the
            gaps of the labels first.
        labelled: m (B, K) boolean, True = row i has a label for task k.

    Returns
        L (K,).

    Errors
        ShapeError: losses that are no floats (B, K) with K at least 1, labelled that is not
        boolean (B, K). TypeError: no array.

    Source
        The mean of what is there; 0 in place of 0 / 0 is our choice: its gradient is 0 as well.

    >>> losses, labelled = ops.array([[1.0, 5.0], [3.0, 5.0]]), ops.array([[True, False]] * 2)
    >>> ops.convert_to_numpy(masked_task_loss(losses, labelled))
    array([2., 0.], dtype=float32)
    """
    check_task_losses(losses, labelled)
    kept = ops.where(labelled, losses, ops.zeros_like(losses))
    count = ops.sum(ops.cast(labelled, kept.dtype), axis=0)
    return ops.sum(kept, axis=0) / ops.maximum(count, 1)


@keras.saving.register_keras_serializable("mmref")
class UncertaintyWeighting(keras.layers.Layer):
    """What each of several tasks adds to the loss: its own, over a variance that is learned.

    Formula
        t_k = c_k exp(-s_k) L_k + s_k / 2,  s_k = log sigma_k^2;  0 for a task that is not there
        c_k = 1/2 for a regression, whose L_k is a mean squared error; 1 for a classification

    Args
        kinds: "regression" or "classification" for each task, in the order of the losses.

    Call
        losses: L_k (K,); anything, NaN too, for a task that is not there.
        present: (K,) boolean, True = there: some row of the batch has a label. None: all are. A
        task that is not there adds nothing, and its s has no gradient.
        Returns t (K,), whose sum is the loss; it may be negative. ``log_variances`` (K,), zeros at
        the start, are trained where the layer is part of the model that is. Begun at the best for
        an untrained network's losses, log 2 c_k L_k, they need rows with every label: log 0 is
        -inf, and its gradient NaN.

    Errors
        ShapeError: another shape, no task. ChoiceError: another kind. TypeError: no array.

    Source
        Kendall, Gal and Cipolla, CVPR 2018, arXiv 1705.07115, equations 7 and 10; their sigma^2 is
        our exp(s). The classification's form rests on their approximation. A regression of D
        numbers with one variance, L_k their mean, has D t_k in the likelihood; we leave the D out.

    >>> weigh = UncertaintyWeighting(("regression", "regression"))
    >>> ops.convert_to_numpy(weigh(ops.array([4.0, 1.0])))
    array([2. , 0.5], dtype=float32)
    """

    def __init__(self, kinds: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kinds = kinds_of(kinds)

    def build(self, *_: Any) -> None:
        self.log_variances = self.add_weight(
            shape=(len(self.kinds),), initializer="zeros", name="log_variances"
        )

    def call(self, losses: Tensor, present: Tensor | None = None) -> Tensor:
        check_weighting(losses, len(self.kinds), present)
        s = ops.cast(self.log_variances, losses.dtype)
        factors = ops.convert_to_tensor([FACTORS[kind] for kind in self.kinds], losses.dtype)
        if present is None:
            return factors * ops.exp(-s) * losses + s / 2
        nothing = ops.zeros_like(s)
        losses = ops.where(present, losses, nothing)  # 0 * NaN is NaN
        terms = factors * ops.exp(-s) * losses + s / 2
        return ops.where(present, terms, nothing)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"kinds": list(self.kinds)}


def project_conflicts(gradients: Tensor, order: Sequence[int] | None = None) -> Tensor:
    """Each task's gradient without what goes against the others.

    Formula
        r_i begins as g_i. For each j of the order but i, with u_j = g_j / |g_j|:
        r_i <- r_i - min(0, r_i . u_j) u_j,  which leaves r_i . g_j = 0 where it was negative

    Args
        gradients: g (K, P), floats: of each task's loss, for the parameters that all share.
        order: 0 to K - 1 in any order. With two tasks there is no choice; the paper draws an order
            for each i and step. None: 0, 1, ...

    Returns
        r (K, P). Its sum over the tasks is what the optimizer is given.

    Errors
        ShapeError: no floats (K, P), K or P of 0. ValueError: an order that has not each task once.
        TypeError: no array.

    Source
        Yu et al., "Gradient surgery for multi-task learning", NeurIPS 2020, arXiv 2001.06782,
        algorithm 1 (PCGrad).

    >>> ops.convert_to_numpy(project_conflicts(ops.array([[1.0, 0.0], [-1.0, 1.0]]))).round(4)
    array([[0.5, 0.5],
           [0. , 1. ]], dtype=float32)
    """
    order = order_of(gradients, order)
    rows, u = ops.convert_to_tensor(gradients), unit_vectors(gradients)
    number = ops.arange(len(order))
    for j in order:
        along = ops.sum(rows * u[j], axis=1)  # (K,)
        conflict = ops.logical_and(along < 0, number != j)
        against = ops.where(conflict, along, ops.zeros_like(along))
        rows = rows - ops.expand_dims(against, 1) * u[j]
    return rows
