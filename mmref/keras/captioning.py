"""Captions: a loss of each next word, and a penalty on where a decoder does not look
(contract: ``mmref.contract.captioning``)."""

from keras import ops

from mmref.contract.captioning import check_next_words, check_steps
from mmref.keras._values import check_indices
from mmref.types import Tensor


def next_word_loss(logits: Tensor, labels: Tensor, mask: Tensor | None = None) -> Tensor:
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
        0 ... V - 1 (compiled code does not look). TypeError: no array.

    Source
        Vinyals et al., "Show and tell", CVPR 2015, arXiv 1411.4555, equation 13, of a whole batch
        and over the number of its words.

    >>> logits = ops.log(ops.array([[[0.5, 0.5], [0.25, 0.75]]]))
    >>> round(float(next_word_loss(logits, ops.array([[0, 0]]))), 4)  # (log 2 + log 4) / 2
    1.0397
    """
    check_next_words(logits, labels, mask)
    check_indices("labels", labels, logits.shape[2], "V", mask)
    if mask is None:
        mask = ops.ones_like(labels, dtype="bool")
    # A selection, not multiplication: a dropped step may hold NaN, and 0 * NaN is NaN.
    logits = ops.where(ops.expand_dims(mask, -1), logits, ops.zeros_like(logits))
    y = ops.where(mask, labels, ops.zeros_like(labels))
    right = ops.one_hot(y, logits.shape[2], dtype=logits.dtype)
    said = ops.sum(right * ops.log_softmax(logits, axis=-1), axis=-1)  # (B, T)
    kept = ops.cast(mask, logits.dtype)
    return -ops.sum(said * kept) / ops.maximum(ops.sum(kept), 1)


def doubly_stochastic_penalty(weights: Tensor, mask: Tensor | None = None) -> Tensor:
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
        ShapeError: a wrong shape or dtype, no row, no place. TypeError: no array.

    Source
        Xu et al., "Show, attend and tell", ICML 2015, arXiv 1502.03044, equation 14. They take one
        caption; we take the mean over the batch.

    >>> float(doubly_stochastic_penalty(ops.array([[[1.0, 0.0], [1.0, 0.0]]])))  # twice the first
    2.0
    """
    check_steps("weights", weights, "N", "place", mask)
    if mask is not None:
        weights = ops.where(ops.expand_dims(mask, -1), weights, ops.zeros_like(weights))
    missing = 1 - ops.sum(weights, axis=1)  # (B, N)
    return ops.sum(ops.square(missing)) / ops.cast(ops.shape(missing)[0], missing.dtype)
