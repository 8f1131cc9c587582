"""Where PyTorch and Keras differ: each difference observed in the versions that are installed.

A difference is one entry: two small programs, one for each framework, what they returned, what
follows and what to do. The book's page is written from the registry by
``python -m scripts.differences``, and the tests run every program. To add one, add its two programs
and its entry to the file of its group.
"""

import mmref.keras  # noqa: F401  before keras, which then starts quietly
from mmref.concordance.differences import (
    attention,
    convolution,
    initialization,
    losses,
    normalization,
    optimizers,
    recurrence,
    statistics,
)
from mmref.concordance.differences.difference import Difference, Group, Side, draw, rounded

GROUPS = tuple(
    family.GROUP
    for family in (
        convolution,
        recurrence,
        attention,
        normalization,
        initialization,
        optimizers,
        losses,
        statistics,
    )
)

__all__ = ["GROUPS", "Difference", "Group", "Side", "draw", "rounded"]
