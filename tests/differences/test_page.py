"""The page "Where PyTorch and Keras differ" says what its registry says."""

import ast

import pytest

pytest.importorskip("torch")
pytest.importorskip("keras")

from book.differences import GROUPS  # noqa: E402
from scripts import differences as page  # noqa: E402
from scripts.notebooks import read_stored, stored  # noqa: E402


@pytest.fixture(scope="module")
def text():
    """What the page should be: one drawing for all questions."""
    return page.page()


@pytest.mark.each_backend
def test_the_page_is_current(text):
    current = page.PAGE.read_text(encoding="utf-8") == text
    assert current, "run python -m scripts.differences, then make execute"


def test_an_outdated_page_is_written_anew(text, monkeypatch, tmp_path, capsys):
    outdated = tmp_path / "differences.md"
    outdated.write_text(text.replace("1e-5", "1e-4"), encoding="utf-8")
    monkeypatch.setattr(page, "PAGE", outdated)
    monkeypatch.setattr(page, "ROOT", tmp_path)
    assert outdated.read_text(encoding="utf-8") != text
    page.main()
    assert outdated.read_text(encoding="utf-8") == text
    assert "make execute NB=differences.md" in capsys.readouterr().out


def test_the_page_shows_what_was_observed():
    """The stored outputs; on the page Keras runs on TensorFlow."""
    differences = [d for group in GROUPS for d in group.differences]
    sides = [side for d in differences for side in (d.torch, d.keras)]
    observed = {f"{side.program.__name__}()": side.observed for side in sides}
    shown = {}
    for cell in read_stored(stored(page.PAGE)).cells:
        call = cell.source.splitlines()[-1]
        if cell.cell_type == "code" and call in observed:
            shown[call] = ast.literal_eval(cell.outputs[0].data["text/plain"])
    assert shown == observed


def test_every_line_of_code_fits_the_page(text):
    """A phone scrolls, a screen should not."""
    code = text.split("```{code-cell}")[1:]
    lines = [line for cell in code for line in cell.split("\n```")[0].splitlines()]
    assert max(map(len, lines)) <= 96


def test_a_gap_is_written_in_two_digits():
    assert [page.number(x) for x in (0, 0.00213, 0.5, 99.9)] == ["0", "0.0021", "0.5", "100"]
