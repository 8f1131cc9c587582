"""From a reader's own folder to a trained classifier, in under 30 lines of each framework."""

import csv
import runpy
import sys
from pathlib import Path

import pytest

Image = pytest.importorskip("PIL.Image")

from mmref.data import emoji, folders  # noqa: E402

PROGRAMS = Path(__file__).parent / "programs"
KINDS = ("cat-face", "country-flag", "heart", "time")
EACH = 8


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Eight pictures of each of four kinds, with their names, in three splits."""
    root = tmp_path_factory.mktemp("own") / "photos"
    (root / "images").mkdir(parents=True)
    data = emoji.load(groups=emoji.ALL_GROUPS)
    with open(root / "captions.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["image", "caption", "label", "split"])
        for kind in KINDS:
            rows = [i for i, subgroup in enumerate(data.subgroups) if subgroup == kind][:EACH]
            assert len(rows) == EACH
            for number, row in enumerate(rows):
                name = f"images/{data.codes[row]}.png"
                Image.fromarray(data.images[row]).save(root / name)
                split = ("train", "validation", "train", "test")[number % 4]
                table.writerow([name, data.names[row], kind, split])
    return root


@pytest.mark.parametrize("framework", ["torch", "keras"])
def test_a_classifier_in_under_30_lines(root, framework, monkeypatch, capsys):
    pytest.importorskip(framework)
    program = PROGRAMS / f"folder_{framework}.py"
    lines = program.read_text().splitlines()
    assert len(lines) < 30 and max(map(len, lines)) <= 100
    monkeypatch.setattr(sys, "argv", [str(program), str(root)])
    runpy.run_path(str(program))
    accuracy = float(capsys.readouterr().out.removeprefix("test accuracy "))
    # Chance is 0.25; guessing gives six or more of the eight right in 4 of 1,000 tries.
    assert len(folders.load(root, split="split").part("test")) == 8
    assert accuracy >= 0.75
