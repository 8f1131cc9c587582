"""Which exercises a reader has passed, kept in a file of the reader's own if one is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mmref.check._registry import NAMES, load
from mmref.contract.settings import check_choice
from mmref.data._files import check_path
from mmref.data.text._files import read_json, write_json

if TYPE_CHECKING:
    from mmref.check import Result


class Tally:
    """What a reader has passed, of all exercises.

    Args
        path: a JSON file of the reader's own, read if it is there and written whenever an exercise
            is passed; ``~`` is the home folder. Without it nothing is kept.

    Errors
        TypeError: ``path`` is no path. DataError: the file is not a tally.

    >>> tally = Tally()
    >>> tally.check(lambda variances: 1 / variances, "inverse_variance_weights").passed
    False
    >>> tally.check(lambda v: 1 / v / (1 / v).sum(), "inverse_variance_weights")
    inverse_variance_weights: passed (7 cases)
    >>> tally.passed
    ['inverse_variance_weights']
    >>> print(tally.next("estimation"))
    minimum_variance_weights(covariance)
        covariance (M, M) of the errors of unbiased estimates, symmetric and positive definite;
        returns the weights (M,), summing to 1, whose combination has the least variance. NumPy
        arrays in, NumPy arrays out.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self._path, self._passed = None, set()
        if path is not None:
            check_path("path", path)
            self._path = Path(path).expanduser()
            if self._path.exists():
                self._passed = set(map(str, read_json(self._path, {"passed": list})["passed"]))

    def check(self, answer: Callable, exercise: str) -> Result:
        """As :func:`mmref.check.check`, and counted once it is passed."""
        from mmref.check import check  # which offers this class

        result = check(answer, exercise)
        if result:
            self._passed.add(exercise)
            if self._path is not None:
                write_json(self._path, {"passed": sorted(self._passed)})
        return result

    @property
    def passed(self) -> list[str]:
        """The names of the exercises that were passed, by family."""
        return [name for name in NAMES if name in self._passed]

    def next(self, family: str | None = None) -> str:
        """The first exercise that is not passed, of a family or of all, to be printed."""
        if family is not None:
            check_choice("family", family, tuple(dict.fromkeys(NAMES.values())))
        for name, its in NAMES.items():
            if name not in self._passed and family in (None, its):
                return load(name).describe()
        return "All passed."

    def __repr__(self) -> str:
        lines = [f"{len(self.passed)} of {len(NAMES)} passed"]
        for family in dict.fromkeys(NAMES.values()):
            names = [name for name, its in NAMES.items() if its == family]
            marks = "".join("#" if name in self._passed else "." for name in names)
            lines.append(f"{family:<16} {marks}")
        return "\n".join(lines)
