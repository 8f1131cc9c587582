"""Studies and scripts repeat: what they train and draw depends on their seed, and on nothing else.

Two processes of their own run all of them in small settings: in this one, a framework that an
earlier test has loaded and seeded would hide that a study seeds too early.
"""

import ast
import json
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from scripts import study
from scripts.notebooks import ROOT, THREADS

pytestmark = pytest.mark.long

# All that call it: in the package it is defined, in tests and notebooks each is seeded anyway.
SEEDING = [
    path.relative_to(ROOT).as_posix()
    for folder in ("scripts", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "seed_everything(" in path.read_text(encoding="utf-8")
]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The hashes of two processes: of seed 0, and of the seeds 1 and 0.

    So the first run with seed 0 meets no framework in the one and a loaded one in the other: what
    seeds too early is then seeded in the other alone.
    """
    needed = ("torch", "keras", "tensorflow", "sklearn", "PIL", "safetensors", "matplotlib")
    if missing := [name for name in needed if not find_spec(name)]:  # without importing them here
        pytest.skip(f"needs {', '.join(missing)}")
    outputs = []
    for seeds in (["0"], ["1", "0"]):
        folder = tmp_path_factory.mktemp("small")
        call = [sys.executable, "-m", "tests.studies.programs.small", str(folder), *seeds]
        environment = os.environ | dict.fromkeys(THREADS, "1")  # as studies run
        environment["KERAS_BACKEND"] = "tensorflow"
        done = subprocess.run(call, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        outputs.append(json.loads(done.stdout.splitlines()[-1]))
    return outputs


def test_every_study_is_among_them(found):
    names = {name.partition(",")[0].partition(":")[0] for name in found[0]["0"]}
    assert names == {"train_gan", "train_pipeline", "train_text_to_image", *study.names()}


def test_one_seed_gives_the_same_bytes_in_two_processes(found):
    one, other = found
    assert {name for name in one["0"] if one["0"][name] != other["0"][name]} == set()
    assert one["drawn"] == other["drawn"]


def test_another_seed_gives_other_bytes(found):
    _, both = found
    assert {name for name in both["0"] if both["0"][name] == both["1"][name]} == set()


# ---- a seed reaches the frameworks that are loaded ----


def too_early(source):
    """The functions that seed before they have imported what they train with."""
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef):
            continue
        nodes = list(ast.walk(function))
        seeds = [
            n.lineno for n in nodes if isinstance(n, ast.Call) and name(n) == "seed_everything"
        ]
        imports = [n.lineno for n in nodes if isinstance(n, ast.Import | ast.ImportFrom)]
        if seeds and not (imports and max(imports) < min(seeds)):
            yield function.name


def name(call):
    return getattr(call.func, "id", None)


@pytest.mark.parametrize("path", SEEDING)
def test_what_seeds_has_imported_its_framework_before(path):
    assert list(too_early((ROOT / path).read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("lines", "caught"),
    [
        ("import torch\n seed_everything(0)", False),
        ("seed_everything(0)\n import torch", True),
        ("import torch\n seed_everything(0)\n import mmref.keras", True),
        ("seed_everything(0)\n run()", True),
    ],
)
def test_the_rule_catches(lines, caught):
    assert list(too_early(f"def train():\n {lines}")) == ["train"] * caught
