"""``make execute`` stores what the rules ask for, the same each time, or says why not."""

import base64
import io

import nbformat
import pytest
from PIL import Image

from scripts import execute, notebooks, rules
from tests.book.notebooks.pieces import TEXT, png


def test_execute_stores_what_the_rules_ask_for(chapter):
    assert execute.main([str(chapter)]) == 0
    notebook = notebooks.read_stored(notebooks.stored(chapter))
    assert rules.broken(notebook) == []
    assert list(rules.unpaired(notebooks.read_text(chapter), notebook)) == []
    spent, versions = {"seconds", "processor_seconds"}, {"numpy", "torch", "keras", "tensorflow"}
    facts = {"date", "device", "python"} | spent | versions
    assert set(notebook.metadata.mmref.last_run) == facts
    assert notebook.cells[1].outputs[0].text == "6\n"


def test_the_processors_seconds_leave_out_what_a_notebook_waits(chapter):
    code = """import time
end = time.process_time() + 1
while time.process_time() < end:
    pass
time.sleep(3)
print(6)"""
    chapter.write_text(TEXT.replace("print(x * 3)", code), encoding="utf-8")
    assert execute.main([str(chapter)]) == 0
    run = notebooks.read_stored(notebooks.stored(chapter)).metadata.mmref.last_run
    assert 1 <= run.processor_seconds <= run.seconds - 2


def test_a_chapter_computes_on_one_thread_as_its_test_does(chapter, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    code = "import os\nprint(sum(int(os.environ[name]) for name in THREADS))"
    code = code.replace("THREADS", repr(notebooks.THREADS))
    chapter.write_text(TEXT.replace("print(x * 3)", code), encoding="utf-8")
    assert execute.main([str(chapter)]) == 0
    notebook = notebooks.read_stored(notebooks.stored(chapter))
    assert notebook.cells[1].outputs[0].text == f"{len(notebooks.THREADS)}\n"


def test_execute_repeats_itself(chapter):
    """A second run changes nothing but when and how long: no noise in the history."""

    def run():
        assert execute.main([str(chapter)]) == 0
        notebook = notebooks.read_stored(notebooks.stored(chapter))
        notebook.metadata.pop("mmref")
        notebook.cells[2].outputs = []  # the cell that prints the time
        return nbformat.writes(notebook)

    assert run() == run()


def test_execute_gives_equal_cells_different_ids(chapter):
    twice = "\n```{code-cell}\nx = 2\nprint(x * 3)\n```\n"
    chapter.write_text(TEXT + twice, encoding="utf-8")
    ids = [c.id for c in notebooks.read_text(chapter).cells]
    assert len(set(ids)) == len(ids) == 4


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise ValueError('boom')", "boom"),
        (
            "import sys; print('warned', file=sys.stderr)",
            "stderr (a warning? a progress bar?): warned",
        ),
        ("print(1 / 3)", "more than 6 decimals"),
    ],
)
def test_a_cell_that_fails_or_warns_is_refused_and_nothing_stored(chapter, code, message, capsys):
    chapter.write_text(TEXT.replace("print(x * 3)", code), encoding="utf-8")
    assert execute.main([str(chapter)]) == 1
    assert not notebooks.stored(chapter).exists()
    assert message in capsys.readouterr().err


def test_execute_names_a_missing_chapter(tmp_path, capsys):
    assert execute.main([str(tmp_path / "none.md")]) == 1
    assert "there is no chapter" in capsys.readouterr().err


def test_images_shrink_and_keep_their_transparency():
    large = png(200, noise=True)
    small = execute.shrunk(large)
    assert len(small) < len(large) / 2
    image = Image.open(io.BytesIO(base64.b64decode(small))).convert("RGBA")
    assert image.size == (200, 200)
    assert image.getextrema()[3][0] < 255
