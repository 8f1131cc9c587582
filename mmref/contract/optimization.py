"""What steps of an optimizer, and a smoothed loss, ask of their arguments, in one place for all
three wings.

Whether numbers of arrays are finite is not looked at: they may be on an accelerator.
"""

from collections.abc import Sequence

from mmref.contract.arrays import check_floats, check_integers, check_shape, check_some
from mmref.contract.settings import check_flags, check_number
from mmref.errors import ShapeError
from mmref.types import Tensor


def rates_of(
    weights: Tensor,
    gradients: Tensor,
    rate: float | Sequence[float],
    l2: float = 0.0,
    decay: float = 0.0,
    kind: type | None = None,
) -> tuple[float, ...]:
    """The rate of each step; raises unless ``weights`` are floats of any shape, ``gradients``
    floats of their dtype (T, ...) with T at least 1, the rate a number or T of them, and none of
    the settings is negative.

    >>> import numpy as np
    >>> rates_of(np.ones(2), np.ones((3, 2)), 0.1)
    (0.1, 0.1, 0.1)
    >>> rates_of(np.ones(2), np.ones((3, 2)), (0.1, 0.2))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: rate: expected a number, or one for each of 3 steps, got 2 of them
    """
    check_floats("weights", weights, kind)
    check_floats("gradients", gradients, kind, weights.dtype, "the weights")
    check_shape("gradients", gradients, "T", *weights.shape)
    check_some("gradients", gradients, "step", 0)
    check_number("l2", l2, 0)
    check_number("decay", decay, 0)
    count = gradients.shape[0]
    if not isinstance(rate, list | tuple):
        check_number("rate", rate, 0)
        return (rate,) * count
    if len(rate) != count:
        raise ShapeError(
            "rate", f"a number, or one for each of {count} steps", f"{len(rate)} of them"
        )
    for t, one in enumerate(rate):
        check_number(f"rate[{t}]", one, 0)
    return tuple(rate)


def check_momentum(momentum: float, nesterov: bool, rate_inside: bool) -> None:
    """Raise unless the momentum is in [0, 1) and the others are flags.

    >>> check_momentum(1.0, False, False)
    Traceback (most recent call last):
        ...
    ValueError: momentum: expected a number in [0, 1), got 1.0
    """
    check_number("momentum", momentum, 0, 1)
    check_flags(nesterov=nesterov, rate_inside=rate_inside)


def check_squares(epsilon: float, epsilon_inside: bool, **shares: float) -> None:
    """Raise unless each share of the old mean is in [0, 1), and epsilon is not negative.

    >>> check_squares(1e-8, False, rho=2)
    Traceback (most recent call last):
        ...
    ValueError: rho: expected a number in [0, 1), got 2
    """
    for name, share in shares.items():
        check_number(name, share, 0, 1)
    check_number("epsilon", epsilon, 0)
    check_flags(epsilon_inside=epsilon_inside)


def check_smoothed(
    logits: Tensor, labels: Tensor, smoothing: float, kind: type | None = None
) -> None:
    """Raise unless ``logits`` are floats (B, K), B and K at least 1, ``labels`` integers (B,) and
    the smoothing a number in [0, 1].

    >>> import numpy as np
    >>> check_smoothed(np.ones((2, 3)), np.array([0, 1]), 1.5)
    Traceback (most recent call last):
        ...
    ValueError: smoothing: expected a number in [0, 1], got 1.5
    """
    check_floats("logits", logits, kind)
    check_shape("logits", logits, "B", "K")
    check_some("logits", logits, "row and one class")
    check_integers("labels", labels, logits.shape[0], kind=kind)
    check_number("smoothing", smoothing, 0, 1, closed=True)
