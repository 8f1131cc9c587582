"""What each part of the package may import."""

import ast
import functools
import json
import subprocess
import sys
from pathlib import Path

import pytest

FRAMEWORKS = {"torch", "keras", "tensorflow", "jax", "onnx", "sklearn", "matplotlib"}

# For each part: what it may import from outside the standard library, and what from the package.
# None means anything.
ALLOWED = {
    "reference": (
        {"numpy"},
        ("mmref.errors", "mmref.contract", "mmref.reference", "mmref.types"),
    ),
    "torch": ({"numpy", "torch", "safetensors", "tqdm"}, None),
    "keras": ({"numpy", "keras", "ml_dtypes"}, None),
}
FORBIDDEN = {  # beside what ALLOWED leaves out: the wings neither see each other nor the reference
    "reference": (),
    "torch": ("mmref.keras", "mmref.reference"),
    "keras": ("mmref.torch", "mmref.reference"),
}


def imports(path: Path, package: Path) -> set[str]:
    """The full dotted names that a file imports, inside functions too."""
    found = set()
    here = ["mmref", *path.relative_to(package).with_suffix("").parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = here[: -node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return found


def violations(part: str, package: Path) -> list[str]:
    """The imports in a part of the package that the rules do not allow."""
    outside, inside = ALLOWED[part]
    problems = []
    for path in sorted((package / part).rglob("*.py")):
        for name in sorted(imports(path, package)):
            top = name.split(".")[0]
            if top == "mmref":
                seen = [p for p in FORBIDDEN[part] if name == p or name.startswith(p + ".")]
                # `from mmref import errors` imports mmref and mmref.errors: judge the longer.
                strange = inside is not None and name != "mmref" and not name.startswith(inside)
                bad = bool(seen) or strange
            else:
                bad = top not in sys.stdlib_module_names and top not in outside
            if bad:
                problems.append(f"{path.relative_to(package)} imports {name}")
    return problems


@pytest.mark.parametrize("part", ALLOWED)
def test_every_part_imports_only_what_it_may(root, part):
    assert any((root / "mmref" / part).glob("*.py"))
    assert violations(part, root / "mmref") == []


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ("reference", "import torch"),
        ("reference", "from scipy.special import softmax"),
        ("reference", "from mmref.torch.fusion import WeightedFusion"),
        ("torch", "import keras"),
        ("torch", "def f():\n    from tensorflow import nn"),
        ("torch", "from mmref.reference import fusion"),
        ("torch", "from ..reference.fusion import weighted_fusion"),
        ("torch", "from mmref import keras"),
        ("keras", "import torch.nn as nn"),
        ("keras", "import tensorflow"),
        ("keras", "from ..torch import fusion"),
    ],
)
def test_import_rules_catch(tmp_path, part, line):
    (tmp_path / part).mkdir()
    (tmp_path / part / "fusion.py").write_text(f"import numpy as np\n{line}\n")
    assert violations(part, tmp_path)


REPORT = """
import json, sys
import {module}
print(json.dumps(sorted(sys.modules)))
"""


@functools.cache
def fresh(module: str) -> subprocess.CompletedProcess:
    """A process that imports a module and prints what is loaded then; one for all questions."""
    command = [sys.executable, "-c", REPORT.format(module=module)]
    return subprocess.run(command, capture_output=True, text=True)


def loaded(module: str) -> set[str]:
    done = fresh(module)
    assert done.returncode == 0, done.stderr
    found = set(json.loads(done.stdout.splitlines()[-1]))
    assert module in found
    return found


@pytest.mark.parametrize(
    "module",
    ["mmref", "mmref.reference.fusion", "mmref.convert", "mmref.concordance", "mmref.bundle"],
)
def test_without_a_wing_no_framework_is_loaded(module):
    assert not loaded(module) & FRAMEWORKS


@pytest.mark.parametrize(
    ("wing", "others"),
    [("torch", {"keras", "tensorflow", "mmref.keras"}), ("keras", {"mmref.torch"})],
)
def test_importing_a_wing_leaves_the_other_out(wing, others):
    pytest.importorskip(wing)
    assert not loaded(f"mmref.{wing}") & (others | {"mmref.reference"})


@pytest.mark.parametrize("wing", ["torch", "keras"])
def test_a_wing_is_quiet(wing):
    pytest.importorskip(wing)
    done = fresh(f"mmref.{wing}")
    assert done.stderr == "" and len(done.stdout.splitlines()) == 1
