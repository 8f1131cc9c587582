"""What losses of captions ask of their arguments, in one place for all three wings."""

from mmref.contract.arrays import (
    check_floats,
    check_integers,
    check_shape,
    check_some,
    check_truths,
)
from mmref.types import Tensor


def check_steps(
    name: str, array: Tensor, last: str, what: str, mask: Tensor | None, kind: type | None = None
) -> None:
    """Raise unless ``array`` is floats (B, T, last) with at least one row and one ``what``, and
    ``mask`` None or boolean (B, T).

    >>> import numpy as np
    >>> check_steps("weights", np.ones((2, 3)), "N", "place", None)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: weights: expected (B, T, N), got (2, 3)
    """
    check_floats(name, array, kind)
    check_shape(name, array, "B", "T", last)
    check_some(name, array, "row", 0)
    check_some(name, array, what, 2)
    if mask is not None:
        check_truths("mask", mask, "keep", kind)
        check_shape("mask", mask, B=array.shape[0], T=array.shape[1])


def check_next_words(
    logits: Tensor, labels: Tensor, mask: Tensor | None, kind: type | None = None
) -> None:
    """Raise unless logits are floats (B, T, V), labels integers (B, T), mask None or boolean
    (B, T).

    >>> import numpy as np
    >>> check_next_words(np.ones((2, 3, 5)), np.ones((2, 4), int), None)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: labels: expected (B, T) = (2, 3), got (2, 4)
    """
    check_steps("logits", logits, "V", "word", mask, kind)
    check_integers("labels", labels, "B", "T", kind=kind)
    check_shape("labels", labels, B=logits.shape[0], T=logits.shape[1])
