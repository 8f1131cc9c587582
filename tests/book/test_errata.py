"""The page of errata: each mistake once, with what is true, a source, and a cell that shows it."""

import posixpath
import re
from pathlib import Path

import pytest

from scripts.notebooks import FOLDER, ROOT, read_stored
from tests.book.links import links, sections, slug, trouble

PAGE = FOLDER / "reference" / "errata.md"
PARTS = {"Formulas": range(1, 17), "Programs": range(17, 23), "Claims": range(23, 33)}
ENTRY = re.compile(r"^### ((\d+)\. [^\n]+)\n(.*?)(?=^##|\Z)", re.M | re.S)
ENTRIES = {int(n): (title, text) for title, n, text in ENTRY.findall(PAGE.read_text("utf-8"))}


def here(address: str) -> str:
    """A relative address of the page, from the project's top folder."""
    return posixpath.normpath(f"{PAGE.parent.relative_to(ROOT).as_posix()}/{address}")


def said(number: int) -> dict[str, str]:
    """What an entry's list says, by its first word."""
    return dict(re.findall(r"^- \*(\w+)\*: (.*?)(?=^- |^\n|\Z)", ENTRIES[number][1], re.M | re.S))


def test_every_mistake_stands_there_once_and_in_its_part():
    parts = re.split(r"^## (.+)\n", PAGE.read_text("utf-8"), flags=re.M)
    found = {
        title: [int(n) for _, n, _ in ENTRY.findall(text)]
        for title, text in zip(parts[1::2], parts[2::2])
    }
    assert found == {title: [*numbers] for title, numbers in PARTS.items()}


@pytest.mark.parametrize("number", range(1, 33))
def test_an_entry_has_a_claim_the_truth_and_a_source(number):
    assert list(said(number)) == ["Claimed", "True", "Shown"]
    sources = said(number)["Claimed"] + said(number)["True"]
    keys = ",".join(re.findall(r"\{cite:\w\}`([^`]+)`", sources)).split(",")
    if keys == [""]:
        assert "](https://" in sources
    else:
        known = re.findall(r"^@\w+{(\w+),", Path(ROOT, "book/references.bib").read_text(), re.M)
        assert set(keys) <= set(known)


@pytest.mark.parametrize("number", range(1, 33))
def test_an_entry_is_shown_by_a_section_that_was_run_or_by_its_own_cells(number):
    found = [here(address) for address in links(ENTRIES[number][1])]
    assert [wrong for address in found if (wrong := trouble(ROOT, address))] == []
    if not found:
        cells = sections(read_stored(PAGE.with_suffix(".ipynb")))[slug(ENTRIES[number][0])]
        assert any(cell.outputs for cell in cells)
