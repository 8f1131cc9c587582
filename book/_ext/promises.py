"""The directive `{promises}`: rows of `book/promises.toml` as a table.

`{promises} A` shows the rows whose id begins with A, `{promises} missing` what is not there yet;
without an argument it counts all rows.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

from docutils import nodes
from elements import markdown
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

DATA = Path("book", "promises.toml")
STATES = ("done", "in part", "not yet")


def state(row: dict[str, str]) -> str:
    """What became of a promise, in a word or two.

    >>> state({"became": "a chapter"}), state({"missing": "a chapter"})
    ('done', 'not yet')
    """
    if "became" not in row:
        return "not yet"
    return "in part" if "missing" in row else "done"


def table(rows: list[dict[str, str]]) -> str:
    """The rows in Markdown."""
    lines = ["| id | promised | here | state |", "| --- | --- | --- | --- |"]
    for row in rows:
        here = [row["became"]] if "became" in row else []
        here += [f"*Not yet:* {row['missing']}"] if "missing" in row else []
        lines.append(f"| {row['id']} | {row['promised']} | {'. '.join(here)}. | {state(row)} |")
    return "\n".join(lines)


def missing(rows: list[dict[str, str]]) -> str:
    """What is not there yet, in Markdown."""
    left = [f"- {row['id']}, {state(row)}: {row['missing']}." for row in rows if "missing" in row]
    return "\n".join(left)


def count(rows: list[dict[str, str]]) -> str:
    """How many there are of each state."""
    found = Counter(map(state, rows))
    return f"Of {len(rows)} promises, " + ", ".join(f"{found[s]} are {s}" for s in STATES) + "."


class Promises(SphinxDirective):
    optional_arguments = 1  # a letter, or `missing`

    def run(self) -> list[nodes.Node]:
        path = Path(self.env.srcdir) / DATA
        self.env.note_dependency(str(path))
        rows = tomllib.loads(path.read_text(encoding="utf-8"))["promise"]
        if self.arguments == ["missing"]:
            text = missing(rows)
        elif self.arguments:
            text = table([row for row in rows if row["id"].startswith(self.arguments[0])])
        else:
            text = count(rows)
        return markdown(self, text, path)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("promises", Promises)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
