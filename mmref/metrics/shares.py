"""How far a share is known that was counted on few."""

from statistics import NormalDist

import numpy as np

from mmref.contract.arrays import check_integers
from mmref.contract.data import to_array
from mmref.contract.settings import check_number
from mmref.errors import ShapeError
from mmref.types import Array


def wilson_interval(hits: Array | int, trials: Array | int, level: float = 0.95) -> Array:
    """Wilson's interval of a share: those p under which the count is no surprise.

    Formula
        All p with |h / n - p| <= q sqrt(p (1 - p) / n), q = Phi^-1((1 + level) / 2), which is
        (h + q^2/2 -+ q sqrt(h (n - h) / n + q^2/4)) / (n + q^2)
        It stays in [0, 1], and has a width where h is 0 or n, which h / n -+ q sqrt(...) has not.

    Args
        hits: h, integers of any shape, from 0 to n. trials: n, integers of the same shape, 1 or
            more. level: how often such intervals hold the true share, in (0, 1).

    Returns
        float64, of that shape and a last axis of 2: the lower end, the upper end.

    Errors
        ShapeError: no integers, or two shapes. ValueError: other counts, another level.

    Source
        E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
        Journal of the American Statistical Association 22(158), 1927.

    >>> wilson_interval(8, 10).round(2)
    array([0.49, 0.94])
    >>> wilson_interval([0, 0], [10, 1000]).round(3)
    array([[0.   , 0.278],
           [0.   , 0.004]])
    """
    h, n = to_array("hits", hits), to_array("trials", trials)
    check_integers("hits", h, "...")
    check_integers("trials", n, "...")
    if h.shape != n.shape:
        raise ShapeError("trials", f"{h.shape} as hits", n.shape)
    if not (n > 0).all():
        raise ValueError(f"trials: expected 1 or more, got {n[n < 1].flat[0]}")
    wrong = (h < 0) | (h > n)
    if wrong.any():
        raise ValueError(f"hits: expected 0 to {n[wrong].flat[0]}, got {h[wrong].flat[0]}")
    check_number("level", level, 0, 1)
    if not level:
        raise ValueError(f"level: expected a number in (0, 1), got {level!r}")
    q = NormalDist().inv_cdf((1 + level) / 2)
    half = q * np.sqrt(h * ((n - h) / n) + q**2 / 4)
    low, high = (h + q**2 / 2 - half) / (n + q**2), (h + q**2 / 2 + half) / (n + q**2)
    return np.stack([np.where(h == 0, 0.0, low), np.where(h == n, 1.0, high)], axis=-1)
