"""`make test FAMILY=...`: what belongs to a family."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from scripts import selection
from scripts.notebooks import ROOT

ENTRY = "tests/concordance/test_registry.py::test_agree"


@pytest.mark.parametrize(
    "name",
    [
        "tests/fusion/test_values.py::test_the_order",
        "tests/fusion/test_errors.py::test_values[torch]",
        f"{ENTRY}[float32-torch-weighted_fusion]",
        "tests/check/test_layer_exercises.py::test_right[mmref.torch.fusion.WeightedFusion]",
        "tests/layers/test_saving.py::test_every_layer[WeightedFusion-keras]",
        "tests/check/test_answers.py::test_right[weighted_fusion_gradient, einsum]",
        "mmref/torch/fusion/sums.py::mmref.torch.fusion.sums.WeightedFusion",
        "tests/book/notebooks/test_chapters.py::test_rules[notebooks/fusion/weighted]",
        "notebooks/fusion/weighted.ipynb::Cell 3",
    ],
)
def test_a_familys_own(name):
    assert selection.selected(name, ["fusion"])
    assert selection.selected(name, ["softmax", "fusion"])


@pytest.mark.parametrize(
    "name",
    [
        "tests/diffusion/test_values.py::test_values",
        "tests/models/test_values.py::test_a_fusion_of_two",
        "tests/models/test_values.py::test_confusions[confusion]",
        f"{ENTRY}[float32-torch-conv2d]",
        "notebooks/foundations/convolution.ipynb::Cell 3",
        "tests/book/notebooks/test_chapters.py::test_rules[notebooks/foundations/convolution]",
    ],
)
def test_not_the_familys(name):
    assert not selection.selected(name, ["fusion"])


def test_names_of_classes_are_found_however_they_are_written():
    assert selection.belongs("test_values[LSTM]", "recurrence")
    assert selection.belongs("test_values[MaxPool2d]", "pooling")


def test_paths_select_what_lies_in_them():
    only = ["tests/data", "tests/models/test_values.py", "notebooks/fusion/weighted.ipynb"]
    for name in (
        "tests/data/test_text.py::test_words",
        "tests/models/test_values.py::test_one",
        "notebooks/fusion/weighted.ipynb::Cell 0",
        "tests/book/notebooks/test_chapters.py::test_rules[notebooks/fusion/weighted]",
    ):
        assert selection.selected(name, only)
    for name in ("tests/database/test_a.py::test_b", "tests/fusion/test_values.py::test_weighted"):
        assert not selection.selected(name, only)


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("x\n\n$$ (weighted-fusion-gradient)\n", True),
        ("x\n\n$$ (late-weighted-fusion)\n", False),
        ("mirrors: [mmref.torch.fusion.WeightedFusion]\n", True),
        ('check(mine, "concat_fusion")\n', True),
        ("We use weighted fusion: `WeightedFusion`.\n", False),
    ],
)
def test_what_a_chapter_is_about(text, yes):
    assert selection.is_about(text, "fusion") is yes


def test_every_notebook_of_the_foundations_belongs_somewhere():
    found = {path for family in selection.families() for path in selection.notebooks_of(family)}
    for name in ("foundations/attention", "foundations/recurrence", "fusion/weighted"):
        assert f"notebooks/{name}.ipynb" in found
    folder = sorted((ROOT / "notebooks" / "fusion").glob("*.ipynb"))
    own = {path.relative_to(ROOT).as_posix() for path in folder}
    others = {"notebooks/reference/workbook.ipynb", "notebooks/systems/vqa.ipynb"}  # use fusions
    assert set(selection.notebooks_of("fusion")) == own | others


def test_the_option_selects_and_says_what(tmp_path):
    (tmp_path / "test_some.py").write_text(
        "def test_weighted_fusion(): pass\ndef test_conv2d(): pass\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "scripts.selection", "--only=fusion"]
    answer = subprocess.run(
        [*command, "--rootdir", tmp_path, tmp_path], cwd=ROOT, capture_output=True, text=True
    )
    assert answer.returncode == 0 and "1 passed" in answer.stdout
    assert "only fusion: what is of fusion, " in answer.stdout
    assert " weighted_fusion, " in answer.stdout
    assert "notebooks/fusion/weighted.ipynb" in answer.stdout


def asking_for(*only):
    """A session of pytest, as far as the plugin looks at it."""
    config = SimpleNamespace(getoption={"only": list(only)}.get)
    return SimpleNamespace(config=config, exitstatus=pytest.ExitCode.NO_TESTS_COLLECTED)


def test_a_stage_may_have_nothing_of_a_family():
    session, everything = asking_for("fusion"), asking_for()
    selection.pytest_sessionfinish(session)
    selection.pytest_sessionfinish(everything)
    assert session.exitstatus == pytest.ExitCode.OK
    assert everything.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_family_must_be_one():
    selection.pytest_configure(asking_for("fusion", "tests/house", "README.md").config)
    with pytest.raises(pytest.UsageError, match="fussion: no such path, and .* are .*fusion"):
        selection.pytest_configure(asking_for("fussion").config)
