"""The directive `{status}`: for each notebook its last run, and how much of it is compared.

Everything is read from the stored notebooks; `{status} versions` shows what they were run with, and
`{status} budgets` the other measured limits, from `benchmarks/results/budgets.csv`.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import chapters
import yaml
from docutils import nodes
from docutils.parsers.rst import directives
from elements import markdown
from last_run import VERSIONS
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from scripts import rules  # found beside the book: see chapters

BUDGETS = Path("benchmarks", "results", "budgets.csv")
RUN = re.compile(r"run `(notebooks/.+)\.ipynb`, both frameworks")


@dataclass(frozen=True)
class Counts:
    """Of a notebook's cells of code. run: all that were, without an error. compared: with text that
    the tests compare. bounded: whose output may differ within a bound. pictures: that they draw.
    """

    run: int
    failed: int
    compared: int
    bounded: int
    pictures: int


def counts(notebook: NotebookNode) -> Counts:
    """What of a stored notebook was run, and what of it is compared."""
    cells = [cell for _, cell in rules.code_cells(notebook)]
    failed = sum(any(out.output_type == "error" for out in cell.outputs) for cell in cells)
    bounded = sum(rules.IGNORED in rules.tags(cell) for cell in cells)
    compared = sum(rules.IGNORED not in rules.tags(c) and any(rules.texts(c)) for c in cells)
    pictures = sum(1 for cell in cells for _ in rules.images(cell))
    run = sum(cell.execution_count is not None for cell in cells)
    return Counts(run - failed, len(cells) - run + failed, compared, bounded, pictures)


def pages(root: Path) -> list[str]:
    """Every notebook of the book, in the order of its contents."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    chapters_ = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    files = [one["file"] for c in chapters_ for one in (c, *c.get("sections", []))]
    return [file for file in files if (root / f"{file}.ipynb").is_file()]


def budgets(root: Path) -> list[dict[str, str]]:
    """What was measured, and its limit."""
    with (root / BUDGETS).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def last_runs(root: Path, found: dict[str, NotebookNode]) -> str:
    """A row for each notebook."""
    limits = {run[1]: row for row in budgets(root) if (run := RUN.fullmatch(row["what"]))}
    lines = ["| notebook | run on | seconds | cells | compared | bounded | pictures | budget |"]
    lines += ["| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for page, notebook in found.items():
        run, seen = notebook.metadata.mmref.last_run, counts(notebook)
        result = f"{seen.failed} failed" if seen.failed else f"{seen.run}, no error"
        budget = limits.get(page)
        held = f"{budget['measured']} of {budget['limit']} s" if budget else "not measured"
        cells = [run.date.replace("-", "\N{NON-BREAKING HYPHEN}"), f"{run.seconds:.0f}", result]
        cells += [str(seen.compared), str(seen.bounded), str(seen.pictures), held]
        told = " | ".join(cell.replace(" ", "\N{NO-BREAK SPACE}") for cell in cells)
        lines.append(f"| {{doc}}`/{page}` | {told} |")
    return "\n".join(lines)


def versions(found: dict[str, NotebookNode]) -> str:
    """What the notebooks were run with: a row for each set of versions."""
    groups = defaultdict(list)
    for page, notebook in found.items():
        run = notebook.metadata.mmref.last_run
        groups[(run.device, *(run.get(key, "-") for key in VERSIONS))].append(page)
    lines = [f"| notebooks | device | {' | '.join(VERSIONS.values())} |"]
    lines += ["| --- " * (2 + len(VERSIONS)) + "|"]
    for facts, own in sorted(groups.items(), key=lambda group: -len(group[1])):
        which = f"{len(own)} of {len(found)}"
        if len(own) <= 3:
            which = ", ".join(f"{{doc}}`/{page}`" for page in own)
        lines.append(f"| {which} | {' | '.join(facts)} |")
    return "\n".join(lines)


def other_budgets(root: Path) -> str:
    """What else has a limit: a row for each."""
    lines = ["| what | measured | limit |", "| --- | --- | --- |"]
    for row in budgets(root):
        if not RUN.fullmatch(row["what"]):
            unit = "times" if row["unit"] == "x" else row["unit"]
            measured = float(row["measured"])
            lines.append(f"| {row['what']} | {measured:g} {unit} | {row['limit']} {unit} |")
    return "\n".join(lines)


class Status(SphinxDirective):
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        root = Path(self.env.srcdir)
        found = {page: chapters.read(root, page) for page in pages(root)}
        for file in ("_toc.yml", BUDGETS, *(f"{page}.ipynb" for page in found)):
            self.env.note_dependency(str(root / file))
        wanted = self.arguments[0] if self.arguments else "runs"
        wanted = directives.choice(wanted, ("runs", "versions", "budgets"))
        if wanted == "runs":
            text = last_runs(root, found)
        else:
            text = versions(found) if wanted == "versions" else other_budgets(root)
        return markdown(self, text, root / BUDGETS)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("status", Status)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
