"""How the tests run in several processes."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts import notebooks, workers


@pytest.mark.parametrize(
    ("cores", "gb", "expected"), [(2, 24, 2), (16, 24, 8), (2, 5, 1), (4, 1, 1), (1, 64, 1)]
)
def test_a_process_for_each_core_as_far_as_the_memory_goes(cores, gb, expected):
    assert workers.processes(cores, gb * 10**9) == expected


def test_each_process_computes_on_one_thread():
    """Importing the plugin is enough, and the processes and kernels started later inherit it."""
    assert {os.environ[name] for name in notebooks.THREADS} == {"1"}


def item(path, number, *marks):
    found = dict.fromkeys(marks, True).get
    return SimpleNamespace(path=path, number=number, get_closest_marker=found)


def test_the_longest_notebook_starts_first():
    paths = [notebooks.stored(path) for path in notebooks.chapters()]
    cells = [item(path, n) for path in paths for n in range(3)]
    items = [item(Path("test_a.py"), 0), *cells]
    workers.pytest_collection_modifyitems(items)
    spent = [workers.seconds(item.path) for item in items]
    assert spent == sorted(spent, reverse=True) and spent[0] > spent[-2] > spent[-1] == 0
    assert [item.number for item in items] == [0, 1, 2] * len(paths) + [0]  # cells stay in order


def test_files_of_long_tests_start_first_then_those_of_many():
    few, many, long = map(Path, ("test_few.py", "test_many.py", "test_long.py"))
    items = [item(few, 0), item(many, 0), item(many, 1), item(many, 2)]
    items += [item(long, 0, "long"), item(long, 1, "long")]
    workers.pytest_collection_modifyitems(items)
    assert [item.path for item in items] == [long, long, many, many, many, few]
    assert [item.number for item in items] == [0, 1, 0, 1, 2, 0]


@pytest.mark.parametrize(("name", "expected"), [("a.ipynb", ("stderr",)), ("test_a.py", ())])
def test_a_notebooks_stderr_is_not_compared(name, expected):
    collector = SimpleNamespace(path=Path(name), skip_compare=())
    workers.pytest_collectstart(collector)
    assert collector.skip_compare == expected


class Report:
    def __init__(self, nodeid, duration):
        self.nodeid, self.duration = nodeid, duration


class Terminal:
    def __init__(self):
        self.lines = []

    def section(self, text):
        self.lines.append(text)

    line = section


def test_seconds_of_notebooks_are_printed():
    plugin, terminal = workers.NotebookSeconds(), Terminal()
    for nodeid, duration in [
        ("a.ipynb::Cell 0", 1),
        ("b.ipynb::Cell 0", 5),
        ("a.ipynb::Cell 1", 2),
    ]:
        plugin.pytest_runtest_logreport(Report(nodeid, duration))
    plugin.pytest_runtest_logreport(Report("test_a.py::test_b", 9))
    plugin.pytest_terminal_summary(terminal)
    assert terminal.lines == ["seconds per notebook", "     5.0  b.ipynb", "     3.0  a.ipynb"]
