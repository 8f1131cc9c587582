"""The contract of adversarial losses, in one place for all three wings.

Losses take logits, real numbers of any size, and never probabilities. Whether what came are
probabilities cannot be told from numbers alone (0.7 is a logit too), so nothing here tries.
NaN is let through: a loss of NaN says more than a loss that hides it.
"""

from mmref.contract.arrays import check_each, check_floats, check_same, check_some
from mmref.types import Array, Tensor


def check_logits(kind: type | None = None, **logits: Tensor) -> None:
    """Raise unless all are floats of one shape and dtype, with at least one logit.

    >>> import numpy as np
    >>> check_logits(real_logits=np.zeros((4, 1)), fake_logits=np.zeros(4))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: fake_logits: expected (4, 1) as real_logits, got (4,)
    """
    for name, array in logits.items():
        check_floats(name, array, kind)
        check_some(name, array, "logit")
    check_same(kind, **logits)


def check_densities(**densities: Array) -> None:
    """Raise unless all are floats of one shape and dtype, none negative (NaN passes)."""
    check_logits(None, **densities)
    for name, density in densities.items():
        check_each(name, density, "numbers, at least 0", ~(density < 0))
