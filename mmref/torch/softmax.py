"""Softmax over the entries that a mask keeps."""

import torch

from mmref.contract.softmax import check_scores


def masked_softmax(scores: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    """Softmax over the last axis of ``scores`` (..., N), restricted to the kept entries.

    ``mask`` is boolean, broadcastable, True = keep. A row that keeps nothing, or nothing but
    ``-inf``, gives zeros, where ``torch.softmax`` of a row of ``-inf`` gives NaN.

    Errors: TypeError if they are no tensors. ShapeError if scores are not floats, or mask is not
    boolean or does not broadcast to them.

    >>> masked_softmax(torch.tensor([0.0, 9.0]), torch.tensor([True, False]))
    tensor([1., 0.])
    """
    check_scores(scores, mask, torch.Tensor)
    return softmax_of_kept(scores, mask)


def softmax_of_kept(scores: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    """The same, of scores and a mask that were checked."""
    keep = scores != -torch.inf  # exp(-inf) = 0: kept or not, it counts for nothing
    if mask is not None:
        keep = keep & mask
    # A finite stand-in for -inf: a row without scores stays finite, forward and backward.
    low = torch.finfo(scores.dtype).min
    return torch.softmax(scores.where(keep, low), dim=-1).where(keep, 0)
