"""What a module offers, read from its source: names, signatures, docstrings.

Nothing is imported, so a page costs milliseconds, renders without the frameworks, and shows types
as they are written. A test compares these signatures with those of the imported package.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from signatures import CALLS, MADE, Function, fields, made_by, parameters, signature

Node = ast.ClassDef | Function | ast.Assign


@dataclass(frozen=True)
class Module:
    """One file of the package; ``name`` is dotted. Made by ``module``, which reads each once."""

    root: Path
    name: str

    @cached_property
    def path(self) -> Path:
        stem = self.root.joinpath(*self.name.split("."))
        return stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"))

    @property
    def doc(self) -> str:
        return ast.get_docstring(self.tree) or ""

    @cached_property
    def own(self) -> dict[str, Node]:
        """What the file itself defines, constants included."""
        found: dict[str, Node] = {}
        for node in self.tree.body:
            if isinstance(node, ast.ClassDef | Function):
                found[node.name] = node
            elif isinstance(node, ast.Assign):
                target, value = node.targets[0], node.value
                several = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
                pairs = zip(target.elts, value.elts, strict=True) if several else [(target, value)]
                found |= {t.id: ast.Assign([t], v) for t, v in pairs if isinstance(t, ast.Name)}
            elif isinstance(node, ast.AnnAssign) and node.value:
                found[node.target.id] = ast.Assign([node.target], node.value)
        return found

    @cached_property
    def imported(self) -> dict[str, str]:
        """Name -> the module that it is imported from."""
        froms = (node for node in self.tree.body if isinstance(node, ast.ImportFrom))
        return {name.asname or name.name: node.module for node in froms for name in node.names}

    def find(self, name: str) -> Definition:
        """The definition of a name, wherever it stands."""
        home = self
        while name not in home.own:
            home = module(self.root, home.imported[name])
        return Definition(name, self.name, home, home.own[name])

    def public(self) -> list[Definition]:
        """What ``__all__`` names; without one, its functions and classes; of types, all."""
        if "__all__" in self.own:
            names = ast.literal_eval(self.own["__all__"].value)
        else:
            names = [n for n, node in self.own.items() if not n.startswith("_")]
            plain = [n for n in names if not isinstance(self.own[n], ast.Assign)]
            names = plain if self.name != "mmref.types" else names
        return [self.find(name) for name in names]


module = functools.cache(Module)


@dataclass(frozen=True)
class Definition:
    """A name as users import it (``module``), and where it stands (``home``)."""

    name: str
    module: str
    home: Module
    node: Node

    @property
    def whole(self) -> str:
        """Its name where it stands, by which it is told from others."""
        return f"{self.home.name}.{self.name}"

    @property
    def doc(self) -> str:
        return "" if isinstance(self.node, ast.Assign) else ast.get_docstring(self.node) or ""

    @property
    def kind(self) -> str:
        """Its directive in Sphinx's domain of Python."""
        if isinstance(self.node, ast.ClassDef):
            return "exception" if self.name.endswith("Error") else "class"
        return "data" if isinstance(self.node, ast.Assign) else "function"

    def signature(self) -> str:
        """Arguments, types and result as the source has them; of a constant, its value."""
        if isinstance(self.node, ast.Assign):
            value = ast.unparse(self.node.value)
            return value if len(value) <= 60 else ""
        if isinstance(self.node, Function):
            return signature(self.node, self.home)
        return next((made for c in self._classes() if (made := made_by(c.node, c.home))), "()")

    def arguments(self) -> list[str]:
        """The names of a function's arguments; of a class, also its fields and its call's."""
        if isinstance(self.node, Function):
            return parameters(self.node)
        names: list[str] = []
        for cls in self._classes() if isinstance(self.node, ast.ClassDef) else ():
            made = [m for m in cls.node.body if isinstance(m, Function) and m.name in MADE + CALLS]
            names += [f.target.id for f in fields(cls.node)]
            names += [name for function in made for name in parameters(function)]
        return names

    def members(self) -> Iterator[Member]:
        """What a call runs, and each documented method and property, inherited or not."""
        yield from sorted(self._members(), key=lambda member: member.name not in CALLS)

    def _members(self) -> Iterator[Member]:
        seen = set()
        for cls in self._classes():
            for node in (n for n in cls.node.body if isinstance(n, Function)):
                private = node.name.startswith("_") or node.name in seen
                seen.add(node.name)
                if not private and (ast.get_docstring(node) or node.name in CALLS):
                    yield Member(node.name, node, cls)

    def bases(self) -> list[Definition]:
        """The classes of the package that a class is derived from."""
        return list(self._classes())[1:] if isinstance(self.node, ast.ClassDef) else []

    def _classes(self) -> Iterator[Definition]:
        """The class and those of the package that it is derived from."""
        yield self
        for base in self.node.bases:
            if isinstance(base, ast.Name) and base.id in self.home.own | self.home.imported:
                came = self.home.imported.get(base.id, self.home.name)
                if came.startswith("mmref"):
                    yield from self.home.find(base.id)._classes()


@dataclass(frozen=True)
class Member:
    """A method or a property, and the class in whose body it stands."""

    name: str
    node: Function
    owner: Definition

    @property
    def home(self) -> Module:
        """The file it stands in."""
        return self.owner.home

    @property
    def kind(self) -> str:
        """Its directive in Sphinx's domain of Python."""
        marks = {ast.unparse(mark).rpartition(".")[2] for mark in self.node.decorator_list}
        if marks & {"property", "cached_property"}:
            return "property"
        return "classmethod" if "classmethod" in marks else "method"

    @property
    def doc(self) -> str:
        return ast.get_docstring(self.node) or ""

    def signature(self) -> str:
        """Arguments and result; of a property, its type."""
        whole = signature(self.node, self.home)
        return whole.partition(" -> ")[2] if self.kind == "property" else whole

    def arguments(self) -> list[str]:
        return parameters(self.node)
