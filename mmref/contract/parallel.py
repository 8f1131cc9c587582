"""What training on several workers asks of its arguments, in one place for all three wings.

Whether numbers of arrays are finite is not looked at: they may be on an accelerator.
"""

from collections.abc import Sequence

from mmref.contract.arrays import check_floats, check_shape, check_some
from mmref.contract.settings import check_count, check_kind
from mmref.errors import ShapeError
from mmref.types import Tensor


def check_counts_of_workers(counts: Sequence[int]) -> None:
    """Raise unless ``counts`` are whole numbers, 0 or more, and some of them is more.

    >>> check_counts_of_workers((3, -1))
    Traceback (most recent call last):
        ...
    ValueError: counts[1]: expected an integer, at least 0, got -1
    """
    check_kind("counts", counts, (list, tuple), "a list or tuple of integers")
    for i, one in enumerate(counts):
        check_count(f"counts[{i}]", one, 0)
    if not sum(counts):
        raise ValueError(f"counts: expected at least one row, got {counts!r}")


def shares_of(
    gradients: Tensor, counts: Sequence[int], kind: type | None = None
) -> tuple[float, ...]:
    """Each worker's share of the rows; raises unless ``gradients`` are floats (P, ...), P at least
    1, and ``counts`` P numbers of rows, not all 0.

    >>> import numpy as np
    >>> shares_of(np.ones((2, 3)), (3, 1))
    (0.75, 0.25)
    """
    check_floats("gradients", gradients, kind)
    if not len(gradients.shape):
        raise ShapeError("gradients", "(P, ...)", ())
    check_some("gradients", gradients, "worker", 0)
    return _shares(counts, gradients.shape[0])


def shares_of_statistics(
    means: Tensor, variances: Tensor, counts: Sequence[int], kind: type | None = None
) -> tuple[float, ...]:
    """Each worker's share of the rows; raises unless ``means`` are floats (P, C), P at least 1,
    ``variances`` floats like them, and ``counts`` P numbers of rows, not all 0.

    >>> import numpy as np
    >>> shares_of_statistics(np.ones((2, 3)), np.ones((2, 3)), (3, 1, 1))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: counts: expected one for each of 2 workers, got 3 of them
    """
    check_floats("means", means, kind)
    check_shape("means", means, "P", "C")
    check_some("means", means, "worker", 0)
    check_floats("variances", variances, kind, means.dtype, "in means")
    check_shape("variances", variances, P=means.shape[0], C=means.shape[1])
    return _shares(counts, means.shape[0])


def check_ring(arrays: Tensor, kind: type | None = None) -> None:
    """Raise unless ``arrays`` are floats (P, D), P at least 1.

    >>> import numpy as np
    >>> check_ring(np.ones(3))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: arrays: expected (P, D), got (3,)
    """
    check_floats("arrays", arrays, kind)
    check_shape("arrays", arrays, "P", "D")
    check_some("arrays", arrays, "worker", 0)


def pieces_of(workers: int, length: int) -> tuple[tuple[int, int], ...]:
    """Where a vector of this length is cut for a ring of so many: P pairs (begin, end), whose
    lengths differ by 1 at most, the longer ones first.

    >>> pieces_of(3, 7)
    ((0, 3), (3, 5), (5, 7))
    """
    least, more = divmod(length, workers)
    ends = [(p + 1) * least + min(p + 1, more) for p in range(workers)]
    return tuple(zip([0, *ends[:-1]], ends, strict=True))


def _shares(counts, workers):
    check_counts_of_workers(counts)
    if len(counts) != workers:
        raise ShapeError("counts", f"one for each of {workers} workers", f"{len(counts)} of them")
    rows = sum(counts)
    return tuple(count / rows for count in counts)
