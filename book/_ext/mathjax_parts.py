"""MathJax in its parts: without the menu, which is off, each page with a formula is 0.4 MB lighter.

``tex-chtml.js``, which `sphinx-mathjax-offline` names, is these parts and the menu in one file.
"""

from __future__ import annotations

from sphinx.application import Sphinx
from sphinx.config import Config

PARTS = ["input/tex", "output/chtml", "a11y/assistive-mml"]


def name_parts(app: Sphinx, config: Config) -> None:
    config.mathjax_path = "mathjax/startup.js"
    config.mathjax3_config = {**config.mathjax3_config, "loader": {"load": PARTS}}


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", name_parts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
