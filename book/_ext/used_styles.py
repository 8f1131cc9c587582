"""Rules of styles that apply to no page are not sent.

The theme's styles are made for every site. After the pages are written, each style sheet keeps the
rules that may apply to one of them: whose classes stand on a page or in a script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

NOTE = re.compile(r"/\*(?!!).*?\*/", re.DOTALL)
LICENSE = re.compile(r"/\*!.*?\*/", re.DOTALL)
# A style sheet up to its next brace or semicolon; what is quoted or within url() ends nothing.
PIECE = re.compile(
    r"""((?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|url\([^"')]*\)|[^{};"'])*)([{};]|$)""", re.DOTALL
)
NESTED = r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
SELECTOR = re.compile(rf"(?:{NESTED}|\[[^\]]*\]|[^,(\[])+")  # of a rule that has several
OPTIONAL = re.compile(rf":(?:is|where|not|has){NESTED}|\[[^\]]*\]")
CLASS = re.compile(r"\.(-?[a-zA-Z_](?:\\.|[\w-])*)")
CLASSES = re.compile(r"""\bclass=["']([^"']*)["']""")
SCRIPT = re.compile(r"<script[^>]*>(.*?)</script>", re.DOTALL)
WORD = re.compile(r"[\w-]+")
VARIABLE = re.compile(r"var\(\s*(--[\w-]+)")


def applies(selector: str, known: set[str]) -> bool:
    """Whether all classes that it asks for are known, or such as Bootstrap puts together."""
    asked = (name.replace("\\", "") for name in CLASS.findall(OPTIONAL.sub("", selector)))
    return all(name in known or name.startswith("bs-") for name in asked)


def purge(style: str, known: set[str]) -> str:
    """A style sheet without rules for classes that nothing has."""
    licenses, style = LICENSE.findall(style), LICENSE.sub("", NOTE.sub("", style))
    return _block(PIECE.finditer(style), known) + "".join(licenses)


def _block(pieces: Iterator[re.Match[str]], known: set[str]) -> str:
    """What is left of the pieces up to the end of a block."""
    left = []
    for piece in pieces:
        head, end = piece[1].strip(), piece[2]
        if end == "{":
            if not head.startswith("@"):
                head = ",".join(one for one in SELECTOR.findall(head) if applies(one, known))
            inside = _block(pieces, known)
            if head and inside:
                left.append(f"{head}{{{inside}}}")
            continue
        if head and (not head.startswith("--") or head.split(":")[0].rstrip() in known):
            left.append(f"{head};")
        if end != ";":
            break
    return "".join(left).rstrip(";")


def purge_all(app: Sphinx, failure: Exception | None) -> None:
    if failure is not None or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    pages = [path.read_text(encoding="utf-8") for path in Path(app.outdir).rglob("*.html")]
    files = [path for folder in (".", "scripts") for path in (static / folder).glob("*.js")]
    scripts = [path.read_text(encoding="utf-8") for path in files]
    scripts += [script for page in pages for script in SCRIPT.findall(page)]
    styles = {path: path.read_text(encoding="utf-8") for path in static.rglob("*.css")}
    known = {name for page in pages for names in CLASSES.findall(page) for name in names.split()}
    known |= {word for script in scripts for word in WORD.findall(script)}
    known |= {name for text in (*styles.values(), *pages) for name in VARIABLE.findall(text)}
    for path, style in styles.items():
        path.write_text(purge(style, known), encoding="utf-8")


def spare(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: object) -> None:
    """Leave out the script of a kind of tabs where a page has none of them."""
    if "sd-tab" not in context.get("body", ""):
        files = context["script_files"]
        context["script_files"] = [
            one for one in files if "design-tabs.js" not in str(one.filename)
        ]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", spare, priority=900)
    app.connect("build-finished", purge_all, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
