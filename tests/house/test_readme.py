"""The README keeps its word: its example runs, its links lead somewhere, its table is stored."""

import os
import re
import shlex
import subprocess
import sys

import pytest
from PIL import Image

from benchmarks import budgets


@pytest.fixture(scope="module")
def text(root):
    return (root / "README.md").read_text(encoding="utf-8")


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def test_the_example_prints_what_it_says(text, root):
    """In a fresh process, and within ten lines."""
    program, _ = blocks(text, "python")
    assert len([line for line in program.splitlines() if line]) <= 10
    said = re.findall(r"print\(.*\)  # (.*)", program)
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert said and done.stdout.splitlines() == said


@pytest.fixture
def run(root, tmp_path):
    """Run Python in a folder with photos in it, some captions and one picture missing."""
    photos, rows = tmp_path / "photos", ["image,caption,label"]
    photos.mkdir()
    for i in range(24):
        color, label = (("red", "warm"), ("blue", "cold"))[i % 2]
        Image.new("RGB", (9, 9), color).save(photos / f"我的 {i}.png")
        rows.append(f"我的 {i}.png,{'' if i % 5 == 0 else color},{label}")
    rows.append(",red,warm")
    (photos / "captions.csv").write_text("\n".join(rows), encoding="utf-8")
    Image.new("RGB", (9, 9), "red").save(tmp_path / "new photo.jpg")

    def run(*arguments):
        environment = os.environ | {"PYTHONPATH": str(root)}
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8"
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.parametrize(
    "page, number", [("README.md", 1), ("book/index.md", 0), ("book/index.md", 1)]
)
def test_a_folder_of_ones_own_gets_to_predictions_in_another_process(page, number, run, root):
    """The second program of the README, and both of the landing page; then the command below."""
    text = (root / page).read_text(encoding="utf-8")
    program = blocks(text, "python")[number]
    (command,) = [block for block in blocks(text, "sh") if "mmref.bundle" in block]
    printed = run("-c", program)
    if page == "README.md":
        assert len([line for line in program.splitlines() if line]) <= 10
        assert "kept without\n  text: 5 " in printed and "image: 1 " in printed
    _, row = run(*shlex.split(command)[1:]).splitlines()
    assert re.search(r"^new photo.jpg +a red star +(warm|cold) +[01][.]\d", row)


def test_what_it_opens_with(text):
    """What it is, the picture in both themes, the commands, the example, in this order."""
    signs = ["# Multimodal", "landing-dark.svg", "landing-light.svg", "make book", "```python"]
    places = [text.index(sign) for sign in signs]
    assert places == sorted(places)


def test_links_lead_somewhere(text, root):
    links = re.findall(r"\]\(([^)#]+)\)|(?:src|srcset)=\"([^\"]+)\"", text)
    local = [a or b for a, b in links if "://" not in a + b]
    assert len(local) > 5
    assert [path for path in local if not (root / path).exists()] == []


def test_commands_and_folders_exist(text, root):
    makefile = (root / "Makefile").read_text()
    targets = set(re.findall(r"^\.PHONY: (\S+)", makefile, re.M))
    more = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    programs = "\n".join([*blocks(text, "sh"), *blocks(more, "sh")])
    commands = re.findall(r"(?:^|&& )make ([a-z-]+)", programs, re.M)
    assert {"book", "test", "mirror", "execute"} <= set(commands) <= targets
    (tree,) = re.findall(r"^```\n(book/.*?)^```", text, re.M | re.S)
    folder = ""
    for line in tree.splitlines():
        name = line.split()[0]
        folder = folder if line.startswith(" ") else name
        path = folder + name if line.startswith(" ") else name
        assert (root / path).exists(), path


def test_the_budgets_are_those_that_were_stored(text):
    (shown,) = budgets.MARKED.findall(text)
    assert shown == budgets.table(budgets.read(budgets.RESULTS)), "run make bench"
    for what in ("`import mmref`", "load the emoji data"):
        assert re.search(rf"\| {what} \| [\d.]+ s \|", shown)


def test_measuring_some_keeps_the_rest(tmp_path, monkeypatch, capsys):
    readme, results = tmp_path / "README.md", tmp_path / "results" / "budgets.csv"
    readme.write_text("before\n<!-- budgets -->\nold\n<!-- /budgets -->\nafter\n")
    monkeypatch.setattr(budgets, "README", readme)
    monkeypatch.setattr(budgets, "RESULTS", results)
    monkeypatch.setattr(budgets, "MEASURE", {"import": lambda: [0.1], "data": lambda: [2.5, 130.0]})
    assert budgets.main(["import"]) == 0
    assert "| `import mmref` | 0.100 s | 0.2 s |" in readme.read_text()
    assert "| load the emoji data |  | 1 s |  |" in readme.read_text()
    assert budgets.main(["data"]) == 1  # over its second
    shown = readme.read_text()
    assert "| `import mmref` | 0.100 s |" in shown and "| load the emoji data | 2.500 s |" in shown
    assert shown.startswith("before\n<!-- budgets -->\n| what |") and shown.endswith("after\n")
    assert budgets.main(["everything"]) == 1
    assert "expected some of import data, got everything" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("notebooks/fusion/a.ipynb", 90),
        ("notebooks/fusion/weighted.ipynb", 45),
        ("notebooks/fusion/weighted_in_depth.ipynb", 120),
        ("notebooks/generation/a.ipynb", 120),
        ("notebooks/generation/gan.ipynb", 45),
        ("notebooks/generation/gan_in_depth.ipynb", 240),
        ("notebooks/generation/text_to_image.ipynb", 240),  # two players, and two frameworks
    ],
)
def test_first_pages_are_quick_and_what_trains_generators_may_take_longer(path, most):
    assert budgets.allowed(path) == most
