"""Positions: attention itself does not know the order of its keys."""

import numpy as np
from keras import ops

from mmref.contract.positions import check_positions
from mmref.types import Tensor


def sinusoidal_positions(
    length: int, dim: int, base: float = 10000.0, dtype: str = "float32"
) -> Tensor:
    """One vector for each step, of sines and cosines of falling frequency: (length, dim).

    Formula
        P[t, 2i] = sin(t w_i),  P[t, 2i + 1] = cos(t w_i),  w_i = base^(-2i / D)

    Errors
        ValueError: a length below 0, a dim that is odd or below 1, a base that is not positive,
        a dtype that is not of floats. TypeError: one that is no number.

    Source
        Vaswani et al., 2017, section 3.5.

    >>> ops.convert_to_numpy(sinusoidal_positions(2, 2))[0]
    array([0., 1.], dtype=float32)
    """
    check_positions(length, dim, base, dtype)
    # A constant, so NumPy will do; in float64, as the angles are as large as T.
    angles = np.arange(length)[:, None] * base ** (-np.arange(0, dim, 2) / dim)  # (T, D / 2)
    waves = np.stack([np.sin(angles), np.cos(angles)], axis=-1)  # (T, D / 2, 2)
    return ops.convert_to_tensor(waves.reshape(length, dim), dtype=dtype)
