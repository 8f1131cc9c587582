"""The lists of requirements agree: pyproject.toml, constraints.txt, environment.yml, the code."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.constraints import extras_of, lowest, needed


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def declared(project):
    """All requirements of pyproject.toml, by canonical name."""
    lines = [*project["dependencies"], *sum(project["optional-dependencies"].values(), [])]
    return {canonicalize_name(r.name): r for r in map(Requirement, lines)}


@pytest.fixture(scope="module")
def tested(root):
    """The versions of constraints.txt."""
    lines = (root / "constraints.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def test_every_requirement_has_a_lower_bound(declared):
    unbounded = [name for name, r in declared.items() if not re.search(">=|==", str(r.specifier))]
    assert not unbounded


def test_every_requirement_says_why(root):
    listing = re.split(r"^\[tool", (root / "pyproject.toml").read_text(), flags=re.M)[0]
    entries = re.findall(r'^  "[a-z][\w.-]*\W*[<>=].*$', listing, re.M)
    above = re.findall(r"  #.*\n(?=((?:  \"tensorflow.*\n)+))", listing)  # one reason for two
    explained = [e for e in entries if "  # " in e or any(e in lines for lines in above)]
    assert len(entries) > 20
    assert explained == entries


def test_tested_versions_satisfy_the_lower_bounds(declared, tested):
    for name, requirement in declared.items():
        assert requirement.specifier.contains(tested[name], prereleases=True), requirement


def test_the_tests_run_with_the_tested_versions(tested):
    found = needed(extras=extras_of())
    assert len(found) > 50
    differ = {n: (v, tested.get(n)) for n, v in found.items() if tested.get(n) != v}
    assert not differ, "installed and listed versions differ; make constraints rewrites the list"


def test_lowest_versions_are_the_bounds(declared):
    bounds = [Requirement(line) for line in lowest()]
    assert {canonicalize_name(bound.name) for bound in bounds} == declared.keys()
    for bound in bounds:
        (version,) = bound.specifier
        assert f">={version.version}" in str(declared[canonicalize_name(bound.name)].specifier)


def test_conda_environment_is_in_step(root, project):
    environment = yaml.safe_load((root / "environment.yml").read_text())
    conda = environment["dependencies"]
    assert f"python{project['requires-python']}" in conda
    (pip,) = [entry["pip"] for entry in conda if isinstance(entry, dict)]
    extras = re.fullmatch(r"-e \.\[(.*)\]", pip[1])[1].split(",")
    assert pip[0] == "-c constraints.txt"
    assert set(extras) == set(project["optional-dependencies"])


def imported(path):
    """The top-level names that a Python file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.split(".")[0]


def test_every_import_is_declared(root, declared):
    """What another package happens to bring along today may be gone tomorrow."""
    listed = subprocess.check_output(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=root,
        text=True,
    )
    # Jobs for clusters run there, with what is installed there.
    kept = [line for line in listed.split() if not line.startswith("benchmarks/jobs/")]
    files = [root / line for line in kept]
    own = {"mmref", "book", "tests", "scripts", "benchmarks"} | {path.stem for path in files}
    providers = packages_distributions()
    missing = {
        f"{path.relative_to(root)}: {name}"
        for path in files
        if path.is_file()
        for name in imported(path)
        if name not in sys.stdlib_module_names and name not in own
        if not {canonicalize_name(p) for p in providers.get(name, [])} & declared.keys()
    }
    assert len(files) > 10
    assert not missing
