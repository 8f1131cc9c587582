"""Pages for everyone: what axe-core finds, links that lead somewhere.

axe-core is asked of a page of each kind; of every page by ``make accessibility``, which takes half
an hour.
"""

import importlib.util
import os
import posixpath
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

pytestmark = pytest.mark.browser

SCREEN, PHONE = 1280, 360
# Colors alone differ between the themes, so one rule is asked of each page in the other theme.
EVERYTHING, COLORS = None, ["color-contrast"]
LOOKS = [
    (SCREEN, "light", EVERYTHING), (PHONE, "dark", EVERYTHING),
    (SCREEN, "dark", COLORS), (PHONE, "light", COLORS),
]  # fmt: skip
KINDS = [
    "404.html",
    "book/api/contrastive.html",
    "book/exercises.html",
    "book/glossary.html",
    "book/index.html",
    "book/references.html",
    "book/status.html",
    "notebooks/practice/deploy_in_depth.html",
    "notebooks/systems/retrieval.html",
]


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core, as a package brings it."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None:
        pytest.skip("no axe-core: axe-playwright-python is not installed")
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def pages(site) -> list[str]:
    """A page of each kind, or all of them."""
    every = site.pages()
    assert set(KINDS) <= set(every)
    return every if os.environ.get("EVERY_PAGE") else KINDS


def violations(page, axe: str, rules: list[str] | None = None) -> list[str]:
    """What axe-core finds on an open page, minor matters left out: rule, how grave, first place.

    The inside of a formula, elements by the thousand that are drawn and not read, is not asked.
    """
    page.evaluate(axe)
    options = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": rules}
    else:
        options["rules"] = {"label-content-name-mismatch": {"enabled": True}}  # else experimental
    asked = "options => axe.run({exclude: [['mjx-math']]}, options)"
    found = page.evaluate(asked, options)["violations"]
    grave = [one for one in found if one["impact"] != "minor"]
    return [f"{one['id']} ({one['impact']}): {one['nodes'][0]['target']}" for one in grave]


@pytest.mark.parametrize(("width", "theme", "rules"), LOOKS)
def test_axe_finds_nothing(pages, browse, axe, width, theme, rules):
    problems = {}
    for name in pages:
        page = browse(name, width=width, color_scheme=theme)
        page.wait_for_timeout(200)  # what scripts change after loading counts as well
        if found := violations(page, axe, rules):
            problems[name] = found
        page.close()
    assert not problems


def test_axe_finds_what_is_wrong(browse, axe):
    """The test above can fail."""
    page = browse("book/setup.html")
    page.evaluate("""() => {
        const button = document.createElement("button");
        const text = document.createElement("p");
        text.textContent = "pale";
        text.style.color = "#ddd";
        text.style.background = "#fff";
        document.querySelector("article").append(button, text);
    }""")
    found = violations(page, axe)
    assert sorted(one.split(" ")[0] for one in found) == ["button-name", "color-contrast"]


class Links(HTMLParser):
    """A page's anchors, and where its links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.targets: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.anchors |= {value for key in ("id", "name") if (value := found.get(key))}
        if tag == "a" and found.get("href"):
            self.targets.add(found["href"])


def dead(pages: dict[str, str], folder: Path) -> dict[str, list[str]]:
    """For each page the links within the book that lead nowhere."""
    read = {name: Links(text) for name, text in pages.items()}
    found = defaultdict(list)
    for name, page in read.items():
        for target in sorted(page.targets):
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path)))
            goal = name if not parts.path else path
            if goal not in read:
                if not (folder / goal).is_file():
                    found[name].append(target)
            elif (
                parts.fragment not in ("", "top")
                and unquote(parts.fragment) not in read[goal].anchors
            ):
                found[name].append(target)
    return dict(found)


def test_every_link_and_anchor_leads_somewhere(site):
    names = [name for name in site.pages() if name != "404.html"]  # its links start at the root
    pages = {name: (site.folder / name).read_text(encoding="utf-8") for name in names}
    assert len(pages) > 50
    assert dead(pages, site.folder) == {}


def test_dead_links_are_found(tmp_path):
    (tmp_path / "file.txt").write_text("here")
    pages = {
        "a/one.html": '<p id="x"></p><a href="#x"></a><a href="#y"></a><a href="two.html#z"></a>'
        '<a href="../file.txt"></a><a href="../gone.txt"></a><a href="https://host.invalid"></a>',
        "a/two.html": '<a href="one.html#x"></a><a href="three.html"></a>',
    }
    assert dead(pages, tmp_path) == {
        "a/one.html": ["#y", "../gone.txt", "two.html#z"],
        "a/two.html": ["three.html"],
    }
