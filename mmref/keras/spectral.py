"""Spectral normalization: a weight divided by its largest singular value."""

from keras import ops

from mmref.contract.spectral import check_matrix
from mmref.types import Tensor


def power_iteration(
    weight: Tensor, start: Tensor, steps: int = 1, axis: int = 0
) -> tuple[Tensor, Tensor]:
    """Approximate singular vectors of the largest singular value, as constants.

    Formula
        repeat: v = W^T u / |W^T u|,  u = W v / |W v|; a vector of zeros stays one

    Args
        weight: W, (O, ...), a matrix (O, I) once all axes but ``axis``, the outputs, are
            flattened; in a Keras kernel they come last: axis=-1.
        start: the first u, (O,). steps: how often to repeat.

    Returns
        u (O,) and v (I,), of unit length, without a gradient. All of u and v is NaN where an
        entry of the weight is.

    Errors
        ShapeError: a weight with fewer than two axes, a start of another length or dtype.
        ValueError: no step, or no such axis. TypeError: no arrays.

    Source
        Miyato et al. 2018, arXiv 1802.05957, algorithm 1.

    >>> u, v = power_iteration(ops.diag(ops.array([2.0, 4.0])), ops.ones((2,)), steps=50)
    >>> ops.convert_to_numpy(u).round(3)
    array([0., 1.], dtype=float32)
    """
    check_matrix(weight, axis, steps, start=start)
    w, u = ops.stop_gradient(_matrix(weight, axis)), ops.stop_gradient(start)  # (O, I)
    for _ in range(steps):
        v = _unit(ops.einsum("oi,o->i", w, u))
        u = _unit(ops.einsum("oi,i->o", w, v))
    return u, v


def spectral_normalization(weight: Tensor, left: Tensor, right: Tensor, axis: int = 0) -> Tensor:
    """The weight divided by an estimate of its largest singular value.

    Formula
        W / sigma,  sigma = u^T W v; W itself where sigma is 0

    Args
        weight: W, (O, ...). left, right: u (O,) and v (I,), from :func:`power_iteration`. That
            their length is 1 is the caller's to see to: one of length 2 halves the result.
        axis: that of the outputs: -1 in a Keras kernel, 2 in that of a transposed convolution.

    Errors
        ShapeError: a weight with fewer than two axes, vectors of another size or dtype.
        TypeError: no arrays.

    Source
        Miyato et al. 2018, arXiv 1802.05957, equation 8; the estimate: algorithm 1.

    ``keras.layers.SpectralNormalization`` does something else: it overwrites the kernel by the
    normalized one at every training step, and the gradient does not see the division.

    >>> w = ops.diag(ops.array([2.0, 4.0]))
    >>> w = spectral_normalization(w, *power_iteration(w, ops.ones((2,)), steps=50))
    >>> ops.convert_to_numpy(w).round(3)
    array([[0.5, 0. ],
           [0. , 1. ]], dtype=float32)
    """
    check_matrix(weight, axis, left=left, right=right)
    sigma = ops.einsum("o,oi,i->", left, _matrix(weight, axis), right)
    return weight / ops.where(sigma == 0, ops.ones_like(sigma), sigma)


def _matrix(weight, axis):
    moved = ops.moveaxis(weight, axis, 0)
    return ops.reshape(moved, (moved.shape[0], -1))


def _unit(vector):
    length = ops.sqrt(ops.sum(ops.square(vector)))
    return vector / ops.where(length == 0, ops.ones_like(length), length)
