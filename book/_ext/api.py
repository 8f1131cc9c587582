"""The directive `{api}`: what the package offers, from its docstrings.

`{api} fusion` shows a family: each operation in PyTorch and Keras, as tabs, then in NumPy, and the
equations that derive it. `{api} mmref.bundle` shows a module. Which names these are, the modules'
`__all__` says; nothing is listed by hand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from docstrings import render
from docutils import nodes
from docutils.statemachine import StringList
from elements import Html, register
from operations import WINGS, Operation, of_family, of_module, shared_bases
from sources import Definition, Member, Module, module
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.directives import ObjectDescription
from sphinx.domains.python import PyClasslike, PyFunction, PyMethod, PyProperty, PyVariable
from sphinx.util.docutils import SphinxDirective
from tabs import panel

PANELS = {"torch": "pytorch", "keras": "keras"}
DESCRIBED = {
    "class": PyClasslike,
    "exception": PyClasslike,
    "function": PyFunction,
    "data": PyVariable,
    "method": PyMethod,
    "classmethod": PyMethod,
    "property": PyProperty,
}


@dataclass(frozen=True)
class Entry:
    """What the links to one section need; kept by page in `env.mmref_api`."""

    anchor: str
    names: tuple[str, ...]
    summary: str
    spelled: dict[str, str]  # each full name -> its own anchor
    chapters: tuple[str, ...] = ()  # the pages that derive it


class Api(SphinxDirective):
    """Sections for the families and modules that are named."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        self.root = Path(self.env.srcdir)
        self.entries = self.env.mmref_api.setdefault(self.env.docname, [])
        self.labels = self.equations()
        return [self.part(name) for name in self.arguments[0].split()]

    def part(self, name: str) -> nodes.section:
        """A family or a module: what its files say of it, then each operation."""
        names = [name] if "." in name else [f"mmref.{w}.{name}" for w in ("reference", *WINGS)]
        files = [file for n in names if (file := module(self.root, n)).path.is_file()]
        section = self.section(name if "." in name else f"family-{name}", [name])
        section += render(files[0].doc.partition(" (contract:")[0], (), files[0].name)
        (anchor,) = section["ids"]
        self.entries.append(Entry(anchor, (name,), "", dict.fromkeys(names, anchor)))
        operations = of_module(self.root, name) if "." in name else of_family(self.root, name)
        bases = shared_bases(operations, tuple(f"{n}." for n in names))
        self.apart = {d.whole for base in bases for d in base.definitions}
        operations += bases
        section += [self.operation(operation) for operation in operations]
        for file in [*files, *(d.home for o in operations for d in o.definitions)]:
            self.env.note_dependency(str(file.path))
        return section

    def section(self, anchor: str, names: list[str]) -> nodes.section:
        title = nodes.title()
        for name in names:
            title += [nodes.Text(", " if len(title) else ""), nodes.literal("", name)]
        return nodes.section("", title, ids=[anchor])

    def operation(self, operation: Operation) -> nodes.section:
        section = self.section(operation.anchor, operation.names)
        chapters = self.chapters(operation)
        section += derived(chapters)
        spelled: dict[str, str] = {}
        shown = {
            wing: [node for d in found for node in self.definition(d, spelled)]
            for wing, found in operation.by_wing.items()
        }
        if all(wing in shown for wing in WINGS):
            tabs = [panel(css, shown.pop(wing)) for wing, css in PANELS.items()]
            section += Html("", *tabs, tag="div", classes=["framework-tabs", "api-tabs"])
        if "reference" in shown and len(operation.by_wing) > 1:
            section += nodes.paragraph("", "NumPy", classes=["api-head"])
        for found in shown.values():
            section += found
        names, anchor = tuple(operation.names), operation.anchor
        self.entries.append(Entry(anchor, names, operation.summary, spelled, tuple(chapters)))
        return section

    def definition(self, definition: Definition, spelled: dict[str, str]) -> list[nodes.Node]:
        """A function, a class with its members, or a constant; what it inherits as links."""
        context = self.env.ref_context
        context["py:module"] = definition.module
        made = self.described(definition, definition.name, definition.module, definition.home)
        whole = f"{definition.module}.{definition.name}"
        spelled[whole] = spelled[f"{definition.home.name}.{definition.name}"] = whole
        if definition.kind == "class":
            inherited: dict[str, list[str]] = {}
            for member in definition.members():
                if member.owner.whole in self.apart - {definition.whole}:
                    inherited.setdefault(member.owner.whole, []).append(member.name)
                    spelled[f"{whole}.{member.name}"] = f"{member.owner.whole}.{member.name}"
                    continue
                context["py:class"] = definition.name  # which each directive clears
                made[-1][-1].extend(
                    self.described(member, member.name, definition.module, member.home)
                )
                spelled[f"{whole}.{member.name}"] = f"{whole}.{member.name}"
            made[-1][-1].extend(_inherited(base, names) for base, names in inherited.items())
        context.pop("py:class", None), context.pop("py:module")
        return made

    def described(
        self, what: Definition | Member, name: str, module: str, home: Module
    ) -> list[nodes.Node]:
        """Signature and docstring, by the directive of Sphinx's own domain of Python."""
        kind, said, options = what.kind, what.signature(), {}
        if kind in ("data", "property"):
            options, said = {"value" if kind == "data" else "type": said} if said else {}, ""
        if kind == "classmethod":
            options = {"classmethod": None}
        kind = "method" if kind == "classmethod" else kind
        directive: ObjectDescription = DESCRIBED[kind](
            f"py:{kind}",
            [name + said],
            options,
            StringList(),
            self.lineno,
            0,
            "",
            self.state,
            self.state_machine,
        )
        made = directive.run()
        for reference in list(made[-1][0].findall(addnodes.pending_xref)):
            reference.replace_self(_type(reference, home))
        made[-1][-1].extend(render(what.doc, what.arguments(), module))
        return made

    def equations(self) -> dict[str, list[str]]:
        """The labels of each chapter's equations, as its paired text writes them."""
        found = {}
        for path in sorted((self.root / "notebooks").rglob("*.md")):
            self.env.note_dependency(str(path))
            labels = re.findall(r"^\$\$ \(([\w-]+)\)", path.read_text(encoding="utf-8"), re.M)
            found[path.relative_to(self.root).with_suffix("").as_posix()] = labels
        return found

    def chapters(self, operation: Operation) -> dict[str, list[str]]:
        """The pages whose equations are called like it, with their labels."""
        names = {d.name.removesuffix("_gradient").replace("_", "-") for d in operation.definitions}
        called = re.compile(rf"({'|'.join(names)})(-[\w-]+)?")
        found = {page: list(filter(called.fullmatch, own)) for page, own in self.labels.items()}
        return {page: labels for page, labels in found.items() if labels}


def derived(chapters: dict[str, list[str]]) -> list[nodes.Node]:
    """Where the formulas come from, as a line of links."""
    line = nodes.paragraph()
    for page, labels in chapters.items():
        line += nodes.Text("; " if len(line) else "Derived in ")
        line += _reference("std", "doc", f"/{page}", "")
        for i, label in enumerate(labels):
            line += [nodes.Text(", " if i else ": "), _reference("math", "eq", label, label)]
    return [line] if chapters else []


def _inherited(base: str, members: list[str]) -> nodes.paragraph:
    """A line of links to what stands at a base, on the same page."""

    def link(name: str, anchor: str) -> nodes.reference:
        return nodes.reference("", "", nodes.literal("", name), internal=True, refid=anchor)

    line = nodes.paragraph("", "Inherited from ", link(base.rpartition(".")[2], base))
    for i, name in enumerate(members):
        line += [nodes.Text(", " if i else ": "), link(name, f"{base}.{name}")]
    return line


def _reference(domain: str, kind: str, target: str, text: str) -> addnodes.pending_xref:
    shown = nodes.inline("", text)
    return addnodes.pending_xref(
        "", shown, refdomain=domain, reftype=kind, reftarget=target, refexplicit=False, refwarn=True
    )


def _type(reference: addnodes.pending_xref, home: Module) -> nodes.Node:
    """The name of a type: code that is linked where it is one of the package's."""
    name = reference.astext()
    came = home.imported.get(name, home.name if name in home.own else "")
    return nodes.inline("", name, classes=["api-type"], whole=f"{came}.{name}")


def setup(app: Sphinx) -> dict[str, bool]:
    register(app)
    app.add_directive("api", Api)
    app.connect("builder-inited", lambda app: module.cache_clear())  # files change between builds
    return {"parallel_read_safe": True, "parallel_write_safe": True}
