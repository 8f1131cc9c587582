"""Rewrite the mirrored cells of every chapter from the package (``make mirror``).

A cell whose metadata say ``mirrors: mmref.torch.fusion.WeightedFusion`` (or a list of such
names) shows that class, its docstrings shortened to their first lines and its types left out, which
a page tells in its comments.
"""

import argparse
import ast
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import yaml

from scripts.notebooks import ROOT, chapters

_DEFINITIONS = (ast.ClassDef, ast.FunctionDef)


class MirrorError(ValueError):
    """A cell mirrors a name that the package does not define."""


def source_of(name: str, root: Path = ROOT) -> str:
    """The source of a class or function, found by its dotted name without importing it."""
    module, _, attribute = name.rpartition(".")
    path = root / (module.replace(".", "/") + ".py")
    if not path.is_file():
        path = path.with_suffix("") / "__init__.py"
    if not path.is_file():
        raise MirrorError(f"mirrors: {name}: there is no module {module!r}")
    text = path.read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, _DEFINITIONS) and node.name == attribute:
            return _shortened(text, node)
    raise MirrorError(f"mirrors: {name}: {module!r} does not define {attribute!r} at its top level")


def _shortened(text: str, node: ast.stmt) -> str:
    """The lines of a definition, each docstring cut to its first line."""
    lines = text.splitlines()
    for inner in ast.walk(node):
        if not isinstance(inner, _DEFINITIONS) or ast.get_docstring(inner) is None:
            continue
        docstring = inner.body[0]
        first, last = docstring.lineno - 1, docstring.end_lineno - 1
        if first == last:
            continue
        opening = re.match(r"""\s*[rR]?(\"{3}|'{3})""", lines[first])
        if not opening:
            raise MirrorError(f"line {docstring.lineno}: a docstring must be in triple quotes")
        lines[first] = lines[first].rstrip() + opening[1]
        for number in range(first + 1, last + 1):
            lines[number] = None  # not deleted: the numbers of later lines must hold
    decorators = [decorator.lineno for decorator in node.decorator_list]
    kept = lines[min([node.lineno, *decorators]) - 1 : node.end_lineno]
    return _untyped("\n".join(line for line in kept if line is not None))


def _untyped(text: str) -> str:
    """The same program without types: of arguments, of results, of variables."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def at(line: int, column: int) -> int:
        row = text[starts[line - 1] : starts[line]]
        return starts[line - 1] + len(row.encode()[:column].decode())

    cuts = []  # (from, to, what stands there instead)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.arg) and node.annotation:
            begin = at(node.lineno, node.col_offset) + len(node.arg)
            end = at(node.annotation.end_lineno, node.annotation.end_col_offset)
            default = text[end : end + 3] == " = "
            cuts.append((begin, end + 3 * default, "=" * default))
        elif isinstance(node, ast.FunctionDef) and node.returns:
            begin = text.rindex("->", 0, at(node.returns.lineno, node.returns.col_offset))
            end = at(node.returns.end_lineno, node.returns.end_col_offset)
            cuts.append((len(text[:begin].rstrip()), end, ""))
        elif isinstance(node, ast.AnnAssign) and node.value:
            begin = at(node.target.end_lineno, node.target.end_col_offset)
            cuts.append((begin, at(node.annotation.end_lineno, node.annotation.end_col_offset), ""))
    for begin, end, instead in sorted(cuts, reverse=True):
        text = text[:begin] + instead + text[end:]
    return _formatted(text) if cuts else text


def _formatted(text: str) -> str:
    """What was broken for the sake of its types, on one line again."""
    command = [sys.executable, "-m", "ruff", "format", "-", "--isolated", "--line-length=100"]
    command += ["--config", "format.skip-magic-trailing-comma=true"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    return done.stdout.rstrip("\n")


def mirrored_source(names: str | list[str], root: Path = ROOT) -> str:
    """What a cell with this ``mirrors`` entry must hold."""
    names = [names] if isinstance(names, str) else names
    return "\n\n\n".join(source_of(name, root) for name in names)


_CELL = re.compile(
    r"^(?P<fence>`{3,})\{code-cell\}[^\n]*\n(?P<body>.*?)^(?P=fence)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_OPTIONS = re.compile(r"\A(?:---\n(?P<block>.*?)^---\n|(?P<short>(?::[^\n]*\n)+))", re.M | re.S)


def rewrite(text: str, source: Callable[[str | list[str]], str] = mirrored_source) -> str:
    """A chapter's text with its mirrored cells brought up to date."""

    def cell(match: re.Match) -> str:
        body = match["body"]
        options = _OPTIONS.match(body)
        if not options:
            return match[0]
        block = options["block"] or re.sub(r"^:", "", options["short"], flags=re.M)
        names = (yaml.safe_load(block) or {}).get("mirrors")
        if not names:
            return match[0]
        head = match[0][: match.start("body") - match.start() + options.end()]
        gap = "\n" if options["short"] else ""  # as jupytext writes it
        return f"{head}{gap}{source(names)}\n{match['fence']}"

    return _CELL.sub(cell, text)


def main(arguments: list[str] | None = None) -> int:
    """Rewrite all chapters, or with ``--check`` only say which are out of date."""
    parser = argparse.ArgumentParser(description="Rewrite mirrored cells from the package.")
    parser.add_argument("--check", action="store_true", help="change nothing, fail if outdated")
    check = parser.parse_args(arguments).check
    outdated = []
    for path in chapters():
        before = path.read_text(encoding="utf-8")
        try:
            after = rewrite(before)
        except MirrorError as error:
            print(f"error: {path.relative_to(ROOT)}: {error}", file=sys.stderr)
            return 1
        if after != before:
            outdated.append(path.relative_to(ROOT))
            if not check:
                path.write_text(after, encoding="utf-8")
    for path in outdated:
        print(f"{path}: {'outdated, run make mirror' if check else 'rewritten, run make execute'}")
    return 1 if check and outdated else 0


if __name__ == "__main__":
    sys.exit(main())
