"""What was wrong with a folder: raised at once, or counted and kept by name."""

from mmref.contract.settings import check_choice
from mmref.errors import DataError

ON_ERROR = ("error", "skip")


class Report:
    """Counts and names of everything that a loader left out, one entry for each row.

    on_error: "error" raises the first problem; "skip" notes it and goes on.

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
        self.skipped: dict[str, list[str]] = {}  # kind -> names of rows or of their images

    def problem(self, error: DataError) -> None:
        """Raise the error, or note its name under its kind."""
        if self.on_error == "error":
            raise error
        self.note(error.kind or "unknown", error.name)

    def note(self, kind: str, name: str) -> None:
        """Count what is left out for a known reason, whatever ``on_error`` says."""
        self.skipped.setdefault(kind, []).append(str(name))

    @property
    def counts(self) -> dict[str, int]:
        """How many were left out for each reason."""
        return {kind: len(names) for kind, names in self.skipped.items()}

    def __str__(self) -> str:
        lines = [f"{sum(self.counts.values())} left out"]
        for kind, names in self.skipped.items():
            distinct = list(dict.fromkeys(names))
            shown = ", ".join(distinct[:3]) + (", ..." if len(distinct) > 3 else "")
            lines.append(f"  {kind}: {len(names)} ({shown})")
        return "\n".join(lines)
