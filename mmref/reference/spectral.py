"""Spectral normalization: a weight divided by its largest singular value."""

import numpy as np

from mmref.contract.spectral import check_matrix
from mmref.reference._shared import expect
from mmref.types import Array


def spectral_norm(weight: Array, axis: int = 0) -> np.floating:
    """The largest singular value, exactly.

    Formula
        sigma(W) = max over |x| = 1 of |W x|, with all axes but ``axis`` (the outputs) flattened;
        NaN where an entry of W is NaN or infinite

    >>> round(float(spectral_norm(np.diag([2.0, -3.0]))), 6)
    3.0
    """
    weight = np.asarray(weight)
    check_matrix(weight, axis)
    if not np.isfinite(weight).all():  # no decomposition, but an error of LAPACK's
        return weight.dtype.type(np.nan)
    return np.linalg.norm(_matrix(weight, axis), 2)


def power_iteration(
    weight: Array, start: Array, steps: int = 1, axis: int = 0
) -> tuple[Array, Array]:
    """Approximate singular vectors of the largest singular value.

    Formula
        repeat: v = W^T u / |W^T u|,  u = W v / |W v|; a vector of zeros stays one

    Args
        weight: W, (O, ...), a matrix (O, I) once all axes but ``axis`` are flattened.
        start: the first u, (O,), in practice random and then kept from one training step to the
            next.
        steps: how often to repeat; the error of u^T W v shrinks by (sigma_2 / sigma_1)^2 or more
            in each.
        axis: that of the outputs, O.

    Returns
        u (O,) and v (I,), of unit length. They count as constants: no gradient is defined. All
        of u and v is NaN where an entry of the weight is.

    Errors
        ShapeError: a weight with fewer than two axes, a start of another length or dtype.
        ValueError: no step, or no such axis.

    Source
        Miyato et al. 2018, arXiv 1802.05957, algorithm 1.

    >>> u, v = power_iteration(np.diag([2.0, -3.0]), np.ones(2), steps=50)
    >>> u.round(3), v.round(3)
    (array([0., 1.]), array([ 0., -1.]))
    """
    weight, u = np.asarray(weight), np.asarray(start)
    check_matrix(weight, axis, steps, start=u)
    w = _matrix(weight, axis)  # (O, I)
    for _ in range(steps):
        v = _unit(w.T @ u)
        u = _unit(w @ v)
    return u, v


def spectral_normalization(weight: Array, left: Array, right: Array, axis: int = 0) -> Array:
    """The weight divided by an estimate of its largest singular value.

    Formula
        W / sigma,  sigma = u^T W v; W itself where sigma is 0

    Args
        weight: W, (O, ...). The weights of a convolution have the outputs on axis 0, those of a
            transposed one on axis 1; Keras has them last, or next to last.
        left, right: u (O,) and v (I,), from :func:`power_iteration`. That their length is 1 is
        the caller's to see to: one of length 2 halves the result.
        axis: that of the outputs.

    Returns
        An array of the weight's shape. Its largest singular value is sigma_1 / sigma, at least 1,
        and 1 once u and v have converged.

    Errors
        ShapeError: a weight with fewer than two axes, vectors of another size or dtype.

    Source
        Miyato et al. 2018, arXiv 1802.05957, equation 8; the estimate: algorithm 1.

    >>> w = np.diag([2.0, 4.0])
    >>> spectral_normalization(w, *power_iteration(w, np.ones(2), steps=50)).round(3)
    array([[0.5, 0. ],
           [0. , 1. ]])
    """
    sigma, *_ = _sigma(weight, left, right, axis)
    return np.asarray(weight) / sigma


def spectral_normalization_gradient(
    grad: Array, weight: Array, left: Array, right: Array, axis: int = 0
) -> tuple[Array, Array, Array]:
    """Gradients with respect to weight, left and right.

    Formula (dsigma = -<g, W> / sigma^2)
        dW = g / sigma + dsigma u v^T,  du = dsigma W v,  dv = dsigma W^T u
        In training u and v are constants. Once they have converged, dW is the derivative of
        W / sigma_1(W): that of sigma_1 is u v^T.

    Source
        Miyato et al. 2018, arXiv 1802.05957, equation 12.
    """
    sigma, w, u, v = _sigma(weight, left, right, axis)
    weight, grad = np.asarray(weight), np.asarray(grad)
    expect("grad", grad, weight.shape)
    d_sigma = 0 if u @ w @ v == 0 else -np.sum(grad * weight) / sigma**2
    moved = np.moveaxis(weight, axis, 0).shape
    direction = np.moveaxis(np.outer(u, v).reshape(moved), 0, axis)  # u v^T, in W's shape
    return grad / sigma + d_sigma * direction, d_sigma * (w @ v), d_sigma * (w.T @ u)


def _sigma(weight, left, right, axis):
    """sigma, 1 in place of 0; W as a matrix; u and v."""
    weight, u, v = np.asarray(weight), np.asarray(left), np.asarray(right)
    check_matrix(weight, axis, left=u, right=v)
    w = _matrix(weight, axis)
    sigma = u @ w @ v
    return (1.0 if sigma == 0 else sigma), w, u, v


def _matrix(weight, axis):
    return np.moveaxis(weight, axis, 0).reshape(weight.shape[axis], -1)


def _unit(vector):
    length = np.linalg.norm(vector)
    return vector / (1 if length == 0 else length)
