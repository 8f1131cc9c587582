"""Where PyTorch and Keras differ: each difference observed in the versions that are installed.

A difference is one entry: two small programs, one for each framework, what they returned, what
follows and what to do. The book's page is written from the registry by
``python -m scripts.differences``, and the tests run every program.

A group has a folder, its ``__init__.py`` the order of the page. To add a difference, write its two
programs and its entry into the file of its topic, and name the entry in the group's order.
"""

import mmref.keras  # noqa: F401  before keras, which then starts quietly
from book.differences import (
    attention,
    convolution,
    initialization,
    losses,
    normalization,
    optimizers,
    recurrence,
    sounds,
    statistics,
)

GROUPS = (
    convolution.GROUP,
    recurrence.GROUP,
    attention.GROUP,
    normalization.GROUP,
    initialization.GROUP,
    optimizers.GROUP,
    losses.GROUP,
    sounds.GROUP,
    statistics.GROUP,
)

__all__ = ["GROUPS"]
