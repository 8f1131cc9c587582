"""The contract of training a GAN, in one place for both frameworks."""

from mmref.contract.adversarial import check_number
from mmref.contract.arrays import check_scale
from mmref.errors import ShapeError, check_count


def check_networks(kind, words, **networks):
    """Raise unless all are of this kind, which ``words`` name.

    >>> check_networks(int, "an int", generator=None)
    Traceback (most recent call last):
        ...
    TypeError: generator: expected an int, got NoneType
    """
    for name, network in networks.items():
        if not isinstance(network, kind):
            raise TypeError(f"{name}: expected {words}, got {type(network).__name__}")


def check_settings(penalty, r1, critic_steps, rate):
    """Raise unless the penalties are finite and not negative, and a step can be taken.

    >>> check_settings(-1.0, 0.0, 1, 2e-4)
    Traceback (most recent call last):
        ...
    ValueError: penalty: expected a number in [0, inf), got -1.0
    """
    check_number("penalty", penalty, 0, float("inf"))
    check_number("r1", r1, 0, float("inf"))
    check_count("critic_steps", critic_steps)
    check_scale(rate=rate)


def check_batches(batches):
    """Raise unless these are ``mmref.data.adversarial.AdversarialBatches``, or like them.

    >>> check_batches([1, 2])
    Traceback (most recent call last):
        ...
    TypeError: batches: expected mmref.data.adversarial.AdversarialBatches, got list
    """
    if not (hasattr(batches, "batch") and hasattr(batches, "batch_size")):
        expected = "mmref.data.adversarial.AdversarialBatches"
        raise TypeError(f"batches: expected {expected}, got {type(batches).__name__}")


def check_judged(logits, rows):
    """Raise unless a discriminator gave one logit for each of its rows; None is any number.

    >>> import numpy as np
    >>> check_judged(np.zeros((5, 2)), 5)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: discriminator(x): expected (5,) or (5, 1), got (5, 2)
    """
    shape = tuple(logits.shape)
    if shape[1:] not in ((), (1,)) or (None not in (rows, *shape) and shape[:1] != (rows,)):
        n = "B" if rows is None else rows
        raise ShapeError("discriminator(x)", f"({n},) or ({n}, 1)", shape)
