"""Glyphs of fonts that stand on no page are not sent.

The theme's icons are a font of thousands. After the styles have lost what no page uses, each font
keeps the characters that may stand on one.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont
from sphinx.application import Sphinx

LATIN = {*map(chr, range(0x20, 0x100))}  # a reader may type them
HEADINGS, WEIGHTS = "source-serif", (400, 700)
ESCAPED = re.compile(r"\\([0-9a-f]{2,6})")  # in a style


def subset(path: Path, characters: set[str]) -> None:
    """Leave these characters in a font, and none of its names, as licenses ask of a changed one."""
    with TTFont(path) as font:
        features = [*Options().layout_features, "tnum"]  # digits of one width, in tables
        subsetter = Subsetter(
            Options(flavor="woff2", obfuscate_names=True, layout_features=features)
        )
        subsetter.populate(text="".join(characters))
        subsetter.subset(font)
        if path.name.startswith(HEADINGS):  # the book's other fonts would be no lighter
            instantiateVariableFont(font, {"wght": WEIGHTS}, inplace=True)
        font.save(path)


def subset_all(app: Sphinx, failure: Exception | None) -> None:
    if failure is not None or app.builder.format != "html":
        return
    texts = [
        path.read_text(encoding="utf-8")
        for end in ("html", "css", "js")
        for path in Path(app.outdir).rglob(f"*.{end}")
        if "mathjax" not in path.parts  # which has fonts of its own
    ]
    characters = LATIN.union(*texts)
    characters |= {chr(int(code, 16)) for text in texts for code in ESCAPED.findall(text)}
    icons = {one for one in characters if "\ue000" <= one <= "\uf8ff"}  # the private use area
    for path in Path(app.outdir).rglob("*.woff2"):
        subset(path, icons if "fontawesome" in path.parts else characters - icons)


def setup(app: Sphinx) -> dict[str, bool]:
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # else a line for each table
    app.connect("build-finished", subset_all, priority=910)  # after the styles were cut
    return {"parallel_read_safe": True, "parallel_write_safe": True}
