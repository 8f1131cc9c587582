"""The page of status and the index of exercises: what they say is what the notebooks hold."""

import importlib
import re
from copy import deepcopy

import pytest
import yaml
from nbformat.v4 import new_markdown_cell, new_notebook, new_output

from mmref.check._registry import NAMES
from scripts.execute import last_run
from scripts.notebooks import ROOT, chapters
from tests.book.links import slug
from tests.book.notebooks.pieces import cell, picture, stream

TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
WORKBOOK = ROOT / "notebooks" / "reference" / "workbook.md"


@pytest.fixture
def extension(monkeypatch):
    """Import one of the book's extensions by its name."""
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    return importlib.import_module


@pytest.fixture
def good():
    """A notebook that was run."""
    cells = [cell("x = 1", 1), cell("print(x)", 2, outputs=[stream("1\n")])]
    return new_notebook(cells=cells, metadata={"mmref": {"last_run": last_run(1.0, 1.5)}})


def test_every_notebook_is_listed(extension):
    paths = (path.relative_to(ROOT).with_suffix("").as_posix() for path in chapters())
    assert sorted(extension("status").pages(ROOT)) == sorted(paths)


def test_what_is_compared_and_what_is_not(extension, good):
    """Only text that nbval compares counts; a picture and a bounded output do not."""
    good.cells = [
        cell("print(1)", 1), cell("plt.plot()", 2), cell("x = 1", 3),
        cell("print(t)\nassert t", 4, ["nbval-ignore-output"]), cell("1 / 0", 5),
        new_markdown_cell("Text"),
    ]  # fmt: skip
    good.cells[0].outputs = [stream("1\n")]
    good.cells[1].outputs = [picture(8)]
    good.cells[3].outputs = [stream("0.3 s\n")]
    counts = extension("status").counts(good)
    before = extension("status").Counts(run=5, failed=0, compared=1, bounded=1, pictures=1)
    assert counts == before
    good.cells[4].outputs = [new_output("error", ename="E", evalue="", traceback=[])]
    good.cells[2].execution_count = None
    counts = extension("status").counts(good)
    assert (counts.run, counts.failed) == (3, 2)


def test_a_row_says_how_the_run_went(extension, good, tmp_path):
    status = extension("status")
    (tmp_path / status.BUDGETS.parent).mkdir(parents=True)
    (tmp_path / status.BUDGETS).write_text(
        "what,measured,limit,unit,machine\n"
        '"run `notebooks/a/b.ipynb`, both frameworks",34,45,s,here\nimport,0.0010,0.2,s,here\n'
        "a layer,1.180,1.5,x,here\n"
    )
    good.metadata.mmref.last_run |= {"date": "2026-01-31", "seconds": 61.7}
    text = status.last_runs(tmp_path, {"notebooks/a/b": good, "notebooks/a/c": good})
    plain = text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NON-BREAKING HYPHEN}", "-")
    first, second = plain.splitlines()[2:]
    assert "| 2026-01-31 | 62 | 2, no error | 1 | 0 | 0 |" in first
    assert first.endswith("| 34 of 45 s |") and second.endswith("| not measured |")
    rest = status.other_budgets(tmp_path).splitlines()[2:]
    assert rest == ["| import | 0.001 s | 0.2 s |", "| a layer | 1.18 times | 1.5 times |"]


def test_versions_are_grouped(extension, good):
    status = extension("status")
    other = deepcopy(good)
    other.metadata.mmref.last_run["numpy"] = "9.9"
    found = {f"a/{n}": good for n in range(4)} | {"a/other": other}
    most, fewest = status.versions(found).splitlines()[2:]
    assert most.startswith("| 4 of 5 |") and fewest.startswith("| {doc}`/a/other` |")
    assert "9.9" in fewest and "9.9" not in most


def asked(extension):
    """Every exercise that the index shows, by its page."""
    index = extension("exercises")
    known = index.names(ROOT)
    return {page: list(index.of_page(ROOT, page, known)) for _, page in index.pages(ROOT)}


def test_the_index_has_every_exercise_of_the_chapters(extension):
    found = asked(extension)
    for page, exercises in found.items():
        text = (ROOT / f"{page}.md").read_text("utf-8")
        assert [one.heading for one in exercises] == re.findall(r"^### (Exercise .+)$", text, re.M)
    assert sum(map(len, found.values())) > 100


def test_an_exercise_is_told_in_a_line(extension):
    for page, exercises in asked(extension).items():
        for one in exercises:
            where = f"{page}: {one.heading}"
            assert 5 < len(one.asks) <= 170 and "\n" not in one.asks, where
            assert one.asks.count("$") % 2 == one.asks.count("`") % 2 == 0, where
            assert set(one.names) <= NAMES.keys(), where
            assert one.level in ("easy", "medium", "hard", "open"), where
            assert one.solved or one.level == "open", where


def test_exercises_go_from_easy_to_hard(extension):
    order = ["easy", "medium", "hard"]
    for page, exercises in asked(extension).items():
        levels = [order.index(one.level) for one in exercises if one.level != "open"]
        assert levels == sorted(levels), page
        assert min(levels, default=0) == page.endswith("_in_depth") or not levels, page


def test_the_names_are_those_of_the_package(extension):
    assert extension("exercises").names(ROOT).keys() == NAMES.keys()


def test_the_page_shows_every_part_that_has_chapters():
    text = (ROOT / "book" / "exercises.md").read_text("utf-8")
    shown = re.findall(r"^```\{exercises\} ?(.*)$", text, re.M)
    assert shown == ["", *(part["caption"] for part in TOC["parts"] if "numbered" in part)]


def test_the_workbook_has_a_place_for_every_family():
    """A family that it lacks needs two cells there, as the others have."""
    text = WORKBOOK.read_text("utf-8")
    assert set(re.findall(r'tally\.next\("(\w+)"\)', text)) == set(NAMES.values())
    assert set(re.findall(r'tally\.check\(\w+, "(\w+)"\)', text)) <= NAMES.keys()


def test_links_are_those_that_the_renderer_makes(extension):
    ours = extension("chapters").slug
    for path in chapters():
        for heading in re.findall(r"^#{2,3} (.+?) *$", path.read_text("utf-8"), re.M):
            assert ours(heading) == slug(heading)
