"""`make changed`: what a change asks for."""

import subprocess

import pytest

from scripts import changed
from scripts.selection import families

STAGES = ["tests", "keras-on-torch", "keras-on-jax"]


@pytest.mark.parametrize(
    ("path", "family"),
    [
        ("mmref/torch/fusion/sums.py", "fusion"),
        ("mmref/convert/tables/recurrence.py", "recurrence"),
        ("mmref/check/_softmax.py", "softmax"),
        ("mmref/check/fusion/gated_fusion.py", "fusion"),
        ("mmref/errors.py", None),
        ("mmref/contract/arrays.py", None),
        ("mmref/data/emoji/__init__.py", None),
    ],
)
def test_the_family_of_a_file(path, family):
    assert changed.family_of(path) == family


def test_a_family_asks_for_those_that_build_on_it():
    made = changed.plan(["mmref/reference/multi_head.py"])
    assert {"multi_head", "transformer", "vision"} <= set(made.reasons) <= set(families())
    assert made.reasons["vision"] == "builds on multi_head: mmref/reference/multi_head.py"
    first, *rest = made.commands()
    only = f"ONLY={' '.join(made.reasons)}"
    assert (first, rest) == (["lint"], [[*STAGES, only], ["notebooks", only]])


@pytest.mark.parametrize("suffix", ["md", "ipynb"])
def test_a_chapter_asks_for_itself_and_the_pages(suffix):
    made = changed.plan([f"notebooks/fusion/weighted.{suffix}"])
    assert list(made.reasons) == ["notebooks/fusion/weighted.ipynb", "pages"]
    assert made.commands()[-1] == ["pages"]


def test_a_pages_program_asks_for_the_tests_of_the_service(root):
    for name in ("service", "server"):
        path = f"notebooks/practice/{name}.py"
        assert (root / path).is_file()
        assert list(changed.plan([path]).reasons) == ["tests/serving"]


@pytest.mark.parametrize(
    "path",
    [
        "mmref/errors.py",
        "mmref/convert/_slots.py",
        "mmref/torch/models.py",
        "tests/conftest.py",
        "tests/wings.py",
        "tests/data/programs/folder_torch.py",
    ],
)
def test_what_all_share_asks_for_everything_but_the_notebooks(path):
    made = changed.plan([path])
    assert list(made.reasons) == [changed.EVERYTHING]
    assert made.commands() == [["lint"], STAGES, ["pages"]]


def test_an_operation_added_to_a_family_asks_for_little_more_than_the_family():
    made = changed.plan(
        [
            *(f"mmref/{wing}/fusion/gates.py" for wing in ("reference", "torch", "keras")),
            "mmref/contract/fusion.py",
            *(f"mmref/{wing}/__init__.py" for wing in ("torch", "keras")),
            "mmref/check/fusion/gated_fusion.py",
            "mmref/concordance/formulas/fusion/gates.py",
            "mmref/convert/tables/fusion.py",
            "tests/check/answers/fusion.py",
            "tests/fusion/test_errors.py",
        ]
    )
    files = ["tests/house", "tests/fusion/test_errors.py"]
    assert list(made.reasons) == ["fusion", "attribution", *files]  # which explains fused models


def test_data_of_a_family_asks_for_the_family_and_for_the_data():
    made = changed.plan(["mmref/data/adversarial.py"])
    assert {"adversarial", "tests/data"} <= set(made.reasons) <= {*families(), "tests/data"}


def test_what_tests_of_a_family_share_asks_for_the_folders_that_use_it():
    made = changed.plan(["tests/convolution/windows.py"])
    folders = ["convolution", "geometry", "normalization", "pooling"]
    assert list(made.reasons) == [f"tests/{name}" for name in folders]
    assert set(made.reasons.values()) == {"uses tests/convolution/windows.py"}
    only = f"ONLY={' '.join(made.reasons)}"
    assert made.commands()[1] == [*STAGES, only]


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("tests/house/test_changed.py", ["tests/house/test_changed.py"]),
        ("tests/house/test_that_is_gone.py", []),
        ("mmref/data/emoji/emoji.json", ["tests/data"]),
        ("mmref/bundle/files.py", ["tests/bundle"]),
        ("mmref/keras/bundle.py", ["tests/bundle"]),
        ("book/setup.md", ["pages"]),
        ("_toc.yml", ["pages"]),
        ("README.md", ["tests/house", "tests/book"]),
        ("scripts/mirror.py", ["tests/house", "tests/book"]),
        (".ci/run", ["tests/house", "tests/book"]),
    ],
)
def test_files_of_no_family_ask_for_what_looks_at_them(path, asked):
    assert list(changed.plan([path]).reasons) == asked


def test_no_change_asks_for_lint_alone():
    assert changed.plan([]).commands() == [["lint"]]


def test_what_differs_from_the_base(tmp_path, monkeypatch):
    """Committed on the branch, changed since, and new; not what the base got meanwhile."""

    def git(*arguments):
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    def write(name, text="new"):
        (tmp_path / name).write_text(text)

    git("init", "--initial-branch=main")
    write("edited")
    write("kept")
    git("add", ".")
    git("commit", "-m", "start")
    git("switch", "--create", "work")
    write("committed")
    git("add", ".")
    git("commit", "-m", "work")
    git("switch", "main")
    write("theirs")
    git("add", ".")
    git("commit", "-m", "theirs")
    git("switch", "work")
    write("edited", "changed")
    write("untracked")
    monkeypatch.setattr(changed, "ROOT", tmp_path)
    assert changed.changed("main") == ["committed", "edited", "untracked"]
