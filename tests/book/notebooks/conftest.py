"""A small notebook in which all is well, and a small chapter to run."""

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from scripts import execute
from tests.book.notebooks.pieces import TEXT, cell, picture, stream


@pytest.fixture
def chapter(tmp_path):
    """A small chapter's text."""
    path = tmp_path / "chapter.md"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def good():
    """A small notebook in which all is well."""
    return new_notebook(
        cells=[
            new_markdown_cell("# Title"),
            cell("print(round(1 / 3, 3))", 1, outputs=[stream("0.333\n")]),
            cell("a = 1", 2, ["pytorch"]),
            cell("a = 2", 3, ["keras"]),
            cell(
                "b = a / 3\nassert b < 1\nprint(b)",
                4,
                ["nbval-ignore-output"],
                [stream("0.666666666666\n")],
            ),
            cell("show()", 5, outputs=[picture()], mystnb={"image": {"alt": "A square"}}),
        ],
        metadata={
            "kernelspec": execute.KERNEL,
            "language_info": {"name": "python"},
            "mmref": {"last_run": execute.last_run(1.0, 1.5)},
        },
    )
