"""What belongs to a family of operations, and a pytest plugin that runs nothing else.

A family is a file or folder of ``mmref/reference``, such as ``fusion``. Its tests are its folder
in ``tests/``, and those of other folders whose parameters name the family or one of its
operations, as a function or as a class: what is asked of every formula, layer and exercise. The
examples in its docstrings are its own, and so is a notebook by its path, or when it derives a
formula, sets an exercise or shows code of the family.

    pytest --only=fusion --only=tests/data/test_pairs.py    # families, and paths
"""

import ast
import functools
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from scripts.notebooks import ROOT, chapters, stored

REFERENCE = ROOT / "mmref" / "reference"
# In a chapter's text: the label that closes a numbered formula, and the name of an exercise.
NAMED = re.compile(r"^\$\$ \((.+)\)$|\bcheck\(\w+, \"(\w+)\"\)", re.M)


@functools.cache
def families() -> list[str]:
    """The families' names."""
    files = {path.stem for path in REFERENCE.glob("[a-z]*.py")}
    return sorted(files | {path.parent.name for path in REFERENCE.glob("[a-z]*/__init__.py")})


def files_of(family: str, folder: Path = REFERENCE) -> list[Path]:
    """The files of a family in a folder of the package."""
    path = folder / f"{family}.py"
    return [path] if path.is_file() else sorted((folder / family).glob("[a-z]*.py"))


def operations(family: str) -> list[str]:
    """The functions of a family's reference."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in files_of(family)]
    nodes = [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [node.name for node in nodes if not node.name.startswith("_")]


@functools.cache
def _words(family: str) -> re.Pattern:
    words = "|".join([family, *operations(family)]).replace("_", "_?")
    return re.compile(rf"(?<![a-z0-9])({words})(?![a-z0-9])", re.I)


def belongs(name: str, family: str) -> bool:
    """Whether a test has to do with a family, or a file of the package or the book.

    >>> belongs("tests/concordance/test_registry.py::test_value[weighted_fusion-torch]", "fusion")
    True
    >>> belongs("tests/fusion/test_errors.py::test_value", "fusion")
    True
    >>> belongs("tests/diffusion/test_noise.py::test_value", "fusion")
    False
    """
    if name.startswith("tests/"):
        if name.startswith(f"tests/{family}/"):
            return True
        name = name.partition("[")[2]
    return _words(family).search(name) is not None


@functools.cache
def notebooks_of(family: str) -> list[str]:
    """The notebooks about a family."""
    paths = {text: stored(text).relative_to(ROOT).as_posix() for text in chapters()}
    return [
        path
        for text, path in paths.items()
        if belongs(path, family) or is_about(text.read_text(encoding="utf-8"), family)
    ]


def is_about(text: str, family: str) -> bool:
    """Whether a chapter derives a formula of a family, sets an exercise of it or shows its code."""
    names = ["".join(found).replace("-", "_") for found in NAMED.findall(text)]
    # lstm-gradient is the family's, two-input-lstm is not.
    return f".{family}." in text or any(map(_words(family).match, names))


def selected(name: str, only: Iterable[str]) -> bool:
    """Whether the name of a test says that it is among what was asked for."""
    for asked in only:
        paths = notebooks_of(asked) if asked in families() else [asked]
        if any(at(name, path) for path in paths):
            return True
        if asked in families() and ".ipynb" not in name and belongs(name, asked):
            return True
    return False


def at(name: str, path: str) -> bool:
    """Whether a test lies in a file or folder, or is about the notebook at the path."""
    if path.endswith(".ipynb"):
        return path.removesuffix(".ipynb") in name
    return name == path or name.startswith((f"{path}/", f"{path}::"))


# ---- the plugin ----


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--only", action="append", default=[], help="a family, or a path; repeatable")


def pytest_configure(config: pytest.Config) -> None:
    for asked in config.getoption("only"):
        if asked not in families() and not (ROOT / asked).exists():
            known = ", ".join(families())
            raise pytest.UsageError(f"{asked}: no such path, and no family; those are {known}")


def pytest_report_header(config: pytest.Config) -> list[str]:
    """What runs, and why."""
    lines = []
    for asked in config.getoption("only"):
        if asked in families():
            names = ", ".join([asked, *operations(asked)])
            lines.append(f"only {asked}: what is of {names}; {' '.join(notebooks_of(asked))}")
        else:
            lines.append(f"only {asked}")
    return lines


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if only := config.getoption("only"):
        items[:] = [item for item in items if selected(item.nodeid, only)]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A stage may have nothing of a family."""
    nothing = session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED
    if nothing and session.config.getoption("only"):
        session.exitstatus = pytest.ExitCode.OK
