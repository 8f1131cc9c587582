"""What losses of several tasks ask of their arguments, in one place for all three wings.

Whether numbers are finite is not looked at: they may be on an accelerator.
"""

from collections.abc import Sequence

from mmref.contract.arrays import check_floats, check_shape, check_some, check_truths
from mmref.contract.settings import check_choice, check_count, check_kind, text_list
from mmref.errors import ShapeError
from mmref.types import DType, Tensor

# What stands before exp(-s) L: a Gaussian's 1 / (2 sigma^2), a softmax's 1 / sigma^2.
FACTORS = {"regression": 0.5, "classification": 1.0}


def check_task_losses(losses: Tensor, labelled: Tensor, kind: type | None = None) -> None:
    """Raise unless ``losses`` are floats (B, K), K at least 1, and ``labelled`` boolean (B, K).

    >>> import numpy as np
    >>> check_task_losses(np.ones((2, 3)), np.ones((2, 1), bool))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: labelled: expected (B, K) = (2, 3), got (2, 1)
    """
    check_floats("losses", losses, kind)
    check_shape("losses", losses, "B", "K")
    check_some("losses", losses, "task", 1)
    check_truths("labelled", labelled, "has a label", kind)
    check_shape("labelled", labelled, B=losses.shape[0], K=losses.shape[1])


def kinds_of(kinds: Sequence[str]) -> tuple[str, ...]:
    """The kinds of the tasks; raises unless each is "regression" or "classification".

    >>> kinds_of(["regression", "ranking"])
    Traceback (most recent call last):
        ...
    mmref.errors.ChoiceError: kinds[1]: expected one of 'regression', 'classification'; got \
'ranking'
    """
    found = text_list("kinds", kinds)
    for i, one in enumerate(found):
        check_choice(f"kinds[{i}]", one, tuple(FACTORS))
    if not found:
        raise ShapeError("kinds", "at least one task", found)
    return tuple(found)


def check_weighting(
    losses: Tensor,
    count: int,
    present: Tensor | None = None,
    kind: type | None = None,
    dtype: DType | None = None,
) -> None:
    """Raise unless ``losses`` are floats (K,) for ``count`` tasks, ``present`` boolean or None.

    >>> import numpy as np
    >>> check_weighting(np.ones(3), 2)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: losses: expected (2,), got (3,)
    """
    check_floats("losses", losses, kind, dtype)
    check_shape("losses", losses, count)
    if present is not None:
        check_truths("present", present, "there", kind)
        check_shape("present", present, count)


def order_of(
    gradients: Tensor, order: Sequence[int] | None = None, kind: type | None = None
) -> tuple[int, ...]:
    """The order of the tasks; raises unless ``gradients`` are floats (K, P), both at least 1, and
    ``order`` has 0 to K - 1, each once; None is that order itself.

    >>> import numpy as np
    >>> order_of(np.ones((2, 3)), (1, 1))
    Traceback (most recent call last):
        ...
    ValueError: order: expected the numbers 0 to 1, each once, got (1, 1)
    """
    check_floats("gradients", gradients, kind)
    check_shape("gradients", gradients, "K", "P")
    check_some("gradients", gradients, "task and one parameter")
    count = gradients.shape[0]
    if order is None:
        return tuple(range(count))
    check_kind("order", order, (list, tuple), "a list or tuple of integers")
    for i, task in enumerate(order):
        check_count(f"order[{i}]", task, 0)
    if sorted(order) != list(range(count)):
        expected = f"the numbers 0 to {count - 1}, each once"
        raise ValueError(f"order: expected {expected}, got {tuple(order)}")
    return tuple(order)
