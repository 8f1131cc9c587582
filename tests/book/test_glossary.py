"""The glossary: every term once, in order, in both languages, and its links lead somewhere."""

import re
from pathlib import Path

import pytest

from tests.book.links import links, trouble

PAGE = Path(__file__).parents[2] / "book" / "glossary.md"
LIST = PAGE.read_text("utf-8").partition("```{glossary}\n:sorted:\n\n")[2].partition("\n```")[0]
ENTRIES = [block.split("\n") for block in LIST.split("\n\n")]
IDEOGRAPH = re.compile("[\u4e00-\u9fff]")


def name(entry):
    return entry[0]


def test_there_are_enough_terms_each_once_and_in_order():
    terms = [english for english, *_ in ENTRIES]
    assert len(terms) >= 120
    assert terms == sorted(terms, key=str.casefold)
    assert len({term.casefold() for term in terms}) == len(terms)


def test_no_two_terms_share_their_chinese():
    chinese = [entry[1] for entry in ENTRIES]
    assert sorted(set(chinese)) == sorted(chinese)


@pytest.mark.parametrize("entry", ENTRIES, ids=name)
def test_a_term_has_chinese_and_a_definition(entry):
    english, chinese, *definition = entry
    assert not IDEOGRAPH.search(english) and IDEOGRAPH.search(chinese)
    assert definition and all(line.startswith("  ") for line in definition)
    assert not IDEOGRAPH.search("".join(definition))
    assert definition[-1].endswith((".", "?", ")"))


@pytest.mark.parametrize("entry", ENTRIES, ids=name)
def test_the_terms_and_sections_that_it_names_are_there(root, entry):
    known = {english.casefold() for english, *_ in ENTRIES}
    text = " ".join(entry[2:])
    named = re.findall(r"\{term\}`(?:[^`<]*<)?([^`>]+)>?`", text)
    assert [term for term in named if term.casefold() not in known] == []
    found = [wrong for address in links(text) if (wrong := trouble(root, address))]
    # A definition may stand where nothing is run.
    assert [wrong for wrong in found if "nothing was run" not in wrong] == []
