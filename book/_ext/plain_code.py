"""Code without an element around what has the color of all text: names, brackets, and the dot.

Such elements were a third of the longest pages. `mmref.css` gives a block of code this color.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO

from pygments.formatters import HtmlFormatter
from pygments.token import Name, Operator, Punctuation, Text, _TokenType
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge

COLORLESS = {Name, Name.Namespace, Name.Other, Punctuation, Punctuation.Marker, Text.Whitespace}


class Formatter(HtmlFormatter):
    """Code as HTML."""

    def format_unencoded(self, tokens: Iterable[tuple[_TokenType, str]], file: IO[str]) -> None:
        super().format_unencoded(((_seen(*token), token[1]) for token in tokens), file)


def _seen(kind: _TokenType, text: str) -> _TokenType:
    """The kind of a token as far as its color tells it; nobody sees that of a dot."""
    return Text if kind in COLORLESS or (kind is Operator and text == ".") else kind


def setup(app: Sphinx) -> dict[str, bool]:
    PygmentsBridge.html_formatter = Formatter
    return {"parallel_read_safe": True, "parallel_write_safe": True}
