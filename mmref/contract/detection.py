"""What finding a known signal in noise asks, in one place for all three wings."""

from collections.abc import Callable

import numpy as np

from mmref.contract.arrays import check_each, check_floats, check_shape, check_some
from mmref.contract.settings import check_scale
from mmref.types import Tensor


def check_signals(
    images: Tensor, templates: Tensor, noise: float, kind: type | None = None
) -> None:
    """Raise unless these are floats (B, N) and (P, N), P at least 1, and a positive number.

    >>> check_signals(np.ones((2, 3)), np.ones((4, 5)), 1.0)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: templates: expected (P, 3), got (4, 5)
    """
    check_floats("images", images, kind)
    check_shape("images", images, "B", "N")
    check_floats("templates", templates, kind, images.dtype, "images")
    check_shape("templates", templates, "P", images.shape[1])
    check_some("templates", templates, "template", 0)
    check_scale(noise=noise)


def check_priors(
    logits: Tensor, old: Tensor, new: Tensor, look: Callable, kind: type | None = None
) -> None:
    """Raise unless these are floats (B, K), (K,), (K,), the last two positive and finite.

    look: gives a tensor's numbers.

    >>> check_priors(np.ones((1, 2)), np.ones(2), np.array([1.0, 0.0]), np.asarray)
    Traceback (most recent call last):
        ...
    ValueError: new: expected positive finite numbers, got 0.0
    """
    check_floats("logits", logits, kind)
    check_shape("logits", logits, "B", "K")
    for name, prior in (("old", old), ("new", new)):
        check_floats(name, prior, kind, logits.dtype, "logits")
        check_shape(name, prior, logits.shape[1])
        numbers = look(prior)
        if numbers is not None:
            right = (numbers > 0) & np.isfinite(numbers)
            check_each(name, numbers, "positive finite numbers", right)
