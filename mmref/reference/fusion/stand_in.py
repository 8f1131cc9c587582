"""A learned stand-in for an absent modality."""

import numpy as np

from mmref.contract.fusion import check_stand_in
from mmref.reference._shared import as_floats, expect
from mmref.types import Array


def stand_in(features: Array, vector: Array, present: Array) -> Array:
    """The features of one modality, a learned vector in every row that lacks it.

    Formula
        x_b where row b has the modality, e where it has not

    Args
        features: x (B, D_m). vector: e (D_m,).
        present: boolean (B,), True = there. What an absent row holds, NaN included, has no effect.
            Or features (..., D_m) and present (...), such as the steps of sequences.

    Returns
        An array like features.

    Errors
        ShapeError: a wrong shape or dtype.

    >>> x, there = np.array([[1.0, 2.0], [np.nan, 0.0]]), np.array([True, False])
    >>> stand_in(x, np.array([5.0, 6.0]), there)
    array([[1., 2.],
           [5., 6.]])
    """
    features, vector, present = _inputs(features, vector, present)
    return np.where(present[..., None], features, vector)


def stand_in_gradient(
    grad: Array, features: Array, vector: Array, present: Array
) -> tuple[Array, Array]:
    """Gradients with respect to features and vector.

    Formula
        dx_b = g_b where row b has the modality, 0 where not;  de = sum of g_b over the other rows
    """
    features, vector, present = _inputs(features, vector, present)
    expect("grad", grad, features.shape)
    there = present[..., None]
    d_vector = np.where(there, 0, grad).reshape(-1, len(vector)).sum(axis=0)
    return np.where(there, grad, 0), d_vector


def _inputs(features, vector, present):
    features, vector = as_floats("features", features), as_floats("vector", vector)
    present = np.asarray(present)
    check_stand_in(features, vector, present)
    return features, vector, present
