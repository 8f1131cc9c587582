"""The reference as it is rendered, and the package as it is imported, to be compared."""

import importlib
import inspect
import pkgutil
import re
import shutil
import types
from dataclasses import dataclass
from pathlib import Path

from sphinx.cmd.build import main as sphinx_build
from sphinx.util.inventory import InventoryFile

import mmref.data
import mmref.reference

CONFIG = """
bibtex_bibfiles = []
extensions = ["myst_nb", "tabs", "api", "api_lists", "code_links"]
myst_enable_extensions = ["dollarmath", "colon_fence"]
exclude_patterns = ["_build", "mmref"]
html_theme = "basic"
math_eqref_format = "({number})"
"""
TOP = ("torch", "keras", "bundle", "check", "convert", "concordance", "metrics", "seeding")
TOP += ("decoding", "errors", "types")


@dataclass
class Reference:
    """The rendered pages by name, what Sphinx warned of, and each name's page and anchor."""

    pages: dict[str, str]
    chapters: dict[str, str]
    warnings: str
    names: dict[str, str]


def render(root: Path, book: Path, *others: str) -> Reference:
    """Render `book/api`, other pages that are there already, and stubs of the chapters.

    A stub has the chapter's equations alone.
    """
    (book / "conf.py").write_text(CONFIG)
    (book / "mmref").symlink_to(root / "mmref")
    shutil.copytree(root / "book" / "api", book / "book" / "api")
    pages = sorted(path.stem for path in (root / "book" / "api").glob("*.md"))
    stubs = ["book/concordance", "book/notation"]
    for name in stubs:
        (book / f"{name}.md").write_text("# Title\n")
    for path in (root / "notebooks").rglob("*.md"):
        stub = book / path.relative_to(root)
        stub.parent.mkdir(parents=True, exist_ok=True)
        labels = re.findall(r"^\$\$ \(([\w-]+)\)", path.read_text(encoding="utf-8"), re.M)
        stub.write_text("\n\n".join(["# Title", *(f"$$\nx\n$$ ({label})" for label in labels)]))
        stubs.append(stub.relative_to(book).with_suffix("").as_posix())
    index = book / "book" / "api" / "index.md"
    below = "\n".join(page for page in pages if page != "index")
    index.write_text(index.read_text() + f"\n```{{toctree}}\n{below}\n```\n")
    toctree = "\n".join(["book/api/index", *others, *stubs])
    (book / "index.md").write_text(f"# Book\n\n```{{toctree}}\n{toctree}\n```\n")
    log = book / "warnings.txt"
    assert sphinx_build(["-q", "-n", "-w", str(log), str(book), str(book / "_build")]) == 0
    made = book / "_build" / "book" / "api"
    with (book / "_build" / "objects.inv").open("rb") as file:
        found = InventoryFile.load(file, "", lambda base, uri: uri)
    kinds = ("py:class", "py:exception", "py:function", "py:data")
    names = {name: item[2] for kind in kinds for name, item in found.get(kind, {}).items()}
    texts = {page: (made / f"{page}.html").read_text(encoding="utf-8") for page in pages}
    built = {stub: (book / "_build" / f"{stub}.html").read_text(encoding="utf-8") for stub in stubs}
    return Reference(texts, built, log.read_text(), names)


def modules() -> list[types.ModuleType]:
    """Those whose names are public."""
    names = [f"mmref.{name}" for name in TOP]
    for package in (mmref.reference, mmref.data):
        found = (item.name for item in pkgutil.iter_modules(package.__path__))
        names += [f"{package.__name__}.{name}" for name in found if not name.startswith("_")]
    return [importlib.import_module(name) for name in names]


def public(module: types.ModuleType) -> list[str]:
    """The names of ``__all__``; without one, the functions and classes that stand there."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    own = [n for n, x in vars(module).items() if getattr(x, "__module__", "") == module.__name__]
    return [n for n in own if not n.startswith("_") and callable(getattr(module, n))]


def identity(module: types.ModuleType, name: str) -> tuple[str, str]:
    """Of one thing, by whatever module it is imported."""
    value = getattr(module, name)
    if inspect.isfunction(value) or inspect.isclass(value):
        return value.__module__, value.__qualname__
    return module.__name__, name
