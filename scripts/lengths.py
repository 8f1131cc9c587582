"""How long a chapter is for its reader: words, lines of code, minutes.

A topic with much to prove has two pages, ``<topic>.md`` to build it and ``<topic>_in_depth.md`` to
prove it. The first is for an evening, so its length is bounded.

Prose at a steady pace and a minute for each cell make a first count. Readers of five chapters as
they are now put them at 2.0 to 2.4 times that (1.5 times, when fewer cells were folded), so the
count is doubled.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from scripts.rules import FRAMEWORKS, tags

HIDDEN = {"solution", "hide-input", "hide-cell", "remove-input", "remove-cell"}
WORDS_A_MINUTE = 120  # of prose with mathematics
CELL_MINUTES, CLASS_MINUTES = 1, 3  # a cell that defines a class takes the latter
THINKING = 2.0  # minutes that readers took, by minutes counted
DISPLAYED = re.compile(r"\$\$.*?\$\$(?: \([\w-]+\))?", re.S)
STATED = re.compile(r"Reading takes about\s+(\d+)\s+minutes")
FIRST_DAY = "Enough for the first day"  # the box at which one may stop
PIECE_MINUTES = 16  # a section that takes longer is taught in the pieces that its headings make
OPENING = "The question"  # what stands above the first section


@dataclass(frozen=True)
class Length:
    """words: of prose, without displayed formulas. lines: of shown code, both frameworks.
    minutes: to read it with one framework, without the exercises. stated: what the page says.
    """

    words: int
    lines: int
    minutes: float
    stated: int | None


def in_depth(chapter: Path) -> Path:
    """Where a chapter's second page stands, if it has one."""
    return chapter.with_name(f"{chapter.stem}_in_depth.md")


def measure(notebook) -> Length:
    """The length of a chapter, of its text or its stored notebook."""
    prose, exercises, lines, minutes = [], [], 0, 0.0
    at_exercises = False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for part in re.split(r"^(?=## )", cell.source, flags=re.M):
                if part.startswith("## "):
                    at_exercises = part.startswith("## Exercises")
                (exercises if at_exercises else prose).extend(words(part))
        elif not tags(cell) & HIDDEN:
            lines += sum(bool(line.strip()) for line in cell.source.splitlines())
            defines = re.search(r"^class ", cell.source, re.M)
            share = 1 / len(FRAMEWORKS) if tags(cell) & set(FRAMEWORKS) else 1  # cells are twins
            if not at_exercises:
                minutes += share * (CLASS_MINUTES if defines else CELL_MINUTES)
    minutes = THINKING * (minutes + len(prose) / WORDS_A_MINUTE)
    said = STATED.search("\n".join(c.source for c in notebook.cells if c.cell_type == "markdown"))
    return Length(len(prose) + len(exercises), lines, minutes, int(said[1]) if said else None)


def words(text: str) -> list[str]:
    """The words of a text: what has a letter or digit, without formulas on lines of their own."""
    return [word for word in DISPLAYED.sub(" ", text).split() if re.search(r"\w", word)]


def first_day(notebook) -> float | None:
    """The minutes to the box that ends the first day; None where a page has none."""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown" and FIRST_DAY in cell.source:
            above = SimpleNamespace(
                cell_type="markdown", source=cell.source.partition(FIRST_DAY)[0]
            )
            return measure(SimpleNamespace(cells=[*notebook.cells[:number], above])).minutes
    return None


def pieces(notebook) -> list[tuple[str, float]]:
    """A chapter in pieces for a lecture, without its exercises: headings, and minutes to read."""
    found = []
    for title, cells in sections(notebook.cells, "## "):
        minutes = measure(SimpleNamespace(cells=cells)).minutes
        if minutes <= PIECE_MINUTES:
            found.append((title, minutes))
            continue
        for part, own in sections(cells, "### "):
            found.append((part or title, measure(SimpleNamespace(cells=own)).minutes))
    return [(title or OPENING, minutes) for title, minutes in found if title != "Exercises"]


def sections(cells: list, marks: str) -> Iterator[tuple[str, list]]:
    """The cells below each heading of a rank, and "" with what stands above the first."""
    title, own = "", []
    for cell in cells:
        if cell.cell_type != "markdown":
            own.append(cell)
            continue
        for part in re.split(rf"^(?={marks})", cell.source, flags=re.M):
            if part.startswith(marks):
                yield title, own
                title, own = part.partition("\n")[0].removeprefix(marks).strip(), []
            own.append(SimpleNamespace(cell_type="markdown", source=part))
    yield title, own
