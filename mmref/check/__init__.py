"""Exercises that answer back.

``check(answer, exercise)`` runs a reader's own function or class on difficult inputs, beside
the reference, and says what differs first, where, and what to think about; never the solution.
``exercises()`` lists what there is; a ``Tally`` counts what was passed.

>>> from mmref.check import check
>>> check(lambda variances: 1 / variances, "inverse_variance_weights")
inverse_variance_weights: not yet
  case: three variances
  result[0] (modality 0): expected 0.6316, got 2
  hint: The weights must sum to 1.
"""

import re
import tempfile
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from mmref.check._call import Difference
from mmref.check._judge import judge
from mmref.check._registry import NAMES, load
from mmref.check._tally import Tally
from mmref.contract.settings import check_choice

__all__ = ["Result", "Tally", "check", "exercises"]


@dataclass(frozen=True, repr=False)
class Result:
    """What came of a check: true if passed, displayed as its message.

    exercise: its name. passed: whether every case agreed. message: one to eight lines of text.
    """

    exercise: str
    passed: bool
    message: str

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        return self.message


class Listing(dict):
    """A mapping from name to text, displayed one after the other."""

    def __repr__(self) -> str:
        return "\n".join(self.values())


def check(answer: Callable, exercise: str) -> Result:
    """Compare ``answer`` with the reference and say what differs first.

    Args
        answer: the reader's function or class itself, not a call of it.
        exercise: a name listed by :func:`exercises`.

    Returns
        A :class:`Result`: display it, or ``assert check(...)``. Whatever the answer does wrong,
        an exception in it included, is told in the result and not raised.

    Errors
        ChoiceError: no exercise has that name.

    >>> def inverse_variance_weights(variances):
    ...     precision = 1 / variances
    ...     return precision / precision.sum()
    >>> check(inverse_variance_weights, "inverse_variance_weights")
    inverse_variance_weights: passed (7 cases)
    """
    check_choice("exercise", exercise, tuple(NAMES))
    try:
        summary = judge(load(exercise), answer)
    except Difference as difference:
        told = _wrap(*difference.lines())
        return Result(exercise, False, f"{exercise}: not yet\n{told}")
    return Result(exercise, True, f"{exercise}: passed ({summary})")


def exercises() -> Listing:
    """Every exercise: a mapping from its name to its signature and statement, to be printed.

    >>> print(exercises()["inverse_variance_weights"])
    inverse_variance_weights(variances)
        variances (M,) of independent unbiased estimates; returns the weights (M,), summing to
        1, whose combination has the least variance. NumPy arrays in, NumPy arrays out.
    """
    return Listing((name, load(name).describe()) for name in NAMES)


def _wrap(*lines, indent="  "):
    # A folder made for an exercise has another name each time.
    passing = re.compile(re.escape(tempfile.gettempdir()) + r"[\\/]\w+")
    return "\n".join(
        textwrap.fill(
            passing.sub("...", line),
            92,
            initial_indent=indent,
            subsequent_indent=indent + "  ",
            break_on_hyphens=False,
        )
        for line in lines
    )
