"""What the networks whose weights others trained ask, in one place for both frameworks."""

from collections.abc import Sequence

from mmref.contract.arrays import known
from mmref.contract.settings import check_count, check_counts, check_kind
from mmref.errors import ShapeError

# Of each stage: how much wider the blocks are inside, their kernel, the first one's stride, the
# channels that come out, and how many blocks.
LITE0 = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
STEM, LITE0_DIM = 32, 1280
EPSILON, KEPT = 1e-3, 0.99  # of batch norm: how much of the running statistics a step keeps
# Pixels from 0 to 1 become (255 x - 127) / 128, as they were in training.
SCALE, SHIFT = 255 / 128, -127 / 128


def blocks_of(
    stages: Sequence[Sequence[int]], inside: int = STEM
) -> list[tuple[int, int, int, int, int]]:
    """(channels in, channels out, expansion, kernel, stride) of each block; raises unless a stage
    is five numbers, at least 1.

    >>> blocks_of(((6, 5, 2, 40, 2),), 24)
    [(24, 40, 6, 5, 2), (40, 40, 6, 5, 1)]
    """
    check_kind("stages", stages, (list, tuple), "a list or tuple of stages")
    blocks = []
    for i, stage in enumerate(stages):
        if not isinstance(stage, list | tuple) or len(stage) != 5:
            expected = "(expansion, kernel, stride, channels, blocks)"
            raise ShapeError(f"stages[{i}]", expected, repr(stage))
        for j, number in enumerate(stage):
            check_count(f"stages[{i}][{j}]", number)
        expansion, kernel, stride, channels, count = stage
        for n in range(count):
            blocks.append((inside, channels, expansion, kernel, stride if n == 0 else 1))
            inside = channels
    if not blocks:
        raise ShapeError("stages", "at least one stage", tuple(stages))
    return blocks


def check_lite(dim: int, classes: int | None) -> None:
    """Raise unless both are counts; ``classes`` may be None."""
    check_counts(dim=dim)
    if classes is not None:
        check_counts(classes=classes)


def check_longest(steps: int | None, longest: int) -> None:
    """Raise if texts have more tokens than there are positions.

    >>> check_longest(600, 512)
    Traceback (most recent call last):
        ...
    ValueError: ids: expected at most 512 tokens a text, got 600
    """
    if steps is not None and known(steps) and steps > longest:
        raise ValueError(f"ids: expected at most {longest} tokens a text, got {steps}")
