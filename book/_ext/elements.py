"""One HTML element as a doctree node, runs of tagged code cells, and Markdown of a directive's own.

The other extensions of the book build on these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxTranslator


class Html(nodes.General, nodes.Element):
    """An HTML element: `Html(tag="details", classes=["solution"])`.

    Builders other than HTML show its content and nothing of itself.
    """


def _visit(translator: SphinxTranslator, node: Html) -> None:
    translator.body.append(translator.starttag(node, node["tag"], **node.get("attributes", {})))


def _depart(translator: SphinxTranslator, node: Html) -> None:
    translator.body.append(f"</{node['tag']}>\n")


def _pass(translator: SphinxTranslator, node: Html) -> None:
    pass


def register(app: Sphinx) -> None:
    """Make the `Html` node known to the builders; every extension may call this."""
    both = (_pass, _pass)
    app.add_node(Html, override=True, html=(_visit, _depart), latex=both, text=both, man=both)


def cell_tags(node: nodes.Node) -> set[str]:
    """Tags of a notebook's code cell; empty for any other node."""
    if isinstance(node, nodes.container) and node.get("nb_element") == "cell_code":
        return {name.removeprefix("tag_") for name in node["classes"] if name.startswith("tag_")}
    return set()


def cell_runs(
    document: nodes.document, wanted: Callable[[set[str]], bool]
) -> Iterator[list[nodes.Element]]:
    """Yield maximal runs of neighboring code cells whose tags are wanted."""
    parents = {cell.parent for cell in document.findall(nodes.container) if wanted(cell_tags(cell))}
    for parent in parents:
        run: list[nodes.Element] = []
        for child in [*parent.children, None]:
            if child is not None and wanted(cell_tags(child)):
                run.append(child)
            elif run:
                yield run
                run = []


def wrap(run: list[nodes.Element], wrapper: nodes.Element) -> None:
    """Put a wrapper where the run stands; the caller fills the wrapper."""
    parent = run[0].parent
    parent.insert(parent.index(run[0]), wrapper)
    for node in run:
        parent.remove(node)


def markdown(directive: SphinxDirective, text: str, source: Path) -> list[nodes.Node]:
    """What a directive shows, from Markdown that it has made of a file."""
    parsed = nodes.Element()
    lines = StringList(text.splitlines(), source=str(source))
    directive.state.nested_parse(lines, directive.content_offset, parsed)
    return parsed.children
