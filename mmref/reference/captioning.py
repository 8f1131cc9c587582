"""Captions: a loss of each next word, and a penalty on where a decoder does not look."""

import numpy as np

from mmref.contract.arrays import check_range
from mmref.contract.captioning import check_next_words, check_steps
from mmref.reference._shared import as_array, clear, expect
from mmref.types import Array


def next_word_loss(logits: Array, labels: Array, mask: Array | None = None) -> np.floating:
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
        0 ... V - 1.

    Source
        Vinyals et al., "Show and tell", CVPR 2015, arXiv 1411.4555, equation 13, of a whole batch
        and over the number of its words.

    >>> logits = np.log([[[0.5, 0.5], [0.25, 0.75]]])
    >>> float(next_word_loss(logits, np.array([[0, 0]])).round(4))  # (log 2 + log 4) / 2
    1.0397
    """
    logits, y, kept = _next_words(logits, labels, mask)
    log_p = _log_softmax(logits)
    said = np.take_along_axis(log_p, y[..., None], axis=2)[..., 0]  # (B, T)
    return -np.sum(said * kept) / max(kept.sum(), 1)


def next_word_loss_gradient(
    grad: float, logits: Array, labels: Array, mask: Array | None = None
) -> tuple[Array]:
    """Gradient with respect to the logits.

    Formula
        dl_btv = g m_bt (softmax(l_bt)[v] - [v = y_bt]) / sum_bt m_bt
    """
    expect("grad", grad, ())
    logits, y, kept = _next_words(logits, labels, mask)
    slope = np.exp(_log_softmax(logits)) - np.eye(logits.shape[2])[y]
    return (grad * slope * kept[..., None] / max(kept.sum(), 1),)


def doubly_stochastic_penalty(weights: Array, mask: Array | None = None) -> np.floating:
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
        ShapeError: a wrong shape or dtype, no row, no place.

    Source
        Xu et al., "Show, attend and tell", ICML 2015, arXiv 1502.03044, equation 14. They take one
        caption; we take the mean over the batch.

    >>> float(doubly_stochastic_penalty(np.array([[[1.0, 0.0], [1.0, 0.0]]])))  # twice the first
    2.0
    >>> float(doubly_stochastic_penalty(np.array([[[0.5, 0.5], [0.5, 0.5]]])))
    0.0
    """
    missing, _ = _unseen(weights, mask)
    return np.sum(missing**2) / len(missing)


def doubly_stochastic_penalty_gradient(
    grad: float, weights: Array, mask: Array | None = None
) -> tuple[Array]:
    """Gradient with respect to the weights.

    Formula
        dalpha_btn = - 2 g m_bt (1 - sum_s m_bs alpha_bsn) / B
    """
    expect("grad", grad, ())
    missing, kept = _unseen(weights, mask)
    return (-2 * grad * kept[..., None] * missing[:, None] / len(missing),)


def _next_words(logits, labels, mask):
    """Logits, zero where dropped, labels, likewise, and which steps are kept."""
    logits, y = as_array("logits", logits), as_array("labels", labels)
    check_next_words(logits, y, mask)
    kept = np.ones(y.shape, bool) if mask is None else np.asarray(mask)
    y = np.where(kept, y, 0)
    if y.size:
        check_range("labels", int(y.min()), int(y.max()), logits.shape[2], "V")
    return clear(logits, kept), y, kept


def _log_softmax(logits):
    s = logits - logits.max(axis=-1, keepdims=True)
    return s - np.log(np.exp(s).sum(axis=-1, keepdims=True))


def _unseen(weights, mask):
    """1 less what each place has had (B, N), and which steps are kept (B, T)."""
    weights = as_array("weights", weights)
    check_steps("weights", weights, "N", "place", mask)
    kept = np.ones(weights.shape[:2], bool) if mask is None else np.asarray(mask)
    return 1 - clear(weights, kept).sum(axis=1), kept
