"""Pages weigh little: what a page loads, as a plain server sends it, and what is left out of it.

The files of every page are counted from its text. A browser loads the heaviest pages and one of
each kind (all of them by ``make accessibility``), and must not load more.
"""

import importlib
import os
import posixpath
import re
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest
from fontTools.ttLib import TTFont
from pygments.styles import get_style_by_name
from pygments.token import Text

from scripts.notebooks import ROOT

MOST_BYTES = 1_500_000  # of a page with its scripts, styles and fonts, and without its pictures
KINDS = {
    "404.html",
    "book/api/contrastive.html",
    "book/concordance.html",
    "book/glossary.html",
    "book/index.html",
    "notebooks/fusion/weighted.html",
    "search.html",
}
LINKED = re.compile(r'<(?:script|link)\b[^>]*\b(?:src|href)="([^"]+\.(?:js|css))\b')
WITHIN = re.compile(r'@import "([^"]+)"|url\("?([^")]+\.woff2)')
# A font that hardly any formula needs is not in a count from the text.
FORMULAS = "Main-Regular Math-Italic Size1-Regular Size2-Regular Zero".split()


@pytest.fixture
def extension(monkeypatch):
    """Import one of the book's extensions by its name."""
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    return importlib.import_module


def loaded(folder: Path, name: str, parts: list[str]) -> set[str]:
    """What a page loads, with itself; of MathJax the parts, where it has a formula."""
    found, ahead = {name}, [name]
    while ahead:
        text = (folder / (one := ahead.pop())).read_text(encoding="utf-8")
        links = LINKED.findall(text) if one == name else map("".join, WITHIN.findall(text))
        for link in links:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(one), link))
            if path not in found:
                found.add(path)
                ahead += [path] if path.endswith(".css") else []
    if any(path.endswith("mathjax/startup.js") for path in found):
        fonts = [f"output/chtml/fonts/woff-v2/MathJax_{font}.woff" for font in FORMULAS]
        found |= {f"_static/mathjax/{file}" for file in [*(f"{p}.js" for p in parts), *fonts]}
    return found


def weight(folder: Path, paths: set[str]) -> int:
    return sum((folder / path).stat().st_size for path in paths)


@pytest.mark.browser
def test_pages_are_light(site, browse, extension):
    parts = extension("mathjax_parts").FILES
    counted = {name: loaded(site.folder, name, parts) for name in site.pages()}
    sizes = {name: weight(site.folder, paths) for name, paths in counted.items()}
    assert min(sizes.values()) > 500  # it can be measured
    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}
    heaviest = sorted(sizes, key=sizes.get)[-8:]
    seen = {}
    for name in sizes if os.environ.get("EVERY_PAGE") else [*KINDS, *heaviest]:
        page = browse(name)
        urls = page.evaluate("""() => performance.getEntriesByType("resource")
            .filter(one => one.initiatorType !== "img").map(one => one.name)""")
        page.close()
        paths = {unquote(urlsplit(url).path).lstrip("/") for url in urls} | {name}
        seen[name] = weight(site.folder, paths)
        more = {path for path in paths - counted[name] if not path.endswith((".woff", ".svg"))}
        assert not more, name
    assert {name: size for name, size in seen.items() if size > MOST_BYTES} == {}


STYLE = """@charset "UTF-8"; /*! license */ /* a note */
:root { --used: #fff; --unused: url("data:image/svg+xml;x{}"); }
.page > a[href$=".pdf"], .absent a { color: var(--used) }
.absent, .absent:hover { color: red }
:is(.absent, .page:not(.b)) p, .page:not(.absent) { margin: 0 }
.made-by-script::before { content: "};"; }
@media print { .absent { color: red } .page { margin: 0 } }
@media screen { .absent { color: red } }
@keyframes turn { from { opacity: 0 } 50.5% { opacity: 1 } }
.bs-tooltip-auto { top: 0 }"""


def test_rules_for_absent_classes_go(extension):
    purge = extension("used_styles").purge
    left = purge(STYLE, {"page", "made-by-script", "--used"})
    assert left == (
        '@charset "UTF-8";:root{--used: #fff}.page > a[href$=".pdf"]{color: var(--used)}'
        ":is(.absent, .page:not(.b)) p, .page:not(.absent){margin: 0}"
        '.made-by-script::before{content: "};"}@media print{.page{margin: 0}}'
        "@keyframes turn{from{opacity: 0}50.5%{opacity: 1}}.bs-tooltip-auto{top: 0}/*! license */"
    )
    assert purge(left, {"page", "made-by-script", "--used"}) == left  # a second time, nothing


def test_what_stands_on_a_page_or_in_a_script_stays(extension, tmp_path):
    static = tmp_path / "_static"
    (static / "scripts").mkdir(parents=True)
    (tmp_path / "page.html").write_text(
        '<p class="one two" style="color: var(--own)"></p><script>add("three")</script>four'
    )
    (static / "scripts" / "theme.js").write_text('element.classList.add("five", "six-seven")')
    names = ["one", "two", "three", "four", "five", "six-seven", "six"]
    rules = [f".{name}{{top:0}}" for name in names] + [":root{--own:0;--other:0}"]
    (static / "style.css").write_text("".join(rules))
    app = SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format="html"))
    extension("used_styles").purge_all(app, None)
    kept = [rule for rule in rules[:7] if "four" not in rule and ".six{" not in rule]
    assert (static / "style.css").read_text() == "".join(kept) + ":root{--own:0}"


def test_a_font_keeps_the_characters_of_the_pages(extension, tmp_path):
    static = tmp_path / "_static"
    (static / "fontawesome").mkdir(parents=True)
    source = ROOT / "book" / "_static" / "fonts" / "source-sans-3-latin-ext-wght-normal.woff2"
    with TTFont(source) as font:
        before = set(font.getBestCmap())
    (static / "text.woff2").write_bytes(source.read_bytes())
    (tmp_path / "page.html").write_text("<p>Łódź \ufffd</p>", encoding="utf-8")
    (static / "style.css").write_text(r'a::before{content:"\10d"}')
    app = SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format="html"))
    extension("used_fonts").subset_all(app, None)
    with TTFont(static / "text.woff2") as font:
        assert set(font.getBestCmap()) == before & {*range(0x20, 0x100), *map(ord, "Łźč")}
        assert "fvar" in font  # every weight is left
        names = {record.nameID: record.toUnicode() for record in font["name"].names}
        assert not any("Source" in names.get(key, "") for key in (1, 3, 4, 6, 16))


def test_names_in_code_have_the_color_of_all_text(extension):
    """So they need no element; and what has a color of its own keeps it."""
    plain_code = extension("plain_code")
    for style in ("a11y-high-contrast-light", "a11y-high-contrast-dark"):
        colors = get_style_by_name(style)
        for kind in plain_code.COLORLESS:
            assert colors.style_for_token(kind) == colors.style_for_token(Text)
    from pygments import highlight
    from pygments.lexers import PythonLexer

    html = highlight("import a\nb = self.c(1) + a.d", PythonLexer(), plain_code.Formatter())
    assert "".join(html.split("<pre><span></span>")[1].split("</pre>")[0]) == (
        '<span class="kn">import</span> a\n'
        'b <span class="o">=</span> <span class="bp">self</span>.c(<span class="mi">1</span>) '
        '<span class="o">+</span> a.d\n'
    )


def test_each_helper_of_mathjax_stands_once(extension):
    parts = extension("mathjax_parts")
    script = (
        'var n,o=this&&this.__extends||(n=function(t,e){return n=t||function(t){}},f("(")),'
        "i=this&&this.__read||function(t){return[t]};use(this&&this.__assign||function(){})"
    )
    assert parts.without_helpers(script) == "var n,o=__extends,i=__read;use(__assign)"
    assert parts.without_helpers("no=1;") == "no=1;"
