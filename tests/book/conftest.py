"""The rendered book, a server for it, and a browser that watches every request."""

import functools
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from scripts import browser


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without a browser the tests that need one skip, all in one line of the report."""
    if item.get_closest_marker("browser") and browser.program() is None:
        pytest.skip(browser.NONE)


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder as a static host does: a missing page gets 404.html."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        if code != 404:
            super().send_error(code, message, explain)
            return
        body = (Path(self.directory) / "404.html").read_bytes()
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@dataclass
class Site:
    """A rendered book: its folder and the address it is served at."""

    folder: Path
    address: str

    def pages(self) -> list[str]:
        """Every page, as a path from the root."""
        names = (p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*.html"))
        return sorted(n for n in names if not n.startswith("_") and n != "index.html")


@dataclass
class Watch:
    """What went wrong while a page was open."""

    address: str
    problems: list[str] = field(default_factory=list)

    def attach(self, page) -> None:
        page.on("request", self.on_request)
        page.on("requestfailed", lambda r: self.problems.append(f"failed: {r.url}"))
        page.on("response", self.on_response)
        page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        page.on("console", self.on_console)

    def on_request(self, request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.problems.append(f"leaves the host: {request.url}")

    def on_response(self, response) -> None:
        if response.status >= 400:
            self.problems.append(f"{response.status}: {response.url}")

    def on_console(self, message) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text}")


def serve(folder: Path) -> http.server.ThreadingHTTPServer:
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="session")
def site(root: Path) -> Iterator[Site]:
    """The book as `make book` or `make pages` has rendered it, served."""
    folder = root / "_build" / "html"
    assert (folder / "index.html").is_file(), "the book is not rendered: make book"
    server = serve(folder)
    yield Site(folder, f"http://127.0.0.1:{server.server_port}/")
    server.shutdown()


@pytest.fixture(scope="session")
def chromium():
    """The system's Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = browser.launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def browse(chromium, site):
    """Open pages in one fresh browser profile: `browse("book/setup.html")`.

    Gives back the page; `page.watch.problems` lists what went wrong on it. Options go to the
    profile: width, color_scheme, java_script_enabled.
    """
    contexts = {}

    def go(path: str, width: int = 1280, **options):
        key = (width, *sorted(options.items()))
        if key not in contexts:
            size = {"width": width, "height": 900}
            contexts[key] = chromium.new_context(viewport=size, **options)
        page = contexts[key].new_page()
        page.set_default_timeout(120_000)  # against a hang: a busy machine must not fail a test
        page.watch = Watch(site.address)
        page.watch.attach(page)
        page.goto(site.address + path, wait_until="load")
        if options.get("java_script_enabled", True):
            page.evaluate("window.MathJax?.startup?.promise.then(() => true)")
        return page

    yield go
    for context in contexts.values():
        context.close()
