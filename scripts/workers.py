"""A pytest plugin: how many processes run the tests, on how many threads, in which order.

Each process computes on one thread: two of PyTorch's on two busy cores can be ten times slower
than one. A notebook is run whole by one process, and the longest start first, so that no core
idles at the end. What each took is printed, and judged by nobody: seconds are for ``make bench``.
"""

import functools
import os
from collections import Counter
from pathlib import Path

import pytest

from scripts.notebooks import THREADS, cores, read_stored

# Before NumPy and the frameworks are loaded, which look once; the processes inherit it, and the
# kernels of notebooks from them.
os.environ |= dict.fromkeys(THREADS, "1")

GB_EACH = 3  # of memory: a process with both frameworks, and its notebook's kernel with both


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """What ``-n auto`` means."""
    return processes(cores(), os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


def processes(cores: int, memory: int) -> int:
    """One for each core, as far as the bytes of memory suffice."""
    return max(1, min(cores, memory // (GB_EACH * 10**9)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest notebooks first, then files of tests marked ``long``, then those of many."""
    tests = Counter(item.path for item in items)
    items.sort(
        key=lambda item: (
            -seconds(item.path),
            item.get_closest_marker("long") is None,
            -tests[item.path],
        )
    )


def pytest_collectstart(collector: pytest.Collector) -> None:
    """What a cell writes to stderr as it runs again is not compared.

    No stored cell has any (a rule of the notebooks); what a busy machine adds, such as Matplotlib's
    word that its first list of fonts takes a while, says nothing about a result.
    """
    if collector.path.suffix == ".ipynb" and hasattr(collector, "skip_compare"):
        collector.skip_compare += ("stderr",)


@functools.cache
def seconds(path: Path) -> float:
    """What a notebook took when it was stored; 0 for a file of tests."""
    if path.suffix != ".ipynb":
        return 0.0
    return read_stored(path).metadata.mmref.last_run.seconds


class NotebookSeconds:
    """Adds up the time of each notebook's cells, and prints the sums."""

    def __init__(self):
        self.seconds: dict[str, float] = {}

    def pytest_runtest_logreport(self, report) -> None:
        path = report.nodeid.split("::")[0]
        if path.endswith(".ipynb"):
            self.seconds[path] = self.seconds.get(path, 0.0) + report.duration

    def pytest_terminal_summary(self, terminalreporter) -> None:
        if self.seconds:
            terminalreporter.section("seconds per notebook")
        for path, spent in sorted(self.seconds.items(), key=lambda pair: -pair[1]):
            terminalreporter.line(f"{spent:8.1f}  {path}")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(NotebookSeconds())
