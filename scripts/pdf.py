"""Print the rendered book into one PDF: every page in the order of the contents.

    python -m scripts.pdf                     # what `make pdf` does, after rendering

Chromium prints each page as a browser shows it, with the formulas typeset, every fold opened, and
the code of both frameworks one after the other (the styles for print do that). Here the pieces
become one file with the contents as its outline, and links between pages lead to pages of the file.
"""

import argparse
import functools
import http.server
import io
import sys
import threading
from pathlib import Path
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Browser, Page, sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NullObject, NumberObject

from scripts import browser
from scripts.notebooks import ROOT

FIRST = "book/index.html"  # it does not stand in its own list of contents
PAPER = {
    "format": "A4",
    "scale": 0.72,  # lines of code have up to 100 columns
    "margin": {"top": "16mm", "bottom": "18mm", "left": "15mm", "right": "15mm"},
    "print_background": True,
    "display_header_footer": True,
    "header_template": "<span></span>",
    "footer_template": '<div style="font: 7pt sans-serif; width: 100%; text-align: center">'
    '<span class="title"></span></div>',
}
# Every fold is opened, and what loads late is waited for.
READY = """async () => {
    for (const fold of document.querySelectorAll("details")) fold.open = true;
    for (const picture of document.images) picture.loading = "eager";
    await window.MathJax?.startup?.promise;
    await Promise.all([...document.images].map((picture) => picture.decode().catch(() => null)));
    await document.fonts.ready;
}"""
# The contents in order: depth, title and address of each page, and the captions of the parts.
CONTENTS = """() => [...document.querySelectorAll(
        ".bd-links .caption-text, .bd-links a.internal")].map((e) => e.matches("a")
    ? {depth: Number(e.closest("li").className.match(/toctree-l(\\d)/)[1]), title: e.textContent,
       path: new URL(e.href).pathname.slice(1)}
    : {depth: 0, title: e.textContent, path: null})"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, and says nothing of it."""

    def log_message(self, *args: object) -> None:
        """Nothing."""


def printed(page: Page, address: str) -> PdfReader:
    """A page of the site as PDF."""
    page.goto(address, wait_until="load")
    page.evaluate(READY)
    return PdfReader(io.BytesIO(page.pdf(**PAPER)))


def goal(link: DictionaryObject, path: str, origin: str) -> tuple[str, str] | None:
    """The page of the site to which a link of a printed page leads, and the anchor on it."""
    action = link.get("/A", {})
    if name := link.get("/Dest", action.get("/D")):
        return path, str(name)
    uri = str(action.get("/URI", ""))
    if not uri.startswith(origin):
        return None
    parts = urlsplit(uri)
    return parts.path[1:], unquote(parts.fragment)


class Book:
    """The pieces put together: a piece knows where its anchors are, the book where pieces begin."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.writer = PdfWriter()
        self.starts: dict[str, int] = {}
        self.anchors: dict[tuple[str, str], tuple[int, float]] = {}  # page of the file, height

    def add(self, path: str, piece: PdfReader) -> None:
        """Append a piece, and remember its anchors, which the file's names would mix up."""
        start = self.starts[path] = len(self.writer.pages)
        for name, place in piece.named_destinations.items():
            number = piece.get_destination_page_number(place)
            self.anchors[path, name.lstrip("/")] = start + number, float(place.top or 0)
        for page in piece.pages:
            self.writer.add_page(page)

    def link(self) -> None:
        """Let links between the book's pages lead to places of the file."""
        for path, start in self.starts.items():
            later = [s for s in self.starts.values() if s > start]
            for page in self.writer.pages[start : min(later, default=len(self.writer.pages))]:
                for held in page.get("/Annots", []):
                    link = held.get_object()
                    found = goal(link, path, self.origin) if link["/Subtype"] == "/Link" else None
                    if found and found[0] in self.starts:
                        self._point(link, *found)

    def _point(self, link: DictionaryObject, path: str, anchor: str) -> None:
        number, top = self.anchors.get((path, anchor.lstrip("/")), (self.starts[path], None))
        link.pop("/A", None)
        link[NameObject("/Dest")] = ArrayObject(
            [
                self.writer.pages[number].indirect_reference,
                NameObject("/XYZ"),
                NullObject(),
                NullObject() if top is None else NumberObject(top),
                NullObject(),
            ]
        )

    def outline(self, contents: list[dict]) -> None:
        """The contents, nested as on the site."""
        above: dict[int, object] = {}
        for entry in contents:
            start = self.starts.get(entry["path"], len(self.writer.pages) - 1)
            above[entry["depth"]] = self.writer.add_outline_item(
                title=entry["title"].strip(),
                page_number=start,
                parent=above.get(entry["depth"] - 1),
            )


def contents_of(entries: list[dict]) -> list[dict]:
    """The first page, then every other once, and for each part the page that it begins with."""
    seen = {FIRST}
    kept = [{"depth": 0, "title": "Multimodal Deep Learning", "path": FIRST}]
    for entry, after in zip(entries, [*entries[1:], {"path": None}], strict=True):
        if entry["path"] is None:
            kept.append(entry | {"path": after["path"]})
        elif entry["path"] not in seen:
            seen.add(entry["path"])
            kept.append(entry)
    return kept


def print_book(chromium: Browser, folder: Path, target: Path, only: list[str] | None = None) -> int:
    """Print the site in a folder into a file; only: paths of the pages to print.

    Returns the number of the file's pages.
    """
    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{server.server_port}/"
    page = chromium.new_page(color_scheme="light")
    page.set_default_timeout(600_000)
    page.goto(origin + FIRST)
    contents = contents_of(page.evaluate(CONTENTS))
    book = Book(origin)
    for path in dict.fromkeys(entry["path"] for entry in contents):
        if only is None or path in only:
            book.add(path, printed(page, origin + path))
    page.close()
    server.shutdown()
    book.link()
    book.outline([entry for entry in contents if entry["path"] in book.starts])
    book.writer.compress_identical_objects()  # each piece brought its fonts
    book.writer.write(target)
    return len(book.writer.pages)


def main(arguments: list[str]) -> int:
    """Print the book, and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--target", type=Path, default=ROOT / "_build" / "mmref.pdf")
    options = parser.parse_args(arguments)
    if browser.program() is None:
        print(f"error: {browser.NONE}", file=sys.stderr)
        return 1
    with sync_playwright() as playwright:
        count = print_book(browser.launch(playwright), options.folder, options.target)
    print(f"The book, {count} pages: file://{options.target}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
