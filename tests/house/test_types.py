"""What is public says what it takes and gives; ``make lint`` checks that this is true."""

import ast
import subprocess
import sys

import pytest


def public_functions(tree: ast.Module):
    """(qualified name, definition) of a module's functions and its classes' methods.

    A leading underscore makes private; ``__init__`` and its like are the language's own names.
    """
    waiting = [("", node) for node in tree.body]
    for prefix, node in waiting:
        name = getattr(node, "name", "_")
        if name.startswith("_") and not name.endswith("__"):
            continue
        if isinstance(node, ast.ClassDef):
            waiting += [(f"{name}.", inner) for inner in node.body]
        elif isinstance(node, ast.FunctionDef):
            yield prefix + name, node


def without_type(function: ast.FunctionDef) -> list[str]:
    """The arguments that lack a type, and "return" where the result does."""
    given = function.args
    arguments = [*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg]
    bare = [a.arg for a in arguments if a is not None and a.annotation is None]
    return [a for a in bare if a not in ("self", "cls")] + ["return"] * (function.returns is None)


def modules(root):
    """The package's files, without the exercises: what is public there is EXERCISE, and the
    functions beside it are data, its cases and mistakes."""
    exercises = {*(root / "mmref" / "check").glob("*/*.py")}
    return sorted({*(root / "mmref").rglob("*.py")} - exercises)


def test_everything_public_has_types(root):
    count, missing = 0, []
    for path in modules(root):
        for name, function in public_functions(ast.parse(path.read_text(encoding="utf-8"))):
            count += 1
            if bare := without_type(function):
                missing.append(f"{path.relative_to(root)}: {name}: {', '.join(bare)}")
    assert count > 600
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("def f(x: int) -> int: ...", []),
        ("def f(x) -> int: ...", ["x"]),
        ("def f(x: int): ...", ["return"]),
        ("def f(*x, **y) -> None: ...", ["x", "y"]),
        ("def f(*, x, y: int) -> None: ...", ["x"]),
        ("class A:\n def forward(self, x) -> int: ...", ["x"]),
        ("class A:\n def __init__(self): ...", ["return"]),
        ("class A:\n def _step(self, x): ...", []),
        ("class _A:\n def step(self, x): ...", []),
        ("def f() -> None:\n def g(x): ...", []),
    ],
)
def test_what_lacks_a_type_is_found(source, missing):
    found = [without_type(function) for _, function in public_functions(ast.parse(source))]
    assert sum(found, []) == missing


WRONG = {
    "argument": "from mmref.reference.softmax import masked_softmax\nmasked_softmax('scores')",
    "result": "from mmref.contract.convolution import Window\nWindow(3).place(8, 8) + 1",
    "layer": "from mmref.torch.attention import AdditiveAttention\nAdditiveAttention('4', 4, 8)",
}


def test_the_checker_finds_wrong_types(root, tmp_path):
    """It would find nothing if it took everything for Any."""
    for name, source in WRONG.items():
        (tmp_path / f"wrong_{name}.py").write_text(source)
    command = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml"]
    found = subprocess.run(
        [*command, *tmp_path.glob("*.py")], cwd=root, capture_output=True, text=True
    )
    errors = [line for line in found.stdout.splitlines() if " error: " in line]
    for name in WRONG:
        assert any(f"wrong_{name}.py:2: error:" in line for line in errors), (name, errors)
