"""Links into the book's pages: whether what they lead to is there, and was run."""

import functools
import re
from pathlib import Path

import nbformat

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.M)
FENCED = re.compile(r"^(```+|:::+).*?^\1", re.M | re.S)


def links(text: str) -> list[str]:
    """The addresses that a text links to within the book.

    >>> links("[a](/book/a.md), [b](https://example.org), [c](../b/c.ipynb#d-e)")
    ['/book/a.md', '../b/c.ipynb#d-e']
    """
    return [address for address in LINK.findall(text) if "://" not in address]


def slug(title: str) -> str:
    """The anchor of a heading, as MyST makes it.

    >>> slug("PyTorch | Keras"), slug('"It helps", they say')
    ('pytorch--keras', 'it-helps-they-say')
    """
    return re.sub(r"[^\w\- ]", "", title.lower().replace(" ", "-"))


def sections(notebook) -> dict[str, list]:
    """The code cells below each heading, and below the headings under it, by its anchor."""
    found: dict[str, list] = {}
    above: list[tuple[int, str]] = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for _, name in above:
                found[name].append(cell)
            continue
        for marks, title in HEADING.findall(FENCED.sub("", cell.source)):
            name, again = slug(title), 1
            while name in found:
                name, again = f"{name}-{again}", again + 1
            above = [(level, own) for level, own in above if level < len(marks)]
            above.append((len(marks), name))
            found[name] = []
    return found


@functools.cache
def read(page: Path) -> dict[str, list]:
    """The sections of a stored notebook."""
    return sections(nbformat.read(page, as_version=4))


def trouble(root: Path, address: str) -> str:
    """What is wrong with an address, seen from the project's top folder; "" for nothing.

    A page must be in the table of contents. Of a notebook a section must be named, and was run.
    """
    path, _, anchor = address.lstrip("/").partition("#")
    page = root / path
    if not page.is_file():
        return f"{path}: is not there"
    toc = (root / "_toc.yml").read_text(encoding="utf-8")
    if not re.search(rf"file: {re.escape(path.rpartition('.')[0])}$", toc, re.M):
        return f"{path}: is not in the table of contents"
    if page.suffix != ".ipynb":
        return f"{path}: no section of it can be linked" if anchor else ""
    found = read(page)
    if anchor not in found:
        return f"{path}: has no section {anchor!r}; it has {', '.join(found)}"
    if not any(cell.execution_count for cell in found[anchor]):
        return f"{path}: nothing was run in section {anchor!r}"
    return ""
