"""How long a chapter is for its reader: words, lines of code, minutes.

A topic with much to prove has two pages, ``<topic>.md`` to build it and ``<topic>_in_depth.md`` to
prove it. The first is for an evening, so its length is bounded.

Prose at a steady pace and a minute for each cell make a first count. Three readers who worked
through the chapter on weighted fusion took about 1.5 times as long, so the count is multiplied.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from scripts.rules import FRAMEWORKS, tags

HIDDEN = {"solution", "hide-input", "hide-cell", "remove-input", "remove-cell"}
WORDS_A_MINUTE = 120  # of prose with mathematics
CELL_MINUTES, CLASS_MINUTES = 1, 3  # a cell that defines a class takes the latter
THINKING = 1.5  # minutes that readers took, by minutes counted
DISPLAYED = re.compile(r"\$\$.*?\$\$(?: \([\w-]+\))?", re.S)
STATED = re.compile(r"Reading takes about\s+(\d+)\s+minutes")


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
            minutes += share * (CLASS_MINUTES if defines else CELL_MINUTES)
    minutes = THINKING * (minutes + len(prose) / WORDS_A_MINUTE)
    said = STATED.search("\n".join(c.source for c in notebook.cells if c.cell_type == "markdown"))
    return Length(len(prose) + len(exercises), lines, minutes, int(said[1]) if said else None)


def words(text: str) -> list[str]:
    """The words of a text: what has a letter or digit, without formulas on lines of their own."""
    return [word for word in DISPLAYED.sub(" ", text).split() if re.search(r"\w", word)]
