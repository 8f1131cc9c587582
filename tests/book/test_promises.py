"""The page of promises: every row of its data once, and every link leads to what was run."""

import re
import tomllib
from pathlib import Path

import nbformat
import pytest
from sphinx.cmd.build import main as sphinx_build

from tests.book.links import links, trouble

DATA = Path(__file__).parents[2] / "book" / "promises.toml"
ROWS = tomllib.loads(DATA.read_text(encoding="utf-8"))["promise"]
HOW_MANY = {"A": 14, "B": 8, "C": 10, "D": 4, "E": 12}


def name(row):
    return row["id"]


def test_every_promise_stands_there_once_and_in_order():
    wanted = [f"{letter}{n + 1}" for letter, count in HOW_MANY.items() for n in range(count)]
    assert [row["id"] for row in ROWS] == wanted


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_a_row_says_what_was_promised_and_what_became_of_it(row):
    assert {"id", "promised"} < row.keys() <= {"id", "promised", "became", "missing"}
    for text in row.values():
        assert text.strip() == text != ""
        assert not text.endswith(".") and "|" not in text and "\n" not in text


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_its_links_lead_to_sections_that_were_run(root, row):
    """What is there is shown; what is not there may be linked to a mistake that is."""
    if "became" in row:
        assert any(".ipynb#" in address for address in links(row["became"]))
    found = links(row.get("became", "")) + links(row.get("missing", ""))
    assert [wrong for address in found if (wrong := trouble(root, address))] == []


def test_the_page_shows_every_letter(root):
    page = (root / "book" / "promises.md").read_text(encoding="utf-8")
    assert re.findall(r"^```\{promises\} ?(\w?)$", page, re.M) == ["", *HOW_MANY]


@pytest.fixture
def book(tmp_path):
    """A book of one notebook with two sections, of which the first was run."""
    (tmp_path / "_toc.yml").write_text("chapters:\n- file: book/text\n- file: a/chapter\n")
    v4 = nbformat.v4
    cells = [v4.new_markdown_cell("# Chapter\n\n## Run"), v4.new_code_cell("1", execution_count=1)]
    cells += [v4.new_markdown_cell("## Not run"), v4.new_code_cell("2")]
    cells += [v4.new_markdown_cell("## Run\n\n```\n## No heading\n```\n\ntext")]
    for folder, file in (("a", "chapter.ipynb"), ("a", "draft.ipynb"), ("book", "text.md")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / file).write_text(nbformat.writes(v4.new_notebook(cells=cells)))
    return tmp_path


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ("/a/chapter.ipynb#run", ""),
        ("a/chapter.ipynb#chapter", ""),
        ("/book/text.md", ""),
        ("/a/chapter.ipynb#not-run", "nothing was run"),
        ("/a/chapter.ipynb#run-1", "nothing was run"),
        ("/a/chapter.ipynb#no-heading", "has no section"),
        ("/a/chapter.ipynb", "has no section"),
        ("/a/draft.ipynb#run", "not in the table of contents"),
        ("/a/gone.ipynb#run", "is not there"),
        ("/book/text.md#run", "no section of it"),
    ],
)
def test_trouble_is_found(book, address, wrong):
    said = trouble(book, address)
    assert wrong in said and bool(wrong) == bool(said)


def test_the_directive_draws_the_rows_of_a_letter_and_counts_all(root, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "book" / "_ext"))
    (tmp_path / "conf.py").write_text(
        'extensions = ["myst_nb", "promises"]\nmyst_heading_anchors = 3\nhtml_theme = "basic"\n'
    )
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "promises.toml").write_text(
        '[[promise]]\nid = "A1"\npromised = "bread"\nbecame = "a [loaf](/other.md#the-loaf)"\n'
        '[[promise]]\nid = "A2"\npromised = "wine"\nbecame = "`Grapes`"\nmissing = "Time"\n'
        '[[promise]]\nid = "B1"\npromised = "gold"\nmissing = "Lead"\n'
    )
    (tmp_path / "other.md").write_text("# Other\n\n## The loaf\n")
    (tmp_path / "index.md").write_text(
        "# Page\n\n```{promises}\n```\n\n```{promises} A\n```\n\n```{promises} missing\n```\n\n"
        "```{toctree}\nother\n```\n"
    )
    out = tmp_path / "_build"
    assert sphinx_build(["-q", "-n", "-W", str(tmp_path), str(out)]) == 0
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "Of 3 promises, 1 are done, 1 are in part, 1 are not yet." in page
    rows = [re.sub("<[^>]*>", "", row).split("\n") for row in re.findall("<tr.*?</tr>", page, re.S)]
    cells = [[cell for cell in row if cell] for row in rows]
    assert cells[1:] == [
        ["A1", "bread", "a loaf.", "done"],
        ["A2", "wine", "Grapes. Not yet: Time.", "in part"],
    ]
    assert 'href="other.html#the-loaf"' in page
    left = [re.sub("<[^>]*>", "", item).strip() for item in re.findall("<li>.*?</li>", page, re.S)]
    assert left[:2] == ["A2, in part: Time.", "B1, not yet: Lead."]
