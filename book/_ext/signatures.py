"""Signatures as the source has them, with types that a reader takes in at a glance."""

from __future__ import annotations

import ast
import copy
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sources import Module

Function = ast.FunctionDef
MADE, CALLS = ("__init__",), ("forward", "call", "__call__")


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


def made_by(node: ast.ClassDef, home: Module) -> str:
    """The arguments of the class that this body defines, if it does."""
    for inner in node.body:
        if isinstance(inner, Function) and inner.name in MADE:
            return signature(inner, home).partition(" -> ")[0]
    of_fields = any("dataclass" in ast.unparse(mark) for mark in node.decorator_list)
    if not of_fields and "NamedTuple" not in map(ast.unparse, node.bases):
        return ""
    given = [f for f in fields(node) if not f.value or "init=False" not in ast.unparse(f.value)]
    return f"({', '.join(_field(f, home) for f in given)})"


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
