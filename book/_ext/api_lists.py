"""Lists of operations: all of them, and those that a chapter derives.

The directive `{api-index}` lists all, page by page, with what they do. A chapter ends with a line
that leads to the operations whose equations it has.
"""

from __future__ import annotations

from collections.abc import Iterator

from docstrings import inline
from docutils import nodes
from elements import Html
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class ApiIndex(nodes.General, nodes.Element):
    """Stands for the list until all pages are read."""


class ApiIndexDirective(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        return [ApiIndex()]


def fill(app: Sphinx, document: nodes.document, page: str) -> None:
    """Write the lists of a page, now that all pages are read."""
    for mark in list(document.findall(ApiIndex)):
        mark.replace_self([*_index(app, page)])
    if derived := [*_derived(app, page)]:
        line = nodes.paragraph("", "In the API reference: ", *derived[1:])
        chapter = document.next_node(nodes.section)
        ends = isinstance(chapter.children[-1], Html)  # with its last run
        chapter.insert(len(chapter.children) - ends, line)


def address(app: Sphinx, page: str, target: str, anchor: str) -> str:
    """Of a place on another page, or on the same."""
    address = "" if page == target else app.builder.get_relative_uri(page, target)
    return f"{address}#{anchor}" if anchor else address


def _derived(app: Sphinx, page: str) -> Iterator[nodes.Node]:
    """A comma and a link for each operation that a chapter derives."""
    for target, entries in sorted(app.env.mmref_api.items()):
        for entry in (e for e in entries if page in e.chapters):
            for name in entry.names:
                yield nodes.Text(", ")
                uri = address(app, page, target, entry.anchor)
                yield nodes.reference("", "", nodes.literal("", name), internal=True, refuri=uri)


def _index(app: Sphinx, page: str) -> Iterator[nodes.Node]:
    """Each page's operations with what they do, in the order of the table of contents."""
    for target in app.env.toctree_includes.get(page, []):
        title = app.env.titles[target].astext()
        heading = nodes.reference("", title, internal=True, refuri=address(app, page, target, ""))
        yield nodes.paragraph("", "", heading, classes=["api-page"])
        rows = nodes.definition_list(classes=["api-index"])
        for entry in (e for e in app.env.mmref_api.get(target, []) if e.summary):
            term = nodes.term()
            for name in entry.names:
                uri = address(app, page, target, entry.anchor)
                shown = nodes.reference("", "", nodes.literal("", name), internal=True, refuri=uri)
                term += [nodes.Text(", " if len(term) else ""), shown]
            said = nodes.paragraph("", "", *inline(entry.summary, ""))
            rows += nodes.definition_list_item("", term, nodes.definition("", said))
        yield rows


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(ApiIndex)
    app.add_directive("api-index", ApiIndexDirective)
    app.connect("doctree-resolved", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
