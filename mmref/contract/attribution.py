"""What credit for parts of an input asks of its arguments, in one place for all three wings.

A coalition is a set of modalities. Of M there are 2^M, in this order: modality i belongs to
coalition number n where bit i of n is 1. So number 0 is nobody, number 2^M - 1 everybody.
"""

from collections.abc import Mapping
from math import factorial
from typing import Any

import numpy as np

from mmref.contract.arrays import (
    alike,
    check_floats,
    check_same,
    check_shape,
    check_some,
)
from mmref.contract.settings import check_count, check_mapping
from mmref.errors import ShapeError
from mmref.types import Array, Layer, Tensor

MOST = 10  # modalities: beyond, 2^M calls of a model are too many, and one samples


def coalitions_of(count: int) -> Array:
    """Who belongs to each coalition of ``count`` modalities: (2^M, M) boolean, True = there.

    >>> coalitions_of(2).astype(int).tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    check_count("modalities", count)
    if count > MOST:
        raise ValueError(f"modalities: expected an integer, at most {MOST}, got {count!r}")
    return (np.arange(2**count)[:, None] >> np.arange(count)) % 2 == 1


def shapley_weights(count: int) -> Array:
    """What each coalition's value counts for each of M modalities: (M, 2^M) float64.

    (|S| - 1)! (M - |S|)! / M! for a coalition S with the modality, -|S|! (M - |S| - 1)! / M! for
    one without: how often it stands just after, or just before, the modality joins.

    >>> shapley_weights(2)
    array([[-0.5,  0.5, -0.5,  0.5],
           [-0.5, -0.5,  0.5,  0.5]])
    """
    there = coalitions_of(count)
    shares = [factorial(k) * factorial(count - k - 1) / factorial(count) for k in range(count)]
    size = there.sum(axis=1)
    joined, not_yet = np.take(shares, size - 1), -np.take(shares, np.minimum(size, count - 1))
    return np.where(there.T, joined, not_yet)


def modalities_of(values: Tensor, kind: type | None = None) -> int:
    """M; raises unless ``values`` are floats (B, 2^M), M from 1 to 10.

    >>> modalities_of(np.ones((1, 6)))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: values: expected (B, 2^M) for M from 1 to 10, got (1, 6)
    """
    check_floats("values", values, kind)
    check_shape("values", values, "B", "2^M")
    width = values.shape[1]
    count = width.bit_length() - 1
    if width != 2**count or not 1 <= count <= MOST:
        expected = f"(B, 2^M) for M from 1 to {MOST}"
        raise ShapeError("values", expected, tuple(values.shape))
    return count


def check_fusion_model(model: Layer, inputs: Any) -> list[str]:
    """The names of a model's modalities; raises unless it has a fusion of them, and ``inputs`` is
    a mapping."""
    dims = getattr(getattr(model, "fusion", None), "dims", None)
    if not isinstance(dims, Mapping) or not hasattr(model, "present"):
        expected = "a model of several modalities, such as FusionClassifier"
        raise TypeError(f"model: expected {expected}, got {type(model).__name__}")
    check_mapping("inputs", inputs)
    return list(dims)


def check_maps(activations: Tensor, slopes: Tensor, kind: type | None = None) -> None:
    """Raise unless both are floats of one shape, four axes, each with something in it.

    >>> check_maps(np.ones((2, 3, 4, 4)), np.ones((2, 3, 4, 5)))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: slopes: expected (2, 3, 4, 4) as activations, got (2, 3, 4, 5)
    """
    check_same(kind, activations=activations, slopes=slopes)
    check_shape("activations", activations, "B", None, None, None)
    check_some("activations", activations, "channel, row and column", 1, 2, 3)


def check_path(inputs: Tensor, baselines: Tensor, steps: int, kind: type | None = None) -> None:
    """Raise unless both ends are floats (B, ...) of one shape, and ``steps`` a count.

    >>> check_path(np.ones((2, 3)), np.ones(3), 8)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: baselines: expected (2, 3) as inputs, got (3,)
    """
    check_same(kind, inputs=inputs, baselines=baselines)
    check_shape("inputs", inputs, "B", "D", "...")
    check_count("steps", steps)


def check_score(scores: Any, batch: int | None, kind: type | None = None) -> None:
    """Raise unless a model gave one number for each example, (B,).

    >>> check_score(np.ones((5, 2)), 5)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: score(x): expected (5,), got (5, 2)
    """
    check_floats("score(x)", scores, kind)
    if not alike((batch,), tuple(scores.shape)):
        n = "B" if batch is None else batch
        raise ShapeError("score(x)", f"({n},)", tuple(scores.shape))
