"""What the pages about the chapters read: a stored notebook, its title, its minutes, its links."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path

import nbformat

# The project's scripts measure chapters; who renders the book has them beside it.
sys.path.append(str(Path(__file__).resolve().parents[2]))

TITLE = re.compile(r"^# (.+)$", re.M)


def read(root: Path, page: str) -> nbformat.NotebookNode:
    """A chapter's stored notebook, by the page's name; several pages ask for one."""
    path = root / f"{page}.ipynb"
    return _read(path, path.stat().st_mtime_ns)


@cache
def _read(path: Path, _changed: int) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def title(notebook: nbformat.NotebookNode) -> str:
    """Its first heading."""
    return TITLE.search(notebook.cells[0].source)[1]


def slug(heading: str) -> str:
    """The anchor of a heading, as MyST makes it.

    >>> slug("PyTorch | Keras")
    'pytorch--keras'
    """
    return re.sub(r"[^\w\- ]", "", heading.lower().replace(" ", "-"))


def link(page: str, heading: str) -> str:
    """A link to a section of a chapter, fit for a table.

    >>> link("notebooks/a/b", "PyTorch | Keras")
    '[PyTorch \\\\| Keras](/notebooks/a/b.ipynb#pytorch--keras)'
    """
    shown = heading.replace("|", "\\|")
    return f"[{shown}](/{page}.ipynb#{slug(heading)})"


def rounded(minutes: float) -> int:
    """Minutes as a reader wants them: to five, or to one where there are few.

    >>> rounded(64.5), rounded(3.4), rounded(0.2)
    (65, 3, 1)
    """
    return 5 * round(minutes / 5) if minutes >= 10 else max(1, round(minutes))


def hours(minutes: float) -> str:
    """A sum of minutes in words.

    >>> hours(110), hours(40)
    ('2 hours', '40 minutes')
    """
    if minutes < 60:
        return f"{rounded(minutes)} minutes"
    halves = round(minutes / 30) / 2
    return f"{halves:g} hours"
