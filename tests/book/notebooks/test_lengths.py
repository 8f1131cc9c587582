"""A first page is short enough for an evening, and says truly how long it takes to read."""

from copy import deepcopy

import pytest
from nbformat.v4 import new_markdown_cell

from scripts import lengths, notebooks
from tests.book.notebooks.pieces import cell

FIRST = [path for path in notebooks.chapters() if lengths.in_depth(path).is_file()]
SECOND = [lengths.in_depth(path) for path in FIRST]


def name(path):
    return path.relative_to(notebooks.ROOT).with_suffix("").as_posix()


def test_there_are_topics_of_two_pages():
    assert FIRST


@pytest.mark.parametrize("path", FIRST, ids=name)
def test_the_first_page_is_short(path):
    found = lengths.measure(notebooks.read_text(path))
    assert found.words <= 3500 and found.lines <= 350
    assert notebooks.stored(path).stat().st_size <= 400 * 1024


@pytest.mark.parametrize("path", FIRST, ids=name)
def test_its_cells_are_short(path):
    for code in notebooks.read_text(path).cells:
        if code.cell_type == "code" and not lengths.tags(code) & lengths.HIDDEN:
            lines = [line for line in code.source.splitlines() if line.strip()]
            assert len(lines) <= 25, lines[0]


@pytest.mark.parametrize("path", FIRST, ids=name)
def test_the_first_page_says_how_long_it_takes(path):
    found = lengths.measure(notebooks.read_text(path))
    assert found.stated and abs(found.minutes - found.stated) <= 5


@pytest.mark.parametrize("path", SECOND, ids=name)
def test_the_second_page_has_an_end(path):
    assert lengths.measure(notebooks.read_text(path)).words <= 6000


def test_words_and_formulas():
    text = "Two words:\n\n$$\nz = x + y\n$$ (a-label)\n\n- and $x_m$ four more."
    assert lengths.words(text) == ["Two", "words:", "and", "$x_m$", "four", "more."]


def test_what_counts(good):
    """``good`` has twins of a line, and three lines more in two cells."""
    before = lengths.measure(good)
    assert (before.words, before.lines, before.minutes) == (1, 7, 2 * (1 / 120 + 4))
    for added in (
        cell("b = 1", 6, ["solution"]),
        cell("b = 1", 6, ["hide-input"]),
        new_markdown_cell("$$\nx\n$$"),
    ):
        same = deepcopy(good)
        same.cells.append(added)
        assert lengths.measure(same) == before
    good.cells.append(cell("class A:\n\n    pass", 6))
    good.cells.append(new_markdown_cell("## Exercises\n\nThink."))
    after = lengths.measure(good)
    assert (after.words, after.lines, after.minutes) == (3, 9, before.minutes + 2 * 3)
    good.cells.append(new_markdown_cell("Reading takes about\n40 minutes."))
    assert (before.stated, lengths.measure(good).stated) == (None, 40)


def test_the_first_day_ends_at_its_box(good):
    assert lengths.first_day(good) is None
    before = lengths.measure(good).minutes
    box = f":::{{admonition}} {lengths.FIRST_DAY}\n:::\n\nTwo words."
    good.cells += [new_markdown_cell(box), cell("class A:\n\n    pass", 6)]
    assert lengths.first_day(good) == pytest.approx(before + 2 / 120)  # the word of the box
    assert lengths.measure(good).minutes > before + 4


def test_a_chapter_falls_into_pieces():
    """A long section falls apart at its own headings; nothing is lost but the exercises."""
    long, short = " ".join(["word"] * 900), "two words"
    cells = [new_markdown_cell(f"# Title\n\n{short}\n\n## One\n\n{short}\n\n## Two\n\n{short}")]
    cells += [new_markdown_cell(f"### Two, first\n\n{long}\n\n### Two, second\n\n{short}")]
    cells += [cell("x = 1", 1), new_markdown_cell(f"## Exercises\n\n{long}")]
    cells += [new_markdown_cell(f"## Summary\n\n{short}")]
    whole = lengths.SimpleNamespace(cells=cells)
    found = lengths.pieces(whole)
    titles = [lengths.OPENING, "One", "Two", "Two, first", "Two, second", "Summary"]
    assert [title for title, _ in found] == titles
    assert sum(minutes for _, minutes in found) == pytest.approx(lengths.measure(whole).minutes)
    assert dict(found)["Two, second"] == 2 * (1 + 4 / 120)


@pytest.mark.parametrize("path", FIRST, ids=name)
def test_the_pieces_make_the_page(path):
    notebook = notebooks.read_text(path)
    whole = sum(minutes for _, minutes in lengths.pieces(notebook))
    assert whole == pytest.approx(lengths.measure(notebook).minutes)
