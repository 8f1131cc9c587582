"""Monitoring what a model is given: how far shares by bin have moved."""

import numpy as np

from mmref.contract.monitoring import check_shares
from mmref.reference._shared import as_floats, as_gradient
from mmref.types import Array


def population_stability_index(expected: Array, observed: Array) -> Array:
    """How far shares by bin have moved from those of a reference.

    Formula
        S = sum_k (q_k - p_k) ln(q_k / p_k)

    Args
        expected: p (..., K), the share of the reference in each bin, positive.
        observed: q (..., K), that of now, positive: add half a row to every count before dividing,
            so that no bin is empty. Whether shares sum to 1 is not looked at.

    Returns
        S (...), at least 0, and 0 where p = q. If m rows made p and r rows q, all from one
        distribution, it is about (1/m + 1/r) times a chi-square variable of K - 1 degrees.

    Errors
        ShapeError: no floats, other shapes, no bin. ValueError: a share that is not positive and
        finite.

    Source
        H. Jeffreys, "An invariant form for the prior probability in estimation problems",
        Proceedings of the Royal Society of London A 186, 1946, where it is J.

    >>> population_stability_index(np.array([0.5, 0.5]), np.array([0.8, 0.2])).round(3)
    np.float64(0.416)
    """
    p, q = _read(expected, observed)
    return ((q - p) * np.log(q / p)).sum(axis=-1)


def population_stability_index_gradient(
    grad: Array, expected: Array, observed: Array
) -> tuple[Array, Array]:
    """Gradients with respect to p and q.

    Formula
        dp_k = -g (ln(q_k / p_k) + q_k / p_k - 1)
        dq_k = g (ln(q_k / p_k) + 1 - p_k / q_k)
    """
    p, q = _read(expected, observed)
    g = as_gradient(grad, p.shape[:-1])[..., None]
    log = np.log(q / p)
    return -g * (log + q / p - 1), g * (log + 1 - p / q)


def _read(expected, observed):
    p, q = as_floats("expected", expected), as_floats("observed", observed)
    check_shares(p, q, p, q)
    return p, q
