"""The normal distribution as arrays: values of Phi, and equally likely values of N(0, 1)."""

from functools import cache
from statistics import NormalDist

import numpy as np

from mmref.types import Array

_NORMAL = NormalDist()


@cache
def quantiles(n: int) -> Array:
    """n equally likely values of N(0, 1), each the middle of its part."""
    return np.array([_NORMAL.inv_cdf((i + 0.5) / n) for i in range(n)])


def phi(z: Array) -> Array:
    """Phi(z), to seven digits."""
    return np.interp(z, *_table())


@cache
def _table():
    """Where Phi is known, and its values there: between them it is all but straight."""
    at = np.linspace(-8.5, 8.5, 17001)
    return at, np.array([_NORMAL.cdf(value) for value in at])
