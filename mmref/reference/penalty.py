"""Penalties on the slope of a critic, and their gradients: derivatives of derivatives.

The framework wings take any critic. Here it is a network with one hidden layer, small enough to
differentiate twice by hand:

    h = tanh(W x + b),  score(x) = v . h,  slope(x) = d score / dx = W^T u,  u = v * (1 - h^2)
"""

import numpy as np

from mmref.contract.penalty import check_examples, check_interpolation
from mmref.contract.settings import check_flags, check_number
from mmref.reference._shared import expect
from mmref.types import Array


def gradient_penalty(
    real: Array,
    fake: Array,
    mix: Array,
    weight: Array,
    bias: Array,
    output: Array,
    center: float = 1.0,
    one_sided: bool = False,
) -> np.floating:
    """How far the critic's slope is from 1, between real and generated examples.

    Formula
        x = mix real + (1 - mix) fake,  P = mean_b (|slope(x_b)| - center)^2,
        or mean_b max(0, |slope(x_b)| - center)^2 if one_sided. |.| is the Euclidean norm over one
        example, not over the batch.

    Args
        real, fake: (B, D). mix: (B,), drawn uniformly from [0, 1), one number for each example.
        weight, bias, output: W (H, D), b (H,), v (H,) of the critic.
        center: the slope that costs nothing.
        one_sided: whether slopes below it cost nothing either.

    Returns
        A number; the factor lambda (10 in the paper) is not in it. Where a slope is exactly 0 the
        norm has a kink, and its derivative counts as 0.

    Errors
        ShapeError: a wrong shape or dtype. ValueError: center is not finite, mix not in [0, 1].
        ChoiceError: one_sided is neither True nor False.

    Source
        Gulrajani et al. 2017, arXiv 1704.00028, equation 3 and section 4.

    >>> x, W = np.zeros((1, 2)), np.array([[3.0, 4.0]])  # at x = 0: slope v W, norm 5
    >>> float(gradient_penalty(x, x, np.array([0.5]), W, np.zeros(1), np.ones(1)))
    16.0
    """
    real, fake, mix = _points(real, fake, mix, weight, bias, output)
    slope, *_ = _slope(_between(real, fake, mix), weight, bias, output)
    return np.mean(_excess(np.linalg.norm(slope, axis=1), center, one_sided) ** 2)


def gradient_penalty_gradient(
    grad: float,
    real: Array,
    fake: Array,
    mix: Array,
    weight: Array,
    bias: Array,
    output: Array,
    center: float = 1.0,
    one_sided: bool = False,
) -> tuple[Array, ...]:
    """Gradients with respect to real, fake, mix, weight, bias and output.

    Formula (n_b = |slope_b|; the excess e_b is n_b - center, or its positive part)
        dP/dslope_b = k_b = 2 e_b slope_b / (n_b B), then backward through slope = W^T u and h:
        see :func:`_backward`. With d_x (B, D): d_real = mix d_x, d_fake = (1 - mix) d_x,
        d_mix = d_x . (real - fake)
    """
    real, fake, mix = _points(real, fake, mix, weight, bias, output)
    expect("grad", grad, ())
    x = _between(real, fake, mix)
    slope, h, u = _slope(x, weight, bias, output)
    n = np.linalg.norm(slope, axis=1)  # (B,)
    factor = 2 * _excess(n, center, one_sided) / np.where(n == 0, 1, n) / len(n)
    k = grad * factor[:, None] * slope  # (B, D)
    d_x, d_weight, d_bias, d_output = _backward(k, x, h, u, weight, output)
    share = mix[:, None]
    d_mix = np.sum(d_x * (real - fake), axis=1)
    return share * d_x, (1 - share) * d_x, d_mix, d_weight, d_bias, d_output


def r1_penalty(real: Array, weight: Array, bias: Array, output: Array) -> np.floating:
    """The critic's squared slope where the real examples are.

    Formula
        P = mean_b |slope(real_b)|^2, to be multiplied by gamma / 2

    Args
        real: (B, D). weight, bias, output: as in :func:`gradient_penalty`.

    Source
        Mescheder, Geiger and Nowozin 2018, arXiv 1801.04406, equation 9.

    >>> x, W = np.zeros((1, 2)), np.array([[3.0, 4.0]])
    >>> float(r1_penalty(x, W, np.zeros(1), np.ones(1)))
    25.0
    """
    real = _examples(real, weight, bias, output)
    slope, *_ = _slope(real, weight, bias, output)
    return np.mean(np.sum(slope**2, axis=1))


def r1_penalty_gradient(
    grad: float, real: Array, weight: Array, bias: Array, output: Array
) -> tuple[Array, ...]:
    """Gradients with respect to real, weight, bias and output: dP/dslope_b = 2 slope_b / B."""
    real = _examples(real, weight, bias, output)
    expect("grad", grad, ())
    slope, h, u = _slope(real, weight, bias, output)
    return _backward(2 * grad * slope / len(slope), real, h, u, weight, output)


def _slope(x, weight, bias, output):
    """The slope (B, D) of the score at x (B, D), with h and u (B, H)."""
    h = np.tanh(x @ np.asarray(weight).T + bias)
    u = output * (1 - h**2)
    return u @ np.asarray(weight), h, u


def _backward(k, x, h, u, weight, output):
    """From k = dP/dslope (B, D) to the gradients of x, weight, bias and output.

    slope_b = W^T u_b meets W twice: directly, and through u, which depends on h = tanh(a):
        du = W k,  dv = sum_b du (1 - h^2),  dh = -2 h v du,  da = dh (1 - h^2),
        dW = sum_b (u k^T + da x^T),  db = sum_b da,  dx = W^T da
    """
    weight = np.asarray(weight)
    du = k @ weight.T  # (B, H)
    da = -2 * h * output * du * (1 - h**2)  # (B, H)
    d_output = np.sum(du * (1 - h**2), axis=0)
    return da @ weight, u.T @ k + da.T @ x, da.sum(axis=0), d_output


def _excess(norms, center, one_sided):
    check_number("center", center)
    check_flags(one_sided=one_sided)
    return np.maximum(norms - center, 0) if one_sided else norms - center


def _between(real, fake, mix):
    return mix[:, None] * real + (1 - mix[:, None]) * fake


def _points(real, fake, mix, *critic):
    real, fake, mix = (None if a is None else np.asarray(a) for a in (real, fake, mix))
    check_interpolation(real, fake, mix, shares=mix)
    return _examples(real, *critic), fake, mix


def _examples(real, weight, bias, output):
    real = np.asarray(real)
    check_examples(real)
    expect("real", real, ("B", "D"))
    expect("weight", weight, ("H", real.shape[1]))
    for name, vector in (("bias", bias), ("output", output)):
        expect(name, vector, (len(weight),))
    return real
