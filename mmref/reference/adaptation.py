"""Adapting a dense layer that is frozen: beside it, a product of two thin matrices learns."""

from mmref.contract.adaptation import check_adapted, check_factors
from mmref.reference._shared import as_floats, as_gradient
from mmref.types import Array


def low_rank_adapter(x: Array, weight: Array, down: Array, up: Array, alpha: float) -> Array:
    """A dense layer, and beside it a product of two thin matrices.

    Formula
        h = W x + (alpha / R) B A x

    Args
        x: (..., D), floats.
        weight: W (O, D), which stays as it was.
        down: A (R, D), random at the start. up: B (O, R), 0 at the start, so that h = W x.
        alpha: how much the product counts, a positive number.

    Returns
        h (..., O).

    Errors
        ShapeError: no floats, other shapes, R of 0. TypeError: an alpha that is no number.
        ValueError: one that is not positive.

    Source
        Hu et al., "LoRA", ICLR 2022, arXiv 2106.09685, equation 3 and section 4.1.

    >>> import numpy as np
    >>> x, weight = np.array([[1.0, 2.0]]), np.array([[3.0, 0.0], [0.0, 1.0]])
    >>> low_rank_adapter(x, weight, np.array([[1.0, 1.0]]), np.array([[0.5], [-1.0]]), 2.0)
    array([[ 6., -4.]])
    """
    x, weight, down, up = _read(x, weight, down, up, alpha)
    return x @ weight.T + alpha / len(down) * (x @ down.T) @ up.T


def low_rank_adapter_gradient(
    grad: Array, x: Array, weight: Array, down: Array, up: Array, alpha: float
) -> tuple[Array, Array, Array, Array]:
    """Gradients with respect to x, W, A and B; who freezes W needs no second one.

    Formula (sums over all rows g of ``grad``, x of ``x``; s = alpha / R)
        dx = W^T g + s A^T B^T g,  dW = sum g x^T
        dA = s sum (B^T g) x^T,    dB = s sum g (A x)^T
    """
    x, weight, down, up = _read(x, weight, down, up, alpha)
    g = as_gradient(grad, (*x.shape[:-1], len(weight)))
    share, rows = alpha / len(down), x.reshape(-1, x.shape[-1])
    flat = g.reshape(-1, len(weight))
    narrow = share * flat @ up  # s B^T g, a row for each x
    dx = (g @ weight) + (narrow @ down).reshape(x.shape)
    return dx, flat.T @ rows, narrow.T @ rows, share * flat.T @ (rows @ down.T)


def merge_low_rank(weight: Array, down: Array, up: Array, alpha: float) -> Array:
    """One matrix in place of the layer and its adapter.

    Formula
        W' = W + (alpha / R) B A

    Args, errors: as :func:`low_rank_adapter`.

    Returns
        W' (O, D): with it a dense layer says what both said.

    Source
        Hu et al., ICLR 2022, arXiv 2106.09685, section 4.1.

    >>> import numpy as np
    >>> merge_low_rank(np.eye(2), np.array([[1.0, 1.0]]), np.array([[0.5], [-1.0]]), 2.0)
    array([[ 2.,  1.],
           [-2., -1.]])
    """
    weight, down, up = (as_floats(*each) for each in _named(weight, down, up))
    check_factors(weight, down, up, alpha)
    return weight + alpha / len(down) * up @ down


def merge_low_rank_gradient(
    grad: Array, weight: Array, down: Array, up: Array, alpha: float
) -> tuple[Array, Array, Array]:
    """Gradients with respect to W, A and B.

    Formula
        dW = G,  dA = (alpha / R) B^T G,  dB = (alpha / R) G A^T
    """
    weight, down, up = (as_floats(*each) for each in _named(weight, down, up))
    check_factors(weight, down, up, alpha)
    g, share = as_gradient(grad, weight.shape), alpha / len(down)
    return g.copy(), share * up.T @ g, share * g @ down.T


def _named(weight, down, up):
    return ("weight", weight), ("down", down), ("up", up)


def _read(x, weight, down, up, alpha):
    weight, down, up = (as_floats(*each) for each in _named(weight, down, up))
    check_factors(weight, down, up, alpha)
    x = as_floats("x", x)
    check_adapted(x, weight.shape[1])
    return x, weight, down, up
