"""What studies share: rows that are added one at a time, and where they were computed."""

import csv
import os
import platform
import time
from importlib.metadata import version


def append(path, fields, row):
    """Add one row; the file is opened for each, so that runs can share it."""
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, fields, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow({k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()})
    print({k: row[k] for k in fields if k in row}, flush=True)


def rows(path):
    """The rows that are there, all values as text."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def is_done(path, key, row):
    """Whether the file has the row of this key."""
    return any(all(old[k] == str(row[k]) for k in key) for old in rows(path))


def machine(*packages):
    """Where and with what: the beginning of what a study stores beside its rows."""
    return {
        "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        **{p: version(p) for p in ("numpy", "torch", "keras", "tensorflow-cpu", *packages)},
        "device": f"CPU, {os.cpu_count()} cores, one thread a run",
    }
