"""nbval does compare: a notebook with one changed character fails."""

import nbformat

from scripts import execute, notebooks, rules
from tests.book.notebooks.pieces import nbval


def corrupt(notebook):
    """Change one character of the first text that nbval compares."""
    for _, code in rules.code_cells(notebook):
        if rules.IGNORED in rules.tags(code):
            continue
        for output in code.outputs:
            if output.output_type == "stream":
                output.text = changed(output.text)
                return
            if "text/plain" in output.get("data", {}):
                output.data["text/plain"] = changed(output.data["text/plain"])
                return
    raise AssertionError("the notebook stores no text that nbval compares")


def changed(text):
    return text[:-1].rstrip() + ("0" if not text.rstrip().endswith("0") else "1")


def until_first_text(notebook):
    """The notebook up to its first cell whose text is compared: enough for a canary."""
    for end, code in enumerate(notebook.cells, start=1):
        if code.cell_type == "code" and rules.IGNORED not in rules.tags(code):
            if list(rules.texts(code)):
                notebook.cells = notebook.cells[:end]
                return notebook
    raise AssertionError("the notebook stores no text that nbval compares")


def test_a_corrupted_output_is_noticed(chapter):
    assert execute.main([str(chapter)]) == 0
    assert nbval(chapter.parent).returncode == 0
    notebook = notebooks.read_stored(notebooks.stored(chapter))
    corrupt(notebook)
    nbformat.write(notebook, notebooks.stored(chapter))
    answer = nbval(chapter.parent)
    assert answer.returncode == 1
    assert "1 failed, 1 passed" in answer.stdout


def test_canary_in_a_real_chapter(tmp_path):
    chapter = notebooks.chapters()[0]
    notebook = until_first_text(notebooks.read_stored(notebooks.stored(chapter)))
    # Chapters read stored studies by a path relative to their own.
    folder = tmp_path / chapter.relative_to(notebooks.ROOT).parent
    folder.mkdir(parents=True)
    (tmp_path / "benchmarks").symlink_to(notebooks.ROOT / "benchmarks")
    nbformat.write(notebook, folder / "true.ipynb")
    corrupt(notebook)
    nbformat.write(notebook, folder / "false.ipynb")
    answer = nbval(tmp_path)
    assert answer.returncode == 1
    assert answer.stdout.count("FAILED") == 1 and "false.ipynb" in answer.stdout
