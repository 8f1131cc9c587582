"""Positions: attention itself does not know the order of its keys."""

import numpy as np

from mmref.contract.positions import check_positions
from mmref.types import Array


def sinusoidal_positions(length: int, dim: int, base: float = 10000.0) -> Array:
    """One vector for each step, made of sines and cosines of falling frequency.

    Formula
        P[t, 2i] = sin(t w_i),  P[t, 2i + 1] = cos(t w_i),  w_i = base^(-2i / D)

    Args
        length: T. dim: D, even. base: the slowest wave has a period of almost 2 pi base.

    Returns
        (T, D). Nothing in it is learned, so it has no gradient.

    Errors
        ValueError: a length below 0, a dim that is odd or below 1, a base that is not positive.
        TypeError: one that is no number.

    Source
        Vaswani et al., "Attention Is All You Need", 2017, section 3.5.

    >>> sinusoidal_positions(2, 2).round(3)
    array([[0.   , 1.   ],
           [0.841, 0.54 ]])
    """
    check_positions(length, dim, base)
    frequencies = base ** (-np.arange(0, dim, 2) / dim)  # (D / 2,)
    angles = np.arange(length)[:, None] * frequencies  # (T, D / 2)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, dim)
