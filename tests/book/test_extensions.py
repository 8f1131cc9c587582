"""The book's own extensions, on a book of one notebook rendered for each case."""

import json
import re
import shutil
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sphinx.cmd.build import main as sphinx_build

RUN = {
    "date": "2026-01-31",
    "device": "CPU",
    "python": "3.12.1",
    "torch": "2.13.0",
    "seconds": 61.7,
}
CONFIG = """
bibtex_bibfiles = []
extensions = ["myst_nb", "last_run", "solutions", "tabs", "terms"]
exclude_patterns = ["_build"]
html_theme = "basic"
nb_execution_mode = "off"
"""


def code(source: str, *tags: str):
    return new_code_cell(source, metadata={"tags": list(tags)}, execution_count=1)


@pytest.fixture
def render(root: Path, tmp_path: Path, monkeypatch, capfd):
    """Render cells as a notebook; give back its HTML body and the warnings."""
    monkeypatch.syspath_prepend(str(root / "book" / "_ext"))
    (tmp_path / "conf.py").write_text(CONFIG)

    def go(*cells, metadata=None) -> tuple[str, str]:
        facts = {"mmref": {"last_run": RUN}} if metadata is None else metadata
        language = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
        notebook = new_notebook(
            cells=[new_markdown_cell("# Title"), *cells], metadata=language | facts
        )
        (tmp_path / "index.ipynb").write_text(json.dumps(notebook))
        shutil.rmtree(tmp_path / "_build", ignore_errors=True)
        assert sphinx_build(["-q", "-n", str(tmp_path), str(tmp_path / "_build")]) == 0
        warnings = re.sub(r"\x1b\[[\d;]*m", "", capfd.readouterr().err)
        page = (tmp_path / "_build" / "index.html").read_text()
        return page[page.index('<div class="body"') :], warnings

    return go


def order(page: str, *marks: str) -> bool:
    """Whether the marks stand on the page in this order."""
    return re.search(".*?".join(map(re.escape, marks)), page, re.DOTALL) is not None


def test_neighbors_become_one_set(render):
    page, warnings = render(code("torch_code", "pytorch"), code("keras_code", "keras"))
    assert page.count('class="framework-tabs"') == 1
    assert order(
        page, "framework-panel pytorch", "torch_code", "framework-panel keras", "keras_code"
    )
    assert not warnings


def test_two_cells_each_share_a_set(render):
    cells = [code(f"x{i}", name) for i, name in enumerate(["pytorch", "pytorch", "keras", "keras"])]
    page, warnings = render(*cells)
    assert page.count('class="framework-tabs"') == 1 and not warnings


def test_a_second_pair_is_a_second_set(render):
    page, warnings = render(*(code("x", name) for name in ["pytorch", "keras"] * 2))
    assert page.count('class="framework-tabs"') == 2 and not warnings


def test_text_between_parts_the_sets(render):
    first, second = ([code("x", "pytorch"), code("x", "keras")] for _ in range(2))
    page, _ = render(*first, new_markdown_cell("between"), *second)
    assert page.count('class="framework-tabs"') == 2
    assert order(page, "framework-tabs", "between", "framework-tabs")


def test_keras_before_pytorch_is_a_warning(render):
    """PyTorch stands first everywhere; turned around, the cells are no pair."""
    _, warnings = render(code("a", "keras"), code("b", "pytorch"))
    assert warnings.count("twin next to it") == 2


def test_untagged_cells_stay_outside(render):
    page, _ = render(code("before"), code("a", "pytorch"), code("b", "keras"), code("after"))
    inside = page[page.index("framework-tabs") :]
    assert "before" not in inside and order(inside, "framework-panel keras", "after")


@pytest.mark.parametrize(("present", "absent"), [("pytorch", "Keras"), ("keras", "PyTorch")])
def test_a_missing_twin_is_a_warning(render, present, absent):
    _, warnings = render(code("x", present), new_markdown_cell("text"))
    assert f"a code cell has no {absent} twin" in warnings


def test_solutions_fold_into_one_box(render):
    page, _ = render(code("question"), code("answer", "solution"), code("more", "solution"))
    assert page.count('<details class="solution">') == 1
    assert order(page, "question", "<details", "Show the solution", "answer", "more", "</details>")


def test_solutions_in_both_frameworks_keep_their_tabs(render):
    page, warnings = render(code("a", "solution", "pytorch"), code("b", "solution", "keras"))
    assert order(page, "<details", "framework-tabs", "</details>") and not warnings


def test_the_page_ends_with_its_last_run(render):
    page, warnings = render(code("x"))
    assert not warnings
    line = "Last run 2026-01-31 on CPU in 62 seconds, with Python 3.12.1, PyTorch 2.13.0."
    assert order(page, "x", '<footer class="last-run">', line)


@pytest.mark.parametrize("fact", ["date", "device", "python", "seconds"])
def test_an_incomplete_record_is_a_warning(render, fact):
    known = {key: value for key, value in RUN.items() if key != fact}
    page, warnings = render(code("x"), metadata={"mmref": {"last_run": known}})
    assert f"lacks mmref.last_run.{fact}" in warnings and "last-run" not in page


def test_no_record_is_a_warning(render):
    _, warnings = render(code("x"), metadata={})
    assert "run `make execute`" in warnings


def test_chinese_terms_are_marked(render):
    glossary = "```{glossary}\nmask\n掩码\n  Which entries count.\n```"
    page, warnings = render(new_markdown_cell(glossary))
    assert re.search(r'<dt[^>]* lang="zh"[^>]*>掩码', page)
    assert not re.search(r"<dt[^>]* lang=[^>]*>mask", page)
    assert not warnings
