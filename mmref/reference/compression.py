"""Making a network smaller: fewer bits, fewer weights, a smaller student, thinner matrices."""

import numpy as np

from mmref.contract.compression import (
    check_distilled,
    check_grid,
    check_low_rank,
    check_quantized,
    check_weights,
    grid_of,
)
from mmref.reference._shared import as_floats, as_gradient
from mmref.reference.softmax import masked_softmax
from mmref.types import Array


def quantization_grid(x: Array, bits: int = 8, symmetric: bool = False) -> tuple[float, int]:
    """The scale and the zero point of the grid that spans some numbers.

    Formula
        l = -2^(bits-1),  h = 2^(bits-1) - 1,  a = min(0, min x),  b = max(0, max x)
        s = (b - a) / (h - l),  z = l - round(a / s);  symmetric: s = max(-a, b) / h,  z = 0

    Args
        x: floats of any shape, at least one.
        bits: of the integers, from 2 to 16.
        symmetric: whether 0 is to be the middle of the grid, as is usual for weights; then l is
            never used.

    Returns
        s, a number, and z, an integer from l to h: 0 is a point of the grid, whatever x holds. For
        zeros alone the scale is 1.

    Errors
        ShapeError: no floats, or none at all. ValueError: NaN or infinity, other bits.

    Source
        Jacob et al., CVPR 2018, arXiv 1712.05877, section 2.1; their integers begin with 0.

    >>> quantization_grid(np.array([0.0, 10.2, 25.5]))
    (0.1, -128)
    """
    x = as_floats("x", x)
    check_grid(x, bits, symmetric)
    return grid_of(float(x.min()), float(x.max()), bits, symmetric)


def quantized(x: Array, scale: float, zero_point: int = 0, bits: int = 8) -> Array:
    """Numbers moved to the nearest point of a grid: fake quantization, as they stay floats.

    Formula
        q = clip(round(x / s) + z, -2^(bits-1), 2^(bits-1) - 1),  value = s (q - z)
        A half is rounded to the even neighbor.

    Args
        x: floats of any shape.
        scale: s, a positive number. zero_point: z, the integer that stands for 0.
        bits: of the integers, from 2 to 16.

    Returns
        As x: what a computer that keeps the integers q would compute with.

    Errors
        ShapeError: no floats. TypeError, ValueError: a scale that is not positive, a zero point
        that is no integer of the grid, other bits.

    Source
        Jacob et al., CVPR 2018, arXiv 1712.05877, equation 1 and section 3.

    >>> quantized(np.array([0.24, 0.26, 0.75, -9.0]), 0.5, bits=4)
    array([ 0. ,  0.5,  1. , -4. ])
    """
    value, _ = _rounded(x, scale, zero_point, bits)
    return value


def quantized_gradient(
    grad: Array, x: Array, scale: float, zero_point: int = 0, bits: int = 8
) -> tuple[Array]:
    """What counts as the gradient with respect to x: the straight-through estimator.

    Formula
        dx = g where round(x / s) + z lies in the range of the integers, else 0
        This is a definition: the derivative of a staircase is 0, or there is none.

    Source
        Bengio, Leonard and Courville 2013, arXiv 1308.3432, section 2.3.
    """
    value, inside = _rounded(x, scale, zero_point, bits)
    return (np.where(inside, as_gradient(grad, value.shape), 0),)


def magnitude_mask(weights: Array, share: float) -> Array:
    """Which weights stay when a share of them is pruned: those that are largest, sign aside.

    Formula
        False for the round(share N) of N weights with the smallest |w|, else True; a half is
        rounded to even. Of equal ones those that come first go first.

    Args
        weights: floats of any shape. share: from 0, nothing goes, to 1, everything goes.

    Returns
        As weights, boolean, True = keep.

    Errors
        ShapeError: no floats. ValueError: another share.

    Source
        Han, Pool, Tran and Dally, NeurIPS 2015, arXiv 1506.02626, section 3.

    >>> magnitude_mask(np.array([[3.0, -1.0], [0.5, -2.0]]), 0.5)
    array([[ True, False],
           [False,  True]])
    """
    weights = as_floats("weights", weights)
    check_weights(weights, share)
    keep = np.ones(weights.size, bool)
    order = np.argsort(np.abs(weights), axis=None, kind="stable")
    keep[order[: round(share * weights.size)]] = False
    return keep.reshape(weights.shape)


def pruned(weights: Array, share: float) -> Array:
    """Weights with the smallest share of them set to 0.

    Formula
        w_i where :func:`magnitude_mask` keeps it, else 0

    Args, errors, source: as for :func:`magnitude_mask`.

    >>> pruned(np.array([[3.0, -1.0], [0.5, -2.0]]), 0.5)
    array([[ 3.,  0.],
           [ 0., -2.]])
    """
    weights = as_floats("weights", weights)
    return np.where(magnitude_mask(weights, share), weights, 0)


def pruned_gradient(grad: Array, weights: Array, share: float) -> tuple[Array]:
    """Gradient with respect to the weights.

    Formula
        dw_i = g_i where w_i is kept, else 0; the mask counts as a constant
    """
    weights = as_floats("weights", weights)
    return (np.where(magnitude_mask(weights, share), as_gradient(grad, weights.shape), 0),)


def distillation_loss(logits: Array, teacher: Array, temperature: float = 1.0) -> np.floating:
    """How far a student's softened probabilities are from its teacher's.

    Formula
        p = softmax(logits / T),  q = softmax(teacher / T)
        L = T^2 / B sum_i sum_k q_ik (log q_ik - log p_ik)

    Args
        logits: the student's, (B, K), floats, B and K at least 1. teacher: the teacher's (B, K).
        temperature: T, a positive number; 1 leaves probabilities as they are.

    Returns
        L, a number, at least 0.

    Errors
        ShapeError: other shapes or kinds. TypeError, ValueError: a temperature that is no positive
        number.

    Source
        Hinton, Vinyals and Dean 2015, arXiv 1503.02531, section 2; they write the cross-entropy,
        which differs from L / T^2 by the teacher's entropy.

    >>> distillation_loss(np.array([[0.0, 0.0]]), np.array([[2.0, 0.0]]), 2.0).round(3)
    np.float64(0.444)
    """
    s, t = _distilled(logits, teacher, temperature)
    log_p, log_q = _log_softmax(s), _log_softmax(t)
    return temperature**2 * np.sum(np.exp(log_q) * (log_q - log_p)) / len(s)


def distillation_loss_gradient(
    grad: Array, logits: Array, teacher: Array, temperature: float = 1.0
) -> tuple[Array, Array]:
    """Gradients with respect to the student's logits, and the teacher's, which are mostly frozen.

    Formula
        dlogits = g T (p - q) / B
        dteacher_k = g T q_k (r_k - sum_j q_j r_j) / B,  r = log q - log p
    """
    s, t = _distilled(logits, teacher, temperature)
    share = as_gradient(grad, ()) * temperature / len(s)
    p, q = masked_softmax(s), masked_softmax(t)
    r = _log_softmax(t) - _log_softmax(s)
    return share * (p - q), share * q * (r - np.sum(q * r, axis=1, keepdims=True))


def low_rank_factors(weight: Array, rank: int) -> tuple[Array, Array]:
    """Two thin matrices whose product is nearest to a matrix, of all that have the rank.

    Formula
        W = U diag(s) V^T,  s_1 >= s_2 >= ... >= 0
        A = diag(s_1, ..., s_R)^(1/2) V_R^T,  B = U_R diag(s_1, ..., s_R)^(1/2)
        max over |x| = 1 of |W x - B A x| is s_(R+1), and the sum of squares of W - B A is that of
        all s that are left out: no other factors do better in either.

    Args
        weight: W (O, D), floats. rank: R, from 1 to the shorter of O and D.

    Returns
        A (R, D) and B (O, R), in the order and by the letters of
        :func:`mmref.reference.adaptation.low_rank_adapter`. Row r of A and column r of B may both
        have the other sign. They count as constants: no gradient is defined.

    Errors
        ShapeError: no floats (O, D). TypeError, ValueError: another rank. NaN or infinity in W
        gives NaN throughout.

    Source
        Eckart and Young, Psychometrika 1936.

    >>> down, up = low_rank_factors(np.diag([4.0, 1.0]), 1)
    >>> up @ down
    array([[4., 0.],
           [0., 0.]])
    """
    weight = as_floats("weight", weight)
    check_low_rank(weight, rank)
    if not np.isfinite(weight).all():  # no decomposition, but an error of LAPACK's
        o, d = weight.shape
        return np.full((rank, d), np.nan, weight.dtype), np.full((o, rank), np.nan, weight.dtype)
    u, s, v = np.linalg.svd(weight, full_matrices=False)
    root = np.sqrt(s[:rank])
    return root[:, None] * v[:rank], u[:, :rank] * root


def _rounded(x, scale, zero_point, bits):
    """The points of the grid, and where nothing was clipped."""
    x = as_floats("x", x)
    low, high = check_quantized(x, scale, zero_point, bits)
    steps = np.round(x / scale) + zero_point
    value = scale * (np.clip(steps, low, high) - zero_point)
    return value, (steps >= low) & (steps <= high)


def _distilled(logits, teacher, temperature):
    logits, teacher = as_floats("logits", logits), as_floats("teacher", teacher)
    check_distilled(logits, teacher, temperature)
    return logits / temperature, teacher / temperature


def _log_softmax(z):
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
