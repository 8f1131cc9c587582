"""The ways through the book, from `book/routes.toml`, with measured minutes.

`{route} evening` shows the stops of a route and `{week} 3` what a week of the course holds. Every
chapter ends with where it stands: its part, its minutes, and the stops before and after it.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import chapters
import yaml
from docutils import nodes
from elements import Html, markdown, register
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective

from scripts import lengths  # found beside the book: see chapters

DATA = Path("book", "routes.toml")
NUMBERED = "numbered"  # in the table of contents the parts that hold chapters are


def load(root: Path) -> dict[str, Any]:
    """The routes, by name, and the weeks."""
    data = tomllib.loads((root / DATA).read_text(encoding="utf-8"))
    return {"routes": {r["name"]: r for r in data["route"]}, "weeks": data["week"]}


def minutes(root: Path, page: str, until: str | None = None) -> float:
    """How long a page takes to read, or its part for the first day."""
    notebook = chapters.read(root, page)
    return lengths.first_day(notebook) if until else lengths.measure(notebook).minutes


class Route(SphinxDirective):
    """A table of stops, and the sum of their minutes."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        root = Path(self.env.srcdir)
        self.env.note_dependency(str(root / DATA))
        route = load(root)["routes"][self.arguments[0]]
        lines = ["| stop | page | minutes | you take along |", "| --- | --- | --- | --- |"]
        total = 0.0
        for number, stop in enumerate(route["stop"], start=1):
            self.env.note_dependency(str(root / f"{stop['page']}.ipynb"))
            taken = minutes(root, stop["page"], stop.get("until"))
            total += taken
            part = ", to the box of the first day" if "until" in stop else ""
            page = f"{{doc}}`/{stop['page']}`{part}"
            lines.append(f"| {number} | {page} | {chapters.rounded(taken)} | {stop['gain']} |")
        text = f"{route['who']} About {chapters.hours(total)} to read.\n\n" + "\n".join(lines)
        return markdown(self, text, root / DATA)


class Week(SphinxDirective):
    """A week of the course: its page in pieces, its exercises, and what to read besides."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        root = Path(self.env.srcdir)
        self.env.note_dependency(str(root / DATA))
        week = load(root)["weeks"][int(self.arguments[0]) - 1]
        page = week["page"]
        self.env.note_dependency(str(root / f"{page}.ipynb"))
        notebook = chapters.read(root, page)
        whole = lengths.measure(notebook).minutes
        lines = ["| piece | minutes |", "| --- | --- |"]
        for heading, taken in lengths.pieces(notebook):
            opening = heading == lengths.OPENING
            shown = f"[{heading}](/{page}.ipynb)" if opening else chapters.link(page, heading)
            lines.append(f"| {shown} | {chapters.rounded(taken)} |")
        titles = [heading for heading, _ in lengths.sections(notebook.cells, "### ")]
        asked = [
            chapters.link(page, heading)
            for number in week["exercises"]
            for heading in titles
            if heading.startswith(f"Exercise {number}.")
        ]
        more = chapters.rounded(minutes(root, week["more"]))
        text = (
            f"{{doc}}`/{page}`, about {chapters.rounded(whole)} minutes to read.\n\n"
            + "\n".join(lines)
            + f"\n\n**Exercises**: {'; '.join(asked)}.\n\n"
            + f"**More**: {{doc}}`/{week['more']}`, about {more} minutes."
        )
        return markdown(self, text, root / DATA)


class WhereItStands(SphinxTransform):
    """Append to each chapter its part, its minutes, and its neighbors on the routes."""

    default_priority = 425  # before the line of the last run

    def apply(self, **kwargs: object) -> None:
        root, page = Path(self.env.srcdir), self.env.docname
        if not (root / DATA).is_file() or Path(self.env.doc2path(page)).suffix != ".ipynb":
            return
        self.env.note_dependency(str(root / DATA))
        place = part(root, page)
        if place is None:
            return
        taken = chapters.rounded(minutes(root, page))
        items = [self.line([f"{place}, about {taken} minutes to read"])]
        items += [self.line(words) for words in stops(load(root), page)]
        title = nodes.paragraph("", "", nodes.strong("", "Where this page stands"))
        box = Html("", title, nodes.bullet_list("", *items), tag="div", classes=["where"])
        self.document.children[-1].append(box)

    def line(self, words: list[str | tuple[str]]) -> nodes.list_item:
        """An item: texts, and pages, each in a tuple, as links with their titles."""
        paragraph = nodes.paragraph()
        for word in words:
            paragraph += nodes.Text(word) if isinstance(word, str) else self.page(*word)
        return nodes.list_item("", paragraph)

    def page(self, name: str) -> addnodes.pending_xref:
        return addnodes.pending_xref(
            "",
            nodes.inline("", name, classes=["doc"]),
            refdomain="std",
            reftype="doc",
            refdoc=self.env.docname,
            reftarget=f"/{name}",
            refexplicit=False,
            refwarn=True,
        )


def part(root: Path, page: str) -> str | None:
    """Where a page stands in the table of contents; None for what is no chapter.

    A page in depth stands with its chapter.
    """
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    for one in toc["parts"]:
        if NUMBERED not in one:
            continue
        for number, chapter in enumerate(one["chapters"], start=1):
            below = [section["file"] for section in chapter.get("sections", [])]
            if page == chapter["file"] or page in below:
                depth = ", in depth" if page in below else ""
                return f"{one['caption']}, chapter {number} of {len(one['chapters'])}{depth}"
    return None


def stops(data: dict[str, Any], page: str) -> list[list[str | tuple[str]]]:
    """For each route that leads through a page: its title, and the stops before and after.

    >>> way = {"title": "A walk", "stop": [{"page": "a"}, {"page": "b"}, {"page": "c"}]}
    >>> stops({"routes": {"walk": way}, "weeks": []}, "b")
    [['A walk, stop 2 of 3; before it ', ('a',), '; next ', ('c',)]]
    """
    found = []
    for route in data["routes"].values():
        pages = [stop["page"] for stop in route["stop"]]
        if page in pages:
            start = f"{route['title']}, stop {pages.index(page) + 1} of {len(pages)}"
            found.append(neighbors(start, pages, page))
    pages = [week["page"] for week in data["weeks"]]
    if page in pages:
        found.append(neighbors(f"The course, week {pages.index(page) + 1}", pages, page))
    for number, week in enumerate(data["weeks"], start=1):
        if page == week["more"]:
            found.append([f"The course, week {number}, as more to read"])
    return found


def neighbors(start: str, pages: list[str], page: str) -> list[str | tuple[str]]:
    """A line that begins with `start`, and leads to the pages before and after one."""
    at, words = pages.index(page), [start]
    if at > 0:
        words = [f"{words[0]}; before it ", (pages[at - 1],)]
    if at + 1 < len(pages):
        words += ["; next ", (pages[at + 1],)]
    return words


def setup(app: Sphinx) -> dict[str, bool]:
    register(app)
    app.add_directive("route", Route)
    app.add_directive("week", Week)
    app.add_transform(WhereItStands)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
