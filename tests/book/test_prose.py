"""The pages of prose around the chapters: complete, and what they link to and cite is there."""

import re

import pytest

from scripts.notebooks import ROOT
from tests.book.links import links, trouble

TEXTS = {
    name: (ROOT / "book" / f"{name}.md").read_text("utf-8")
    for name in ("faq", "further", "applications", "history")
}
TOC = (ROOT / "_toc.yml").read_text("utf-8")
YEARS = dict(
    re.findall(
        r"^@\w+\{([\w-]+),.*?^ +year += \{(\d{4})\}",
        (ROOT / "book" / "references.bib").read_text("utf-8"),
        re.M | re.S,
    )
)


def cited(text: str) -> list[str]:
    """The keys of all citations, in their order."""
    found = re.findall(r"\{cite:\w+\}`([^`]+)`", text)
    return [key.strip() for keys in found for key in keys.split(",")]


def rows(text: str) -> list[list[str]]:
    """The cells of all tables' rows, without headings."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    found = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [cells for cells in found if cells[0] not in ("task", "year")]


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_to_sections_that_were_run(name):
    found = [wrong for address in links(TEXTS[name]) if (wrong := trouble(ROOT, address))]
    assert found == []


@pytest.mark.parametrize("name", TEXTS)
def test_the_pages_that_it_names_are_in_the_book(name):
    named = re.findall(r"\{doc\}`(?:[^`<]*<)?([^`>]+)>?`", TEXTS[name])
    full = [page.lstrip("/") if page.startswith("/") else f"book/{page}" for page in named]
    assert [page for page in full if not re.search(rf"file: {page}$", TOC, re.M)] == []


@pytest.mark.parametrize("name", TEXTS)
def test_what_it_cites_is_in_the_bibliography(name):
    assert set(cited(TEXTS[name])) <= YEARS.keys()


def test_every_answer_leads_somewhere():
    """Each question ends in its mark, has a short answer, and a link to what shows it."""
    answers = re.findall(r"^### ([^\n]+)\n\n(.+?)(?=\n#|\Z)", TEXTS["faq"], re.M | re.S)
    assert len(answers) == TEXTS["faq"].count("\n### ") >= 25
    assert len({question for question, _ in answers}) == len(answers)
    for question, answer in answers:
        assert "?" in question
        assert links(answer) or "{doc}" in answer or "`make" in answer, question
        assert len(answer.split()) <= 110, question


def test_each_entry_of_the_reading_list_is_annotated_once():
    entries = re.findall(r"^- (.+?)(?=^- |\n\n|\Z)", TEXTS["further"], re.M | re.S)
    assert 30 <= len(entries) <= 45
    keys = [cited(entry) for entry in entries]
    assert all(len(key) == 1 or "](https://" in entry for key, entry in zip(keys, entries))
    assert len(set(cited(TEXTS["further"]))) == len(cited(TEXTS["further"]))
    assert all(re.search(r"[:,] .{30}", entry, re.S) for entry in entries)


def test_an_application_says_everything():
    """Task, modalities, level, data with a source, metric, pitfalls, and what is here."""
    found = rows(TEXTS["applications"])
    assert len(found) >= 12
    for cells in found:
        assert len(cells) == 7 and all(cells), cells[0]
        assert cited(cells[3]), cells[0]
        assert links(cells[6]) or cells[6] == "not yet", cells[0]


def test_history_is_in_order_and_dated_as_published():
    found = rows(TEXTS["history"])
    years = [cells[0] for cells in found]
    assert years == sorted(years) and len(years) >= 40
    for year, what, by, _ in found:
        keys = cited(by)
        assert keys and {YEARS[key] for key in keys} <= {year}, what
