"""Names of the package in `code` become links to their place in the reference, on every page.

Nobody keeps these links: `WeightedFusion`, `mt.fit`, `folders.load` and `mmref.check` are found
among the names that the directive `{api}` showed. Of each name the first mention in a section, or
in an entry of the reference, is linked. A plain word such as `load` may mean anything, so it needs
its module: only names with a capital letter or an underscore are linked as they stand, and of
these not the ones that a framework has as well, or that the page defines for itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from api_lists import address
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

SHORT = {"mt": "mmref.torch", "mk": "mmref.keras"}  # as the chapters import them
# What NumPy, PyTorch or Keras call something of theirs: in a text, such a name may be that.
SHARED = set(
    """
    AdditiveAttention AvgPool2d BatchNorm2d Bidirectional Conv2d ConvTranspose2d GRU Generator
    LSTM LayerNorm MaxPool2d MultiHeadAttention Normalization RNN avg_pool2d batch_norm
    conv_transpose2d dot_product_attention layer_norm max_pool2d
    """.split()
)
SCOPES = (nodes.section, nodes.document, addnodes.desc)  # each links a name once
DEFINED = re.compile(r"^\s*(?:class|def) (\w+)|^(\w+) = ", re.M)


@dataclass(frozen=True)
class Place:
    """Where a name is shown: the page, its operation's section, its own entry there."""

    page: str
    section: str
    entry: str


class Names:
    """Places by what a text may call them: the full name, or its last parts."""

    def __init__(self, pages: dict[str, list]) -> None:
        self.whole: dict[str, Place] = {}
        self.ends: dict[str, set[Place]] = {}
        for page, entries in pages.items():
            for entry in entries:
                for name, own in entry.spelled.items():
                    place = Place(page, entry.anchor, own)
                    self.whole[name] = place
                    for end in _ends(name, entry.spelled):
                        self.ends.setdefault(end, set()).add(place)

    def find(self, text: str) -> Place | None:
        """The one place of a name. Where PyTorch, Keras and NumPy share it, that is its section."""
        head, dot, rest = text.removesuffix("()").partition(".")
        name = SHORT.get(head, head) + dot + rest
        if name in self.whole:
            return self.whole[name]
        if not dot and name.islower() and "_" not in name:
            return None
        places = self.ends.get(name, set())
        sections = {Place(place.page, place.section, place.section) for place in places}
        return next(iter(places if len(places) == 1 else sections)) if len(sections) == 1 else None


def _ends(name: str, siblings: Iterable[str]) -> Iterator[str]:
    """Of mmref.data.folders.load "folders.load" and "load"; of a method not its bare name."""
    parts = name.split(".")
    shortest = 2 if name.rpartition(".")[0] in siblings else 1
    if not name.startswith("mmref.types."):  # in a text, `Tensor` is a framework's
        yield from (".".join(parts[i:]) for i in range(1, len(parts) - shortest + 1))


def link_names(app: Sphinx, document: nodes.document, page: str) -> None:
    """Link what a page names."""
    names = app.env.mmref_names
    own = set() if page in app.env.mmref_api else SHARED | _defined(document)
    done = set()
    for node in [*document.findall(_is_name)]:
        text = node.get("whole", node.astext())
        if "." not in text and text in own and "module" not in node:
            continue
        near = f"{node['module']}.{text}" if "module" in node else ""  # a link of a docstring
        place, section = names.whole.get(near) or names.find(text), _section(node)
        scope = next(a for a in _above(node) if isinstance(a, SCOPES))
        here = (page, section) == (place.page, place.section) if place else True
        if not here and (id(scope), place) not in done:
            done.add((id(scope), place))
            link = nodes.reference(
                "", "", internal=True, refuri=address(app, page, place.page, place.entry)
            )
            node.replace_self(link)
            link += node


def _defined(document: nodes.document) -> set[str]:
    """What the code of a page defines itself."""
    code = "\n".join(block.astext() for block in document.findall(nodes.literal_block))
    return {name for found in DEFINED.findall(code) for name in found}


def _is_name(node: nodes.Node) -> bool:
    """Code in a text that is no link yet, or a type in a signature."""
    if isinstance(node, nodes.inline):
        return "whole" in node
    inside = (nodes.reference, nodes.title, addnodes.desc_signature)
    return isinstance(node, nodes.literal) and not any(isinstance(a, inside) for a in _above(node))


def _above(node: nodes.Node) -> Iterator[nodes.Node]:
    while node := node.parent:
        yield node


def _section(node: nodes.Node) -> str:
    return next((a["ids"][0] for a in _above(node) if isinstance(a, nodes.section)), "")


def forget(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    env.mmref_api.pop(page, None)


def merge(app: Sphinx, env: BuildEnvironment, pages: set[str], other: BuildEnvironment) -> None:
    env.mmref_api |= {page: other.mmref_api[page] for page in pages if page in other.mmref_api}


def begin(app: Sphinx) -> None:
    if not hasattr(app.env, "mmref_api"):
        app.env.mmref_api = {}
    app.env.mmref_api_before = dict(app.env.mmref_api)


def changed(app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
    """All pages are written again where a name came, went or moved."""
    env.mmref_names = Names(env.mmref_api)
    return [] if env.mmref_api == env.mmref_api_before else list(env.found_docs)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", begin)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", changed)
    app.connect("doctree-resolved", link_names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
