"""What was wrong with a folder: raised at once, or counted and kept by name."""

import copy
import warnings
from collections.abc import Mapping
from typing import Self

from mmref.contract.settings import check_choice
from mmref.errors import DataError

ON_ERROR = ("error", "skip")
SHARE = 0.05  # more than that of all rows is not left out without a warning


class Report:
    """Counts and names of everything that a loader left out, one entry for each row.

    on_error: "error" raises the first problem; "skip" notes it and goes on.
    skipped: of each kind of problem, the rows that are gone, or their images.
    absent: of each modality, the rows that were kept without it.
    problems: how many rows are gone that should not be: those left out for a reason known
        beforehand, as images of a published set that is in none of its splits, are not counted.

    >>> report = Report("skip")
    >>> report.problem(DataError("cat.png", "missing file", "not found in photos"))
    >>> report.counts
    {'missing file': 1}
    >>> print(report)
    1 left out
      missing file: 1 (cat.png)
    """

    def __init__(self, on_error: str = "error") -> None:
        check_choice("on_error", on_error, ON_ERROR)
        self.on_error = on_error
        self.skipped: dict[str, list[str]] = {}
        self.absent: dict[str, list[str]] = {}
        self.problems = 0

    def problem(self, error: DataError) -> None:
        """Raise the error, or note its name under its kind, and the cell where it is one's."""
        if self.on_error == "error":
            raise error
        self.problems += 1
        name = f"{error.name}: {error.cell}" if error.cell else error.name
        self.note(error.kind or "unknown", name)

    def note(self, kind: str, name: str) -> None:
        """Count what is left out for a known reason, whatever ``on_error`` says."""
        self.skipped.setdefault(kind, []).append(str(name))

    def kept(self, modality: str, name: str) -> None:
        """Count a row that is kept without this modality."""
        self.absent.setdefault(modality, []).append(str(name))

    def again(self, on_error: str) -> Self:
        """A report that begins with what is in this one."""
        check_choice("on_error", on_error, ON_ERROR)
        report = copy.deepcopy(self)
        report.on_error = on_error
        return report

    def warn(self, good: int) -> None:
        """Warn, with the kinds, where more than a twentieth of all rows is gone."""
        total = good + self.problems
        if self.problems > SHARE * total:
            share = f"{100 * self.problems / total:.0f} %"
            what = f"{self.problems} of {total} rows ({share}) are left out"
            warnings.warn(f"{what}: {'; '.join(_lines(self.skipped))}", UserWarning, stacklevel=2)

    @property
    def counts(self) -> dict[str, int]:
        """How many were left out for each reason."""
        return {kind: len(names) for kind, names in self.skipped.items()}

    def __str__(self) -> str:
        lines = [f"{sum(self.counts.values())} left out", *_lines(self.skipped, "  ")]
        if self.absent:
            lines += ["kept without", *_lines(self.absent, "  ")]
        return "\n".join(lines)


def _lines(noted: Mapping[str, list[str]], start: str = "") -> list[str]:
    """Each kind with its number and the first three names."""
    lines = []
    for kind, names in noted.items():
        distinct = list(dict.fromkeys(names))
        shown = ", ".join(distinct[:3]) + (", ..." if len(distinct) > 3 else "")
        lines.append(f"{start}{kind}: {len(names)} ({shown})")
    return lines
