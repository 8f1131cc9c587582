"""The directive `{letters}`: rows of `book/letters.toml` as a table, in the order of the alphabet.

`{letters} one` shows the letters that mean one thing in all chapters, `{letters} several` the
others, with a row for each meaning; without an argument it counts both.
"""

from __future__ import annotations

import tomllib
from itertools import groupby
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from elements import markdown
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

DATA = Path("book", "letters.toml")
Rows = list[dict[str, str | list[str]]]


def groups(rows: Rows) -> list[Rows]:
    """The rows of each letter.

    >>> [len(group) for group in groups([{"letter": "a"}, {"letter": "a"}, {"letter": "b"}])]
    [2, 1]
    """
    return [list(group) for _, group in groupby(rows, key=lambda row: row["letter"])]


def table(found: list[Rows]) -> str:
    """Letters with their meanings in Markdown; a letter is written beside its first meaning."""
    lines = ["| letter | means | in |", "| --- | --- | --- |"]
    for group in found:
        for number, row in enumerate(group):
            letter = f"${row['letter']}$" if number == 0 else ""
            pages = ", ".join(chapter(name) for name in row["in"])
            lines.append(f"| {letter} | {row['means']} | {pages} |")
    return "\n".join(lines)


def chapter(name: str) -> str:
    """A link to a chapter, by the name of its file.

    >>> chapter("fusion/attention_fusion")
    '{doc}`attention fusion </notebooks/fusion/attention_fusion>`'
    """
    return f"{{doc}}`{name.rpartition('/')[2].replace('_', ' ')} </notebooks/{name}>`"


def count(found: list[Rows]) -> str:
    """How many letters there are, and how many have several meanings."""
    several = sum(len(group) > 1 for group in found)
    return f"Of {len(found)} letters, {len(found) - several} mean one thing, {several} several."


class Letters(SphinxDirective):
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        path = Path(self.env.srcdir) / DATA
        self.env.note_dependency(str(path))
        found = groups(tomllib.loads(path.read_text(encoding="utf-8"))["letter"])
        if not self.arguments:
            return markdown(self, count(found), path)
        wanted = directives.choice(self.arguments[0], ("one", "several"))
        chosen = [group for group in found if (len(group) > 1) == (wanted == "several")]
        return markdown(self, table(chosen), path)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("letters", Letters)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
