"""What a comparison of shares by bin asks of them, in one place for all three wings.

``before`` and ``now`` are the same arrays in NumPy, None in compiled code, which has no numbers to
look at.
"""

import numpy as np

from mmref.contract.arrays import check_each, check_floats, check_shape, check_some
from mmref.types import Array, Tensor


def check_shares(
    expected: Tensor,
    observed: Tensor,
    before: Array | None = None,
    now: Array | None = None,
    kind: type | None = None,
) -> None:
    """Raise unless both are floats (..., K), of one shape and dtype, all positive and finite.

    >>> check_shares(np.ones(2), np.ones(2), np.ones(2), np.array([1.0, 0.0]))
    Traceback (most recent call last):
        ...
    ValueError: observed: expected positive finite numbers, got 0.0
    """
    check_floats("expected", expected, kind)
    check_shape("expected", expected, "...", "K")
    check_some("expected", expected, "bin", -1)
    check_floats("observed", observed, kind, expected.dtype, "in expected")
    check_shape("observed", observed, *expected.shape)
    for name, numbers in (("expected", before), ("observed", now)):
        if numbers is not None:
            right = (numbers > 0) & np.isfinite(numbers)
            check_each(name, numbers, "positive finite numbers", right)
