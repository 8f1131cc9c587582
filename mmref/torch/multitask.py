"""Several tasks at once: losses with labels missing, weights by uncertainty, gradients that
conflict (contract: ``mmref.contract.multitask``)."""

from collections.abc import Sequence

import torch
from torch import nn

from mmref.contract.multitask import (
    FACTORS,
    check_task_losses,
    check_weighting,
    kinds_of,
    order_of,
)
from mmref.torch._dtype import layer_dtype
from mmref.torch.contrastive import unit_vectors


def masked_task_loss(losses: torch.Tensor, labelled: torch.Tensor) -> torch.Tensor:
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
        boolean (B, K). TypeError: no tensor.

    Source
        The mean of what is there; 0 in place of 0 / 0 is our choice: its gradient is 0 as well.

    >>> masked_task_loss(torch.tensor([[1.0, 5.0], [3.0, 5.0]]), torch.tensor([[True, False]] * 2))
    tensor([2., 0.])
    """
    check_task_losses(losses, labelled, torch.Tensor)
    kept = torch.where(labelled, losses, 0)
    return kept.sum(dim=0) / labelled.sum(dim=0).clamp(min=1)


class UncertaintyWeighting(nn.Module):
    """What each of several tasks adds to the loss: its own, over a variance that is learned.

    Formula
        t_k = c_k exp(-s_k) L_k + s_k / 2,  s_k = log sigma_k^2;  0 for a task that is not there
        c_k = 1/2 for a regression, whose L_k is a mean squared error; 1 for a classification

    Args
        kinds: "regression" or "classification" for each task, in the order of the losses.

    Call
        losses: L_k (K,) of the layer's dtype; anything, NaN too, for a task that is not there.
        present: (K,) boolean, True = there: some row of the batch has a label. None: all are. A
        task that is not there adds nothing, and its s has no gradient.
        Returns t (K,), whose sum is the loss; it may be negative. Give ``log_variances`` (K,),
        zeros at the start, to the optimizer. Begun at the best for an untrained network's losses,
        log 2 c_k L_k, they need rows with every label: log 0 is -inf, and its gradient NaN.

    Errors
        ShapeError: another shape or dtype, no task. ChoiceError: another kind. TypeError: no
        tensor.

    Source
        Kendall, Gal and Cipolla, CVPR 2018, arXiv 1705.07115, equations 7 and 10; their sigma^2 is
        our exp(s). The classification's form rests on their approximation. A regression of D
        numbers with one variance, L_k their mean, has D t_k in the likelihood; we leave the D out.

    >>> UncertaintyWeighting(("regression", "regression"))(torch.tensor([4.0, 1.0])).detach()
    tensor([2.0000, 0.5000])
    """

    def __init__(self, kinds: Sequence[str]) -> None:
        super().__init__()
        self.kinds = kinds_of(kinds)
        self.log_variances = nn.Parameter(torch.zeros(len(self.kinds)))

    def forward(self, losses: torch.Tensor, present: torch.Tensor | None = None) -> torch.Tensor:
        dtype = layer_dtype(self.log_variances)
        check_weighting(losses, len(self.kinds), present, torch.Tensor, dtype)
        s = self.log_variances
        factors = losses.new_tensor([FACTORS[kind] for kind in self.kinds])
        if present is None:
            return factors * torch.exp(-s) * losses + s / 2
        losses = torch.where(present, losses, 0)  # 0 * NaN is NaN
        terms = factors * torch.exp(-s) * losses + s / 2
        return torch.where(present, terms, 0)


def project_conflicts(gradients: torch.Tensor, order: Sequence[int] | None = None) -> torch.Tensor:
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
        TypeError: no tensor.

    Source
        Yu et al., "Gradient surgery for multi-task learning", NeurIPS 2020, arXiv 2001.06782,
        algorithm 1 (PCGrad).

    >>> project_conflicts(torch.tensor([[1.0, 0.0], [-1.0, 1.0]]))
    tensor([[0.5000, 0.5000],
            [0.0000, 1.0000]])
    """
    order = order_of(gradients, order, torch.Tensor)
    rows, u = gradients, unit_vectors(gradients)
    number = torch.arange(len(rows), device=rows.device)
    for j in order:
        along = rows @ u[j]  # (K,)
        against = torch.where((along < 0) & (number != j), along, 0)
        rows = rows - torch.outer(against, u[j])
    return rows
