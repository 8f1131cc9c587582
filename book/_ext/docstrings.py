"""The package's docstrings as nodes of a page.

A docstring is paragraphs, headed blocks ("Formula", "Args", "Errors"), items ("dim: D, the width of
z.") and examples (">>>"). Its text is plain but for ``code`` and :class:`links`, so it is read here
and not as reStructuredText, to which "h_" or "2 * x *" would mean something else.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Iterator

from docutils import nodes

HEADS = "Formula|Args|Call|Returns|Batch|Files|Errors|Source"
HEAD = re.compile(rf"({HEADS})( \(.*\))?$")
INLINE = re.compile(
    r"``(?P<code>.+?)``"
    r"|:\w+:`~?(?P<link>[^`]+)`"
    r"|\*(?P<mark>\w[\w ]*)\*"
    r'|(?P<word>\b[A-Z]\w+Error\b|"[^"\s]*")',  # an error, or a value such as "mean"
    re.S,
)


def render(doc: str, names: Collection[str], module: str) -> list[nodes.Node]:
    """The nodes of a docstring; ``names`` are those that may begin an item."""
    return [node for block in blocks(doc) for node in _block(block, names, module)]


def blocks(doc: str) -> Iterator[list[str]]:
    """Pieces between empty lines; what is indented below a head belongs to it."""
    block: list[str] = []
    for line in doc.splitlines():
        headed = bool(block) and HEAD.match(block[0]) is not None
        ends = not line if not headed else bool(line) and not line.startswith(" ")
        if block and ends:
            yield block
            block = []
        if line or headed:
            block.append(line)
    if block:
        yield block


def _block(lines: list[str], names: Collection[str], module: str) -> Iterator[nodes.Node]:
    if match := HEAD.match(lines[0]):
        head, remark = match.groups()
        yield nodes.paragraph("", head, *inline(remark or "", module), classes=["api-head"])
        body = _dedent(lines[1:])
        if head == "Formula":
            yield nodes.literal_block(body, body, language="none", classes=["api-formula"])
            return
        for piece in blocks(body):
            yield from _block(piece, names, module)
    elif lines[0].startswith(">>>"):
        code = "\n".join(lines)
        yield nodes.literal_block(code, code, language="pycon")
    elif all(re.match(r"``.*``.*?  +\S", line) for line in lines):
        rows = (re.split(r"  +", line, maxsplit=1) for line in lines)
        yield _definitions(rows, module)
    elif lines[0].startswith(" "):
        code = _dedent(lines)
        yield nodes.literal_block(code, code, language="none")
    else:
        yield from _text(lines, names, module)


def _text(lines: list[str], names: Collection[str], module: str) -> Iterator[nodes.Node]:
    """A paragraph, and the items that begin in it."""
    name = "|".join(sorted(map(re.escape, names), key=len, reverse=True)) or "(?!)"
    # An item begins a line, or follows the full stop of the one before: "dim: D. hidden: H."
    start = re.compile(rf"(?:^|(?<=\. ))((?:{name})(?:, (?:{name}))*): ", re.M)
    text, *result = re.split(
        r"(?:^|(?<=\. ))(?=Returns )", "\n".join(lines), maxsplit=1, flags=re.M
    )
    first, *pieces = start.split(re.sub(r"\n +", "\n ", text))
    items = list(zip(pieces[::2], pieces[1::2], strict=True))
    if first.strip():
        yield nodes.paragraph("", "", *inline(_flat(first), module))
    if items:
        terms = ((", ".join(f"``{n}``" for n in key.split(", ")), said) for key, said in items)
        yield _definitions(terms, module)
    for tail in result:
        yield nodes.paragraph("", "", *inline(_flat(tail), module))


def _definitions(rows: Iterator, module: str) -> nodes.Node:
    made = nodes.definition_list(classes=["api-items"])
    for term, said in rows:
        # Of the values that an argument may have, each gets a line: '"mse", "mae": numbers'.
        parts = re.split(r'\n +(?="[^"\n]+"(?:, "[^"\n]+")*: )', said)
        body = [nodes.paragraph("", "", *inline(_flat(part), module)) for part in parts]
        shown = nodes.term("", "", *inline(term, module))
        made += nodes.definition_list_item("", shown, nodes.definition("", *body))
    return made


def inline(text: str, module: str) -> list[nodes.Node]:
    """Text, ``code``, *stress* and links; errors and short strings are code as well."""
    found: list[nodes.Node] = []
    end = 0
    for match in INLINE.finditer(text):
        found.append(nodes.Text(text[end : match.start()]))
        if link := match["link"]:  # code_links finds its place
            shown = link.rpartition(".")[2]
            found.append(nodes.literal("", shown, whole=link, module=module))
        elif code := match["code"] or match["word"]:
            found.append(nodes.literal("", code))
        else:
            found.append(nodes.emphasis("", match["mark"]))
        end = match.end()
    return [*found, nodes.Text(text[end:])]


def _flat(text: str) -> str:
    return " ".join(text.split())


def _dedent(lines: list[str]) -> str:
    return textwrap.dedent("\n".join(lines)).strip("\n")
