"""Monitoring what a model is given (contract: ``mmref.contract.monitoring``)."""

import torch

from mmref.contract.monitoring import check_shares
from mmref.torch._values import values


def population_stability_index(expected: torch.Tensor, observed: torch.Tensor) -> torch.Tensor:
    """How far shares by bin have moved from those of a reference.

    Formula
        S = sum_k (q_k - p_k) ln(q_k / p_k)

    Args
        expected: p (..., K), the share of the reference in each bin, positive.
        observed: q (..., K), that of now, positive: add half a row to every count before dividing,
            so that no bin is empty. Whether shares sum to 1 is not looked at.

    Returns
        S (...), at least 0, and 0 where p = q.

    Errors
        ShapeError: no floats, other shapes, no bin. ValueError: a share that is not positive and
        finite; compiled code does not look. TypeError: no tensor.

    Source
        H. Jeffreys, Proceedings of the Royal Society of London A 186, 1946, where it is J.

    >>> population_stability_index(torch.tensor([0.5, 0.5]), torch.tensor([0.8, 0.2]))
    tensor(0.4159)
    """
    check_shares(expected, observed, values(expected), values(observed), torch.Tensor)
    return ((observed - expected) * torch.log(observed / expected)).sum(dim=-1)
