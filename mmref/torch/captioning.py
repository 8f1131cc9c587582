"""Captions: a loss of each next word, and a penalty on where a decoder does not look
(contract: ``mmref.contract.captioning``)."""

import torch
from torch.nn import functional

from mmref.contract.arrays import check_range
from mmref.contract.captioning import check_next_words, check_steps
from mmref.torch._values import values


def next_word_loss(
    logits: torch.Tensor, labels: torch.Tensor, mask: torch.Tensor | None = None
) -> torch.Tensor:
    """The mean cross-entropy of the words that are to be said.

    Formula
        L = - sum_bt m_bt log softmax(l_bt)[y_bt] / sum_bt m_bt, and 0 where nothing is kept

    Args
        logits: l (B, T, V), floats; step t holds the scores of the word that comes next.
        labels: y (B, T), integers, that word: the caption shifted by one. It is shifted here no
            more. Where the mask drops a step, any integer may stand.
        mask: m (B, T) boolean, True = a word, False = padding; None keeps all. What a dropped step
            holds, NaN included, has no effect.

    Returns
        A number. Each word counts alike, so a long caption counts more than a short one.

    Errors
        ShapeError: a wrong shape or dtype, no row, no word. ValueError: a kept label outside
        0 ... V - 1 (on a GPU CUDA itself stops). TypeError: no tensor.

    Source
        Vinyals et al., "Show and tell", CVPR 2015, arXiv 1411.4555, equation 13, of a whole batch
        and over the number of its words.

    >>> logits = torch.tensor([[[0.5, 0.5], [0.25, 0.75]]]).log()
    >>> next_word_loss(logits, torch.tensor([[0, 0]]))  # (log 2 + log 4) / 2
    tensor(1.0397)
    """
    check_next_words(logits, labels, mask, torch.Tensor)
    y = labels.long()
    count = y.new_tensor(y.numel())
    if mask is not None:
        # masked_fill, not multiplication: a dropped step may hold NaN, and 0 * NaN is NaN.
        logits, y = logits.masked_fill(~mask[..., None], 0), y.masked_fill(~mask, 0)
        count = mask.sum()
    found = values(y, wait=False)
    if found is not None and found.size:
        check_range("labels", int(found.min()), int(found.max()), logits.shape[2], "V")
    losses = functional.cross_entropy(logits.transpose(1, 2), y, reduction="none")  # (B, T)
    losses = losses if mask is None else losses.masked_fill(~mask, 0)
    return losses.sum() / count.clamp(min=1)


def doubly_stochastic_penalty(
    weights: torch.Tensor, mask: torch.Tensor | None = None
) -> torch.Tensor:
    """How unevenly a decoder has looked at the places of a picture, over all of a caption's words.

    Formula
        P = 1/B sum_b sum_n (1 - sum_t m_bt alpha_btn)^2

    Args
        weights: alpha (B, T, N), floats: at word t, the share of place n; each step sums to 1.
        mask: m (B, T) boolean, True = a word, False = padding; None keeps all. What a dropped step
            holds, NaN included, has no effect.

    Returns
        A number; the factor lambda is not in it. With T words its least value is
        (N - T)^2 / N, where each place has had T / N in all: a softmax makes the sum over the
        places 1 at each word, so the 1 in the formula adds a constant, and moves nothing.

    Errors
        ShapeError: a wrong shape or dtype, no row, no place. TypeError: no tensor.

    Source
        Xu et al., "Show, attend and tell", ICML 2015, arXiv 1502.03044, equation 14. They take one
        caption; we take the mean over the batch.

    >>> doubly_stochastic_penalty(torch.tensor([[[1.0, 0.0], [1.0, 0.0]]]))  # twice the first
    tensor(2.)
    """
    check_steps("weights", weights, "N", "place", mask, torch.Tensor)
    if mask is not None:
        weights = weights.masked_fill(~mask[..., None], 0)
    missing = 1 - weights.sum(dim=1)  # (B, N)
    return missing.square().sum() / len(missing)
