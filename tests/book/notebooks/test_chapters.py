"""Every chapter's text and stored notebook: in step with each other and the package, by the rules.

``make notebooks`` runs them under nbval besides.
"""

import re
from copy import deepcopy

import pytest

from scripts import mirror, notebooks, rules

CHAPTERS = notebooks.chapters()


def name(path):
    return path.relative_to(notebooks.ROOT).with_suffix("").as_posix()


def test_there_are_chapters():
    assert CHAPTERS


def test_texts_and_notebooks_come_in_pairs():
    kept = {p for p in notebooks.FOLDER.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts}
    assert kept == {notebooks.stored(path) for path in CHAPTERS}, "run make execute"


@pytest.mark.parametrize("path", CHAPTERS, ids=name)
def test_notebook_holds_what_the_text_says(path):
    differences = list(
        rules.unpaired(notebooks.read_text(path), notebooks.read_stored(notebooks.stored(path)))
    )
    assert not differences, f"run make execute NB={path.relative_to(notebooks.ROOT)}"


@pytest.mark.parametrize("path", CHAPTERS, ids=name)
def test_text_names_its_pair(path):
    """JupyterLab then keeps the two together while a reader edits either."""
    assert notebooks.read_text(path).metadata.jupytext.formats == "ipynb,md:myst"


@pytest.mark.parametrize("path", CHAPTERS, ids=name)
def test_stored_notebook_obeys_the_rules(path):
    assert rules.broken(notebooks.read_stored(notebooks.stored(path))) == []


@pytest.mark.parametrize("path", CHAPTERS, ids=name)
def test_mirrored_cells_equal_the_package(path):
    text = path.read_text(encoding="utf-8")
    assert text == mirror.rewrite(text), "run make mirror, then make execute"


@pytest.mark.parametrize("path", CHAPTERS, ids=name)
def test_mirrors_are_found_in_the_text(path):
    """The textual search of ``mirror`` misses no cell that the notebook format knows."""
    cells = notebooks.read_text(path).cells
    found = []
    mirror.rewrite(path.read_text(encoding="utf-8"), lambda names: found.append(names) or "")
    assert found == [cell.metadata.mirrors for cell in cells if "mirrors" in cell.metadata]


def test_setup_sends_a_lone_chapter_to_what_it_reads():
    """Colab opens a chapter alone: the first cell that the page of setup gives must suffice."""
    setup = (notebooks.ROOT / "book/setup.md").read_text(encoding="utf-8")
    folder = notebooks.ROOT / re.search(r"^%cd mmref/(\S+)$", setup, re.M)[1]
    texts = [path.read_text(encoding="utf-8") for path in CHAPTERS]
    read = {found for text in texts for found in re.findall(r'"(\.\./\.\./[^"]+)"', text)}
    assert len(read) > 5
    read |= {"service.py", "server.py"}  # which the chapter on deployment runs
    assert [path for path in sorted(read) if not (folder / path).is_file()] == []


@pytest.mark.parametrize("part", ["source", "cell_type", "metadata"])
def test_unpaired_catches_an_edit(good, part):
    text = deepcopy(good)
    assert list(rules.unpaired(text, good)) == []
    text.cells[2][part] = {"source": "a = 0", "cell_type": "raw", "metadata": {}}[part]
    assert list(rules.unpaired(text, good)) == [f"cell 3: its {part.replace('_', ' ')} differs"]


def test_unpaired_catches_a_missing_cell(good):
    text = deepcopy(good)
    del text.cells[-1]
    assert len(list(rules.unpaired(text, good))) == 1
