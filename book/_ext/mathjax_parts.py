"""MathJax in its parts, without the menu, which is off, and with each helper once.

``tex-chtml.js``, which `sphinx-mathjax-offline` names, is these parts and the menu in one file:
0.4 MB more. Each module in them brings functions for what JavaScript once lacked, unless it finds
them: ``this && this.__extends || (...)``. Here it finds them, and a page is 0.13 MB lighter.
"""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

PARTS = ["input/tex", "output/chtml", "a11y/assistive-mml"]
FIRST = "startup"
FILES = [FIRST, "core", *PARTS, "output/chtml/fonts/tex"]  # all that a page with a formula loads
HELPERS = """\
var __assign = Object.assign,
  __extends = (own, base) => {
    Object.setPrototypeOf(own, base);
    own.prototype = Object.assign(Object.create(base.prototype), { constructor: own });
  },
  __values = (many) => (many[Symbol.iterator] ? many : Array.from(many))[Symbol.iterator](),
  __read = (many, count) => {
    if (!many[Symbol.iterator]) return many;
    const found = [];
    for (const one of many) if (found.push(one) === count) break;
    return found;
  },
  __spreadArray = (first, more) => first.concat(Array.prototype.slice.call(more));
"""
OWN = re.compile(r"this&&this\.(__(?:assign|extends|values|read|spreadArray))\|\|")
MARK = re.compile(r'"[^"]*"|[(\[{]|[)\]},;]')


def name_parts(app: Sphinx, config: Config) -> None:
    config.mathjax_path = f"mathjax/{FIRST}.js"
    config.mathjax3_config = {**(config.mathjax3_config or {}), "loader": {"load": PARTS}}


def fetch_early(app: Sphinx, page: str, template: str, context: dict, tree: object) -> None:
    """Name the parts in the head of a page that loads the first of them."""
    files = [str(getattr(file, "filename", file)) for file in context.get("script_files", [])]
    if any(file.endswith(f"mathjax/{FIRST}.js") for file in files):
        address = context["pathto"]
        context["metatags"] = context.get("metatags", "") + "".join(
            f'<link rel="preload" as="script" href="{address(f"_static/mathjax/{part}.js", 1)}">\n'
            for part in FILES[1:]
        )


def without_helpers(script: str) -> str:
    """A script in which each `this&&this.__extends||(...)` became `__extends`."""
    kept, at = [], 0
    for own in OWN.finditer(script):
        kept += [script[at : own.start()], own[1]]
        at = _end(script, own.end())
    return "".join([*kept, script[at:]])


def _end(script: str, at: int) -> int:
    """Where the expression ends that begins here."""
    depth = 0
    for mark in MARK.finditer(script, at):
        if mark[0] in "([{":
            depth += 1
        elif mark[0] in ")]},;" and not depth:
            return mark.start()
        elif mark[0] in ")]}":
            depth -= 1
    raise ValueError("an expression without an end")


def share_helpers(app: Sphinx, failure: Exception | None) -> None:
    folder = Path(app.outdir, "_static", "mathjax")
    if failure is not None or app.builder.format != "html":
        return
    for path in (folder / f"{name}.js" for name in FILES):
        script = path.read_text(encoding="utf-8")
        if OWN.search(script):  # else it was done
            head = HELPERS if path.stem == FIRST else ""
            path.write_text(head + without_helpers(script), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", name_parts)
    app.connect("html-page-context", fetch_early, priority=900)  # when Sphinx has named the first
    app.connect("build-finished", share_helpers, priority=900)  # when the files have been copied
    return {"parallel_read_safe": True, "parallel_write_safe": True}
