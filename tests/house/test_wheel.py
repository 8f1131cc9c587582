"""The wheel, in an environment with nothing but NumPy, away from the repository."""

import os
import shutil
import subprocess
import sys
import zipfile

import pytest


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory):
    """The wheel that the project's files build, from a copy so that nothing old slips in."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "source"
    copy.mkdir()
    listed = subprocess.check_output(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=root, text=True
    )
    for name in listed.splitlines():
        if name.startswith("mmref/") or name in ("pyproject.toml", "README.md", "LICENSE"):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, copy / name)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", folder]
    subprocess.run(command, cwd=copy, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


def without_python_settings():
    """The environment, without what steers Python."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}


@pytest.fixture(scope="module")
def clean_python(root, wheel, tmp_path_factory):
    """A Python that has the wheel and its own requirements, and nothing else of ours."""
    folder = tmp_path_factory.mktemp("clean")
    subprocess.run([sys.executable, "-m", "venv", folder / "env"], check=True)
    python = folder / "env" / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "-c", root / "constraints.txt", wheel]
    # Or pip takes a checkout on PYTHONPATH for the package, and installs nothing.
    subprocess.run(install, check=True, cwd=folder, env=without_python_settings())
    return python


@pytest.fixture
def run(clean_python):
    """Run a program there."""

    def run(*arguments):
        return subprocess.run(
            [clean_python, *arguments],
            cwd=clean_python.parent,
            env=without_python_settings(),
            capture_output=True,
            text=True,
        )

    return run


def test_wheel_holds_every_file_of_the_package(root, wheel):
    tracked = subprocess.check_output(["git", "ls-files", "mmref"], cwd=root, text=True)
    held = set(zipfile.ZipFile(wheel).namelist())
    assert {name for name in tracked.splitlines() if (root / name).is_file()} <= held
    assert not [name for name in held if name.startswith(("tests", "scripts", "book"))]


def test_wheel_holds_the_licenses(wheel):
    held = zipfile.ZipFile(wheel).namelist()
    licenses = [name.split("/licenses/")[1] for name in held if "/licenses/" in name]
    assert "LICENSE" in licenses
    for data in ("emoji", "speech"):
        assert any(f"{data}/NOTICES" in name for name in licenses)


def test_only_numpy_comes_along(run):
    listed = run("-m", "pip", "list", "--format=freeze").stdout
    names = {line.split("==")[0] for line in listed.splitlines()}
    assert names - {"pip", "setuptools", "wheel"} == {"mmref", "numpy"}


def test_package_lies_outside_the_repository(root, run):
    path = run("-c", "import mmref; print(mmref.__file__)").stdout
    assert "site-packages" in path and str(root) not in path


IMPORT_ALL = """
import importlib, pkgutil, mmref
for module in pkgutil.walk_packages(mmref.__path__, "mmref.", onerror=lambda name: None):
    extras = ("mmref.torch", "mmref.keras", "mmref.plotting", "mmref.data.folders")
    if module.name.startswith(extras) or module.name.endswith("__main__"):
        continue
    importlib.import_module(module.name)
    print(module.name)
"""


def test_all_but_wings_figures_and_folders_needs_numpy_only(run):
    answer = run("-c", IMPORT_ALL)
    assert answer.returncode == 0, answer.stderr
    names = set(answer.stdout.split())
    assert {"mmref.reference.fusion", "mmref.data.emoji", "mmref.seeding"} <= names


FUSE = """
import numpy as np
from mmref.reference.fusion import weighted_fusion

x = {"image": np.ones((2, 3)), "text": np.full((2, 4), np.nan)}
w = {"image": np.ones((5, 3)), "text": np.ones((5, 4))}
b = {m: np.zeros(5) for m in w}
present = np.array([[True, False], [False, False]])
z = weighted_fusion(x, w, b, np.zeros(2), present)
print(z.tolist())
"""


def test_the_installed_wheel_fuses(run):
    answer = run("-c", FUSE)
    assert answer.stdout.strip() == str([[3.0] * 5, [0.0] * 5]), answer.stderr


EMOJI = """
import mmref.data.emoji as emoji
data = emoji.load(style="twitter", language="en")
print(type(data).__name__)

import mmref.data.speech as speech
data = speech.load("zh", "test")
print(type(data).__name__)
"""


def test_emoji_and_speech_travel_with_it(run):
    answer = run("-c", EMOJI)
    assert answer.returncode == 0, answer.stderr


def test_concordance_says_what_it_needs(run):
    answer = run("-m", "mmref.concordance")
    assert answer.returncode != 0
    assert "Traceback" not in answer.stderr
    assert "torch is not installed" in answer.stderr
    assert "keras is not installed" in answer.stderr
