"""The directive `{exercises}`: every exercise of a part of the book, found in its chapters.

Name, question and solution are those of the page; nothing is kept by hand. How hard one is,
its place tells: a chapter's exercises go from easy to hard, those of a page in depth begin harder.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import chapters
import yaml
from docutils import nodes
from elements import markdown
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from scripts import lengths  # found beside the book: see chapters

HEADING = re.compile(r"### (Exercise \d+\. (.+))")
CHECKED = re.compile(r"check\(\w+, \"(\w+)\"\)|`(\w+)`")
SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z*`$(])")
VERBS = re.compile(
    r"(Build|Change|Choose|Compute|Derive|Draw|Find|Fuse|Make|Predict|Show that|Shuffle|Take|Train"
    r"|Write)\b"
)
ASKS = re.compile(r"(Give|Score|Start|Try)\b|By hand|.*\?$")
LONGEST = 150
LEVELS = {False: ("easy", "medium", "hard"), True: ("medium", "hard")}  # of a page in depth: True


@dataclass(frozen=True)
class Asked:
    """heading: as it stands on the page. asks: a sentence of it. names: what `mmref.check` calls
    it, if it is asked there. solved: whether the page has a solution. level: how hard.
    """

    heading: str
    asks: str
    names: tuple[str, ...]
    solved: bool
    level: str


def of_page(root: Path, page: str, known: dict[str, str]) -> Iterator[Asked]:
    """The exercises of a page. known: the names in `mmref.check`, with what each returns."""
    notebook, depth = chapters.read(root, page), page.endswith("_in_depth")
    below = [
        (found, cells)
        for heading, cells in lengths.sections(notebook.cells, "### ")
        if (found := HEADING.fullmatch(f"### {heading}"))
    ]
    for number, (found, cells) in enumerate(below):
        text = re.split(r"^## ", cells[0].source, flags=re.M)[0].partition("\n")[2]
        code = [cell for cell in cells if cell.cell_type == "code"]
        own = [cell for cell in code if "solution" in cell.metadata.get("tags", [])]
        said = text + "".join(cell.source for cell in code)
        names = [one or other for one, other in CHECKED.findall(said)]
        names = tuple(dict.fromkeys(name for name in names if name in known))
        levels = LEVELS[depth]
        level = levels[number * len(levels) // len(below)]
        if found[2].startswith("Open"):
            level = "open"
        asks = question(text) if text.strip() else known[names[0]]
        # A page's links are written from where it stands.
        asks = re.sub(r"\{doc\}`(?!/)", f"{{doc}}`/{page.rpartition('/')[0]}/", asks)
        yield Asked(found[1], asks, names, bool(own), level)


def question(text: str) -> str:
    """A sentence that asks for something, cut where it is long, but not in a formula.

    >>> question("Let x be 1. Write `f`. Then check it.")
    'Write `f`.'
    """
    sentences = SENTENCE.split(" ".join(text.split()))
    found = [*filter(VERBS.match, sentences), *filter(ASKS.match, sentences), sentences[0]]
    sentence = found[0]
    if len(sentence) <= LONGEST:
        return sentence
    words, kept = sentence.split(" "), ""
    for end in range(1, len(words)):
        start = " ".join(words[:end])
        if len(start) > LONGEST:
            break
        if start.count("$") % 2 == start.count("`") % 2 == 0:
            kept = start
    return f"{kept} …"


def names(root: Path) -> dict[str, str]:
    """The exercises of `mmref.check`, a file each, with the part of its docstring that asks."""
    found = {}
    for path in (root / "mmref" / "check").glob("[a-z]*/[a-z]*.py"):
        statement = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        returned = re.search(r"\b[Rr]eturns? (.+)", " ".join(statement.split()))
        found[path.stem] = question(f"Return {returned[1]}") if returned else ""
    return found


def table(page: str, found: list[Asked]) -> list[str]:
    """A page's exercises in Markdown."""
    lines = [
        f"{{doc}}`/{page}`",
        "",
        "| exercise | asks | answered by | level |",
        "| --- | --- | --- | --- |",
    ]
    for one in found:
        asked = [f"`{name}`" for name in one.names]
        answer = ", ".join(asked) or ("solution" if one.solved else "nobody yet")
        asks = one.asks.replace("|", "\\|")
        lines.append(f"| {chapters.link(page, one.heading)} | {asks} | {answer} | {one.level} |")
    return [*lines, ""]


class Exercises(SphinxDirective):
    """`{exercises} Fusion`: of the chapters of a part; without an argument, how many there are."""

    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        root = Path(self.env.srcdir)
        self.env.note_dependency(str(root / "_toc.yml"))
        known, lines, every = names(root), [], []
        wanted = self.arguments[0] if self.arguments else None
        for part, page in pages(root):
            if wanted in (None, part):
                self.env.note_dependency(str(root / f"{page}.ipynb"))
                found = list(of_page(root, page, known))
                every += found
                lines += table(page, found) if found else []
        if wanted is None:
            lines = [count(every, known)]
        return markdown(self, "\n".join(lines), root / "_toc.yml")


def count(every: list[Asked], known: dict[str, str]) -> str:
    """How many exercises there are, and who answers."""
    checked = sum(bool(one.names) for one in every)
    alone = sum(not one.names and one.solved for one in every)
    left = len(every) - checked - alone
    unset = known.keys() - {name for one in every for name in one.names}
    return (
        f"Of {len(every)} exercises, {checked} are answered by `mmref.check`, {alone} by a "
        f"solution alone, and {left} by nobody yet. `mmref.check` knows {len(known)} by name, "
        f"{len(unset)} of which no chapter sets."
    )


def pages(root: Path) -> Iterator[tuple[str, str]]:
    """The chapters and their pages in depth, each with its part, in the order of the contents."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    for part in toc["parts"]:
        for chapter in part["chapters"] if "numbered" in part else []:
            for one in (chapter, *chapter.get("sections", [])):
                yield part["caption"], one["file"]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("exercises", Exercises)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
