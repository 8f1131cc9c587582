"""What a module offers, read from its source: names, signatures, docstrings.

Nothing is imported, so a page costs milliseconds, renders without the frameworks, and shows types
as they are written. A test compares these signatures with those of the imported package.
"""

from __future__ import annotations

import ast
import copy
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

Function = ast.FunctionDef
MADE, CALLS = ("__init__",), ("forward", "call", "__call__")
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
        return next((made for c in self._classes() if (made := _made_by(c))), "()")

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
                    yield Member(node.name, node, cls.home)

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
    """A method or a property of a class, and the file it stands in."""

    name: str
    node: Function
    home: Module

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


def signature(function: Function, home: Module) -> str:
    """``(x: Array, size: int = 3) -> Array``, names of types without where they come from."""
    arguments = re.sub(r"^(self|cls)(, |$)", "", _plain(function.args, home))
    return f"({arguments})" + (f" -> {_plain(function.returns, home)}" if function.returns else "")


def parameters(function: Function) -> list[str]:
    """The names of a function's arguments."""
    given = function.args
    every = [*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg]
    return [a.arg for a in every if a is not None and a.arg not in ("self", "cls")]


def fields(node: ast.ClassDef) -> list[ast.AnnAssign]:
    """The fields of a data class or a named tuple."""
    return [n for n in node.body if isinstance(n, ast.AnnAssign)]


def _made_by(cls: Definition) -> str:
    """The arguments of the class that this body defines, if it does."""
    for inner in cls.node.body:
        if isinstance(inner, Function) and inner.name in MADE:
            return signature(inner, cls.home).partition(" -> ")[0]
    of_fields = any("dataclass" in ast.unparse(mark) for mark in cls.node.decorator_list)
    if not of_fields and "NamedTuple" not in map(ast.unparse, cls.node.bases):
        return ""
    given = [f for f in fields(cls.node) if not f.value or "init=False" not in ast.unparse(f.value)]
    return f"({', '.join(_field(f, cls.home) for f in given)})"


def _field(field: ast.AnnAssign, home: Module) -> str:
    said = f"{field.target.id}: {_plain(field.annotation, home)}"
    if not field.value:
        return said
    return (
        f"{said} = {'...' if 'field(' in ast.unparse(field.value) else _plain(field.value, home)}"
    )


def _plain(node: ast.AST, home: Module) -> str:
    return ast.unparse(_Plain(home).visit(copy.deepcopy(node)))


class _Plain(ast.NodeTransformer):
    """Types by their last name, and what a file calls a type or a default for itself in full."""

    def __init__(self, home: Module) -> None:
        self.home = home

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return ast.Name(node.attr) if node.attr[:1].isupper() else node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self.home.own and node.id not in self.home.imported:
            return node
        if not self.home.imported.get(node.id, "mmref").startswith("mmref"):
            return node
        found = self.home.find(node.id)
        if not isinstance(found.node, ast.Assign) or found.home.name == "mmref.types":
            return node
        value = found.node.value
        is_type = isinstance(value, ast.Subscript | ast.BinOp | ast.Attribute)
        return (
            self.visit(copy.deepcopy(value)) if is_type or isinstance(value, ast.Constant) else node
        )
