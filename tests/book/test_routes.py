"""The ways through the book: they lead through every chapter, and minutes are measured."""

import re
import tomllib

import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, writes
from sphinx.cmd.build import main as sphinx_build

from scripts import lengths
from scripts.notebooks import ROOT, read_stored

DATA = tomllib.loads((ROOT / "book" / "routes.toml").read_text("utf-8"))
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
CHAPTERS = [
    one["file"]
    for part in TOC["parts"]
    if "numbered" in part
    for chapter in part["chapters"]
    for one in (chapter, *chapter.get("sections", []))
]
LANGUAGE = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
ROUTES = {route["name"]: route for route in DATA["route"]}


def read(page):
    return read_stored(ROOT / f"{page}.ipynb")


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_says_who_it_is_for_and_what_one_takes_along(name):
    route = ROUTES[name]
    assert route.keys() == {"name", "title", "who", "stop"} and route["who"].endswith(".")
    pages = [stop["page"] for stop in route["stop"]]
    assert len(set(pages)) == len(pages) >= 4
    for stop in route["stop"]:
        assert {"page", "gain"} <= stop.keys() <= {"page", "gain", "until"}
        assert (ROOT / f"{stop['page']}.ipynb").is_file()
        if "until" in stop:
            assert stop["until"] == "first day" and lengths.first_day(read(stop["page"]))


def test_an_evening_is_an_evening():
    minutes = sum(lengths.first_day(read(s["page"])) for s in ROUTES["evening"]["stop"])
    assert 60 <= minutes <= 180


def test_the_course_has_twelve_weeks_with_exercises_that_are_there():
    assert len(DATA["week"]) == 12
    for week in DATA["week"]:
        assert week.keys() == {"page", "exercises", "more"}
        titles = [title for title, _ in lengths.sections(read(week["page"]).cells, "### ")]
        for number in week["exercises"]:
            assert sum(title.startswith(f"Exercise {number}. ") for title in titles) == 1


def test_the_pieces_of_the_course_are_short():
    minutes = [taken for week in DATA["week"] for _, taken in lengths.pieces(read(week["page"]))]
    long = [taken for taken in minutes if taken > lengths.PIECE_MINUTES]
    assert max(minutes) <= 33 and len(long) <= len(minutes) / 10


@pytest.mark.parametrize("page", CHAPTERS)
def test_some_route_leads_through_every_chapter(page):
    """A chapter that none does needs a stop, or to be what a week has as `more`."""
    stops = [stop["page"] for route in DATA["route"] for stop in route["stop"]]
    weeks = [week[key] for week in DATA["week"] for key in ("page", "more")]
    assert page in stops + weeks


@pytest.mark.parametrize(("page", "word", "wanted"), [
    ("reading", "route", set(ROUTES)),
    ("course", "week", {str(number + 1) for number in range(12)}),
])  # fmt: skip
def test_the_pages_show_all_of_it(page, word, wanted):
    text = (ROOT / "book" / f"{page}.md").read_text("utf-8")
    assert set(re.findall(rf"^```\{{{word}\}} (\w+)$", text, re.M)) == wanted


def test_what_the_directives_draw(root, tmp_path, monkeypatch):
    """A book of two chapters: a page in depth, a long section, a box, and a page outside."""
    monkeypatch.syspath_prepend(str(root / "book" / "_ext"))
    (tmp_path / "conf.py").write_text(
        'extensions = ["myst_nb", "routes"]\nmyst_heading_anchors = 3\nhtml_theme = "basic"\n'
        'nb_execution_mode = "off"\nexclude_patterns = ["_build"]\n'
    )
    (tmp_path / "book").mkdir()
    (tmp_path / "_toc.yml").write_text(
        "parts:\n- caption: Reference\n  chapters:\n  - file: c\n- caption: Part\n  numbered: 2\n"
        "  chapters:\n  - file: a\n    sections:\n    - file: a_in_depth\n  - file: b\n"
    )
    (tmp_path / "book" / "routes.toml").write_text(
        '[[route]]\nname="walk"\ntitle="A walk"\nwho="You walk."\n'
        '[[route.stop]]\npage="a"\nuntil="first day"\ngain="air"\n'
        '[[route.stop]]\npage="b"\ngain="sun"\n'
        '[[week]]\npage="a"\nexercises=[2]\nmore="a_in_depth"\n'
    )
    long = " ".join(["word"] * 300)  # five minutes
    text = (
        f"# Alpha\n\n{long}\n\n:::{{tip}}\nEnough for the first day\n:::\n\n## PyTorch | Keras\n\n"
    )
    asked = "## Exercises\n\n### Exercise 1. First\n\nx\n\n### Exercise 2. Second\n\nx"
    for name, source in (
        ("a", text + long),
        ("a_in_depth", "# Deep"),
        ("b", "# Beta"),
        ("c", "# C"),
    ):
        cells = [new_markdown_cell(source), new_code_cell("x = 1", execution_count=1)]
        cells += [new_markdown_cell(asked)] if name == "a" else []
        notebook = new_notebook(cells=cells, metadata=LANGUAGE)
        (tmp_path / f"{name}.ipynb").write_text(writes(notebook))
    (tmp_path / "index.md").write_text(
        "# Page\n\n```{route} walk\n```\n\n```{week} 1\n```\n\n"
        "```{toctree}\na\na_in_depth\nb\nc\n```\n"
    )
    out = tmp_path / "_build"
    assert sphinx_build(["-q", "-n", "-W", str(tmp_path), str(out)]) == 0
    pages = {name: (out / f"{name}.html").read_text("utf-8") for name in ("index", "a", "b", "c")}
    plain = {name: re.sub(r"\s+", " ", re.sub("<[^>]*>", "", p)) for name, p in pages.items()}
    assert "You walk. About 7 minutes to read." in plain["index"]
    assert "1 Alpha, to the box of the first day 5 air 2 Beta 2 sun" in plain["index"]
    assert "Alpha, about 10 minutes to read." in plain["index"]
    assert "The question 5 PyTorch | Keras 7" in plain["index"]
    assert "Exercises: Exercise 2. Second. More: Deep, about 2 minutes." in plain["index"]
    assert 'href="a.html#pytorch-keras"' in pages["index"]
    assert "Part, chapter 1 of 2, about 10 minutes to read" in plain["a"]
    assert "A walk, stop 1 of 2; next Beta The course, week 1" in plain["a"]
    assert "A walk, stop 2 of 2; before it Alpha" in plain["b"]
    assert "Where this page stands" not in plain["c"]
    deep = re.sub("<[^>]*>", "", (out / "a_in_depth.html").read_text("utf-8"))
    assert "Part, chapter 1 of 2, in depth" in deep and "week 1, as more to read" in deep
