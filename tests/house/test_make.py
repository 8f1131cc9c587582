"""The commands that readers start with: what they say when something is missing."""

import os
import re
import subprocess
import sys
import tomllib

import pytest

from scripts import execute


@pytest.fixture
def install(root, tmp_path):
    """Run the installer in an empty folder, with variables and some commands replaced."""

    def run(variables=(), **replaced: str):
        bin_folder = tmp_path / "bin"
        bin_folder.mkdir()
        for name, script in replaced.items():
            (bin_folder / name).write_text(f"#!/bin/sh\n{script}\n")
            (bin_folder / name).chmod(0o755)
        return subprocess.run(
            ["sh", root / "scripts" / "install.sh", "book"],
            cwd=tmp_path,
            env={"PATH": f"{bin_folder}:{os.environ['PATH']}", "PYTHON": "chosen"}
            | dict(variables),
            capture_output=True,
            text=True,
        )

    return run


@pytest.mark.parametrize("python", [None, "exit 1"], ids=["missing", "too old"])
def test_no_fitting_python(install, python, tmp_path):
    answer = install(**({"chosen": python} if python else {}))
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: needs Python 3.11 or newer")
    assert answer.stderr.count("\n") == 1
    assert not (tmp_path / ".venv").exists()


def test_version_check_is_a_real_one(root):
    """The question that the installer asks, put to this Python with its version turned back."""
    question = re.search(r"-c '(import sys.*?)'", (root / "scripts/install.sh").read_text())[1]
    for version, status in [((3, 10, 9), True), ((3, 11, 0), False), ((3, 14, 1), False)]:
        program = f"import sys; sys.version_info = {version}\n{question}"
        assert bool(subprocess.run([sys.executable, "-c", program]).returncode) is status, version


def test_a_full_disk_is_told_before_anything_is_installed(install, tmp_path):
    little = "echo Filesystem; echo /dev/x 100 99 1048576 99% /"
    answer = install(chosen="exit 0", df=little)
    assert answer.returncode == 1
    assert answer.stderr == "error: needs 6 GB of free disk space here, found 1024 MB\n"
    assert not (tmp_path / ".venv").exists()


# A Python that "creates" an environment in which pip fails, as on a disk that fills up.
BROKEN_PIP = """
case "$1 $2" in
    "-m venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    "-m pip") exit 1 ;;
esac
"""


@pytest.mark.parametrize(
    ("free_kb", "message"),
    [(8 << 20, "the installation failed"), (1 << 10, "the disk filled up")],
    ids=["other", "disk"],
)
def test_a_failing_pip_is_told_with_its_cause(install, free_kb, message):
    """The first question about space finds enough, later ones ``free_kb``."""
    df = f"n={8 << 20}; [ -d .venv ] && n={free_kb}; echo head; echo /dev/x 100 99 $n 99% /"
    answer = install(chosen=BROKEN_PIP, df=df)
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"error: {message}")
    assert answer.stderr.count("\n") == 1


# A Python that "creates" an environment and notes what pip was asked to do.
WORKING_PIP = """
case "$1 $2" in
    "-m venv") mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
    "-m pip") echo "$@" > asked ;;
esac
"""


def test_another_environment_with_other_versions(install, tmp_path):
    variables = {"VENV": ".venv-lowest", "CONSTRAINTS": "lowest.txt"}
    answer = install(variables, chosen=WORKING_PIP, df=f"echo head; echo /dev/x 1 1 {8 << 20} 1% /")
    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / ".venv-lowest").is_dir() and not (tmp_path / ".venv").exists()
    asked = (tmp_path / "asked").read_text()
    assert "--constraint lowest.txt " in asked and ".[book]" in asked


def test_the_lowest_versions_are_tested_with_every_extra(root):
    """What `make test-lowest` would do, without doing it."""
    extras = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    steps = plan(root, "test-lowest")
    assert ",".join(extras["optional-dependencies"]) in steps
    assert "scripts.constraints --lowest" in steps
    assert "KERAS_BACKEND=tensorflow .venv-lowest/bin/python -m pytest tests " in steps
    for backend in ("torch", "jax"):
        run = rf"KERAS_BACKEND={backend} (JAX_\w+=1 )?\.venv-lowest/bin/python -m pytest "
        assert re.search(run, steps), backend


def plan(root, *arguments):
    """What make would do, without doing it, whatever the make around this test was asked for."""
    asked = ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "FAMILY", "ONLY", "JOBS")
    variables = {name: value for name, value in os.environ.items() if name not in asked}
    return subprocess.check_output(["make", "-n", *arguments], cwd=root, text=True, env=variables)


def test_every_test_runs_in_several_processes_unless_asked_otherwise(root):
    assert "-n auto --dist=loadfile" in plan(root, "tests")
    assert "-n 1 --dist=loadfile" in plan(root, "tests", "JOBS=1")


def test_nothing_but_a_hang_is_limited_in_time(root):
    limits = re.findall(r"timeout=(\d+)", plan(root, "notebooks"))
    assert limits == [str(execute.HANG_SECONDS)] * 2 == ["1800"] * 2


def test_a_family_leaves_out_what_belongs_to_none(root):
    everything, family = (plan(root, "test", *a) for a in ([], ["FAMILY=fusion"]))
    backends = [f"what depends on Keras, on {name}" for name in ("PyTorch", "JAX")]
    stages = ["tests", *backends, "notebooks"]
    for stage in stages + ["lint", "pages"]:
        assert f"== {stage}" in everything
        assert (f"== {stage}" in family) == (stage in stages)
    runs = [line for line in family.splitlines() if "-m pytest" in line]
    assert "--only" not in everything and runs
    assert family.count("--only=fusion") == family.count("-m pytest")


def test_make_alone_lists_every_target(root):
    listed = subprocess.check_output(["make"], cwd=root, text=True)
    targets = set(re.findall(r"^\.PHONY: (\S+)", (root / "Makefile").read_text(), re.M))
    shown = set(re.findall(r"^  (\S+) +\S", listed, re.M))
    asked = "book test changed execute mirror lint bench study test-browser serve clean"
    assert set(asked.split()) <= shown
    assert shown == targets - {"help"}


@pytest.mark.parametrize("name", [[], ["no-such-study"]])
def test_study_needs_a_name(root, name):
    answer = subprocess.run(
        [sys.executable, "-m", "scripts.study", *name], cwd=root, capture_output=True, text=True
    )
    assert answer.returncode == 1
    assert "make study NAME=" in answer.stderr
