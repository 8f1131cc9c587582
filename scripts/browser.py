"""The system's Chromium, which prints the book and drives the tests of its pages."""

import shutil
from typing import Any

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
NONE = f"no browser: none of {', '.join(BROWSERS)} is installed"


def program() -> str | None:
    """Where it is, if there is one."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def launch(playwright: Any) -> Any:
    """Start it, without a window."""
    return playwright.chromium.launch(executable_path=program(), args=OPTIONS)
