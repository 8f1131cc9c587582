"""Making a network smaller: fewer bits, fewer weights, a smaller student, thinner matrices
(contract: ``mmref.contract.compression``)."""

import math

from keras import ops

from mmref.contract.compression import (
    check_distilled,
    check_grid,
    check_low_rank,
    check_quantized,
    check_weights,
    grid_of,
)
from mmref.keras._values import as_tensor
from mmref.types import Tensor


def quantization_grid(x: Tensor, bits: int = 8, symmetric: bool = False) -> tuple[float, int]:
    """The scale and the zero point of the grid that spans some numbers.

    Formula
        l = -2^(bits-1),  h = 2^(bits-1) - 1,  a = min(0, min x),  b = max(0, max x)
        s = (b - a) / (h - l),  z = l - round(a / s);  symmetric: s = max(-a, b) / h,  z = 0

    Args
        x: floats of any shape, at least one. bits: of the integers, from 2 to 16.
        symmetric: whether 0 is to be the middle of the grid, as is usual for weights.

    Returns
        s, a number, and z, an integer from l to h, as Python's numbers: nothing for compiled code.
        For zeros alone the scale is 1.

    Errors
        ShapeError: no floats, or none at all. TypeError: no array. ValueError: NaN or infinity,
        other bits.

    Source
        Jacob et al., CVPR 2018, arXiv 1712.05877, section 2.1; their integers begin with 0.

    >>> quantization_grid(ops.array([0.0, 10.0, 25.5]))
    (0.1, -128)
    """
    check_grid(x, bits, symmetric)
    x = as_tensor(x)
    return grid_of(float(ops.min(x)), float(ops.max(x)), bits, symmetric)


def quantized(x: Tensor, scale: float, zero_point: int = 0, bits: int = 8) -> Tensor:
    """Numbers moved to the nearest point of a grid: fake quantization, as they stay floats.

    Formula
        q = clip(round(x / s) + z, -2^(bits-1), 2^(bits-1) - 1),  value = s (q - z)
        A half is rounded to the even neighbor. As its gradient counts the straight-through
        estimator: 1 where nothing is clipped, else 0.

    Args
        x: floats of any shape. scale: s, a positive number. zero_point: z, the integer that stands
        for 0. bits: of the integers, from 2 to 16.

    Returns
        As x: what a computer that keeps the integers q would compute with.

    Errors
        ShapeError: no floats. TypeError, ValueError: no array, a scale that is not positive, a
        zero point that is no integer of the grid, other bits.

    Source
        Jacob et al., CVPR 2018, arXiv 1712.05877, equation 1 and section 3; the gradient: Bengio,
        Leonard and Courville 2013, arXiv 1308.3432, section 2.3.

    >>> ops.convert_to_numpy(quantized(ops.array([0.24, 0.26, 0.75, -9.0]), 0.5, bits=4))
    array([ 0. ,  0.5,  1. , -4. ], dtype=float32)
    """
    low, high = check_quantized(x, scale, zero_point, bits)
    x = as_tensor(x)
    steps = ops.round(ops.stop_gradient(x) / scale) + zero_point
    value = scale * (ops.clip(steps, low, high) - zero_point)
    inside = ops.where(ops.logical_and(steps >= low, steps <= high), x, ops.zeros_like(x))
    return value + (inside - ops.stop_gradient(inside))  # adds 0, which has x's gradient


def magnitude_mask(weights: Tensor, share: float) -> Tensor:
    """Which weights stay when a share of them is pruned: those that are largest, sign aside.

    Formula
        False for the round(share N) of N weights with the smallest |w|, else True; a half is
        rounded to even. Of equal ones those that come first go first.

    Args
        weights: floats of any shape. share: from 0, nothing goes, to 1, everything goes.

    Returns
        As weights, boolean, True = keep.

    Errors
        ShapeError: no floats. TypeError: no array. ValueError: another share.

    Source
        Han, Pool, Tran and Dally, NeurIPS 2015, arXiv 1506.02626, section 3.

    >>> ops.convert_to_numpy(magnitude_mask(ops.array([[3.0, -1.0], [0.5, -2.0]]), 0.5))
    array([[ True, False],
           [False,  True]])
    """
    check_weights(weights, share)
    shape = tuple(weights.shape)
    order = ops.argsort(ops.reshape(ops.abs(ops.stop_gradient(as_tensor(weights))), (-1,)))
    places = ops.argsort(order)  # of each weight among all, from the smallest to the largest
    return ops.reshape(places >= round(share * math.prod(shape)), shape)


def pruned(weights: Tensor, share: float) -> Tensor:
    """Weights with the smallest share of them set to 0.

    Formula
        w_i where :func:`magnitude_mask` keeps it, else 0; the mask counts as a constant

    Args, errors, source: as for :func:`magnitude_mask`.

    >>> ops.convert_to_numpy(pruned(ops.array([[3.0, -1.0], [0.5, -2.0]]), 0.5))
    array([[ 3.,  0.],
           [ 0., -2.]], dtype=float32)
    """
    keep = magnitude_mask(weights, share)
    weights = as_tensor(weights)
    return ops.where(keep, weights, ops.zeros_like(weights))


def distillation_loss(logits: Tensor, teacher: Tensor, temperature: float = 1.0) -> Tensor:
    """How far a student's softened probabilities are from its teacher's.

    Formula
        p = softmax(logits / T),  q = softmax(teacher / T)
        L = T^2 / B sum_i sum_k q_ik (log q_ik - log p_ik)

    Args
        logits: the student's, (B, K), floats, B and K at least 1. teacher: the teacher's (B, K),
            whose gradient is not stopped here.
        temperature: T, a positive number; 1 leaves probabilities as they are.

    Returns
        L, a number, at least 0.

    Errors
        ShapeError: other shapes or kinds. TypeError, ValueError: no arrays, a temperature that is
        no positive number.

    Source
        Hinton, Vinyals and Dean 2015, arXiv 1503.02531, section 2.

    >>> loss = distillation_loss(ops.zeros((1, 2)), ops.array([[2.0, 0.0]]), 2.0)
    >>> ops.convert_to_numpy(loss).round(4)
    np.float32(0.4438)
    """
    check_distilled(logits, teacher, temperature)
    logits, teacher = as_tensor(logits), as_tensor(teacher)
    log_p, log_q = (ops.log_softmax(z / temperature, axis=1) for z in (logits, teacher))
    total = ops.sum(ops.exp(log_q) * (log_q - log_p))
    return temperature**2 * total / ops.cast(ops.shape(logits)[0], logits.dtype)


def low_rank_factors(weight: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """Two thin matrices whose product is nearest to a matrix, of all that have the rank.

    Formula
        W = U diag(s) V^T,  s_1 >= s_2 >= ... >= 0
        A = diag(s_1, ..., s_R)^(1/2) V_R^T,  B = U_R diag(s_1, ..., s_R)^(1/2)

    Args
        weight: W (O, D), floats. rank: R, from 1 to the shorter of O and D.

    Returns
        A (R, D) and B (O, R), as constants, in the order of :func:`low_rank_adapter`. Row r of A
        and column r of B may both have the other sign.

    Errors
        ShapeError: no floats (O, D). TypeError, ValueError: no array, another rank. NaN or infinity
        in W gives NaN throughout.

    Source
        Eckart and Young, Psychometrika 1936.

    >>> down, up = low_rank_factors(ops.diag(ops.array([4.0, 1.0])), 1)
    >>> ops.convert_to_numpy(up @ down)
    array([[4., 0.],
           [0., 0.]], dtype=float32)
    """
    check_low_rank(weight, rank)
    weight = ops.stop_gradient(as_tensor(weight))
    finite = ops.all(ops.isfinite(weight))
    u, s, v = ops.svd(ops.where(finite, weight, ops.zeros_like(weight)), full_matrices=False)
    root = ops.sqrt(ops.where(finite, s[:rank], ops.full_like(s[:rank], math.nan)))
    return root[:, None] * v[:rank], u[:, :rank] * root
