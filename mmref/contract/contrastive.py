"""What contrastive losses ask of their arguments, in one place for all three wings.

Whether a temperature that is an array is positive is not looked at: it may be on an accelerator.
"""

from mmref.contract.arrays import (
    check_array,
    check_floats,
    check_shape,
    check_some,
    check_truths,
)
from mmref.contract.settings import check_scale, is_number
from mmref.types import Tensor

TEMPERATURE, MARGIN = 0.07, 0.2  # where CLIP begins; what VSE++ takes


def check_vectors(
    queries: Tensor, items: Tensor, kind: type | None = None, names: tuple = ("queries", "items")
) -> None:
    """Raise unless both are floats (rows, D) of one width D, at least 1, and of one dtype.

    >>> import numpy as np
    >>> check_vectors(np.ones((2, 3)), np.ones((2, 4)))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: items: expected (M, 3), got (2, 4)
    """
    first, second = names
    check_floats(first, queries, kind)
    check_shape(first, queries, "N", "D")
    check_some(first, queries, "feature", 1)
    check_floats(second, items, kind, queries.dtype, first)
    check_shape(second, items, "M", queries.shape[1])


def check_pairs(
    images: Tensor, texts: Tensor, positives: Tensor | None = None, kind: type | None = None
) -> None:
    """Raise unless both are floats (B, D) of one dtype, B and D at least 1, and positives None or
    boolean (B, B).

    >>> import numpy as np
    >>> check_pairs(np.ones((2, 3)), np.ones((4, 3)))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: texts: expected (2, 3), got (4, 3)
    """
    check_vectors(images, texts, kind, ("images", "texts"))
    check_some("images", images, "row", 0)
    check_shape("texts", texts, *images.shape)
    if positives is not None:
        check_truths("positives", positives, "a right answer", kind)
        check_shape("positives", positives, images.shape[0], images.shape[0])


def check_temperature(temperature: Tensor | float, kind: type | None = None) -> None:
    """Raise unless this is a positive number, or an array of floats with no axis.

    >>> check_temperature(0.0)
    Traceback (most recent call last):
        ...
    ValueError: temperature: expected a positive number, got 0.0
    """
    if is_number(temperature) or not hasattr(temperature, "shape"):
        check_scale(temperature=temperature)
        return
    check_array("temperature", temperature, kind)
    check_floats("temperature", temperature, kind)
    check_shape("temperature", temperature)
