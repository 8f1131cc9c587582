"""Where everything about a formula or an exercise stands: ``mmref.concordance --where NAME``.

Found by reading files, so nothing has to be kept up to date. The book and the tests are there in a
checkout only; an installed package has the rest.
"""

import ast
import re
from pathlib import Path

from mmref.check._registry import NAMES
from mmref.concordance.formulas import FORMULAS
from mmref.errors import ChoiceError

ROOT = Path(__file__).parents[2]


def where(name: str, root: Path = ROOT) -> str:
    """Lines of text, one for each place: what stands there, file and line, its name there.

    Errors
        ChoiceError: no formula and no exercise of that name.

    >>> print(where("masked_softmax").splitlines()[1])
    reference   mmref/reference/softmax.py:10  masked_softmax
    """
    if name in FORMULAS:
        there = _of_formula(FORMULAS[name], root)
    elif name in NAMES:
        there = _of_exercise(name, root)
    else:
        raise ChoiceError("name", name, dict.fromkeys([*FORMULAS, *NAMES]))
    lines = [
        f"{kind:<11} {path.relative_to(root)}:{line}  {what}".rstrip()
        for kind, path, line, what in there
    ]
    return "\n".join([name, *lines]) + "\n"


def _of_exercise(name, root):
    """Places of an exercise that asks for no formula of the registry."""
    package, there = root / "mmref", []
    for path in _files(root, "notebooks", "*.md"):
        there += [("book", path, *hit) for hit in _matches(path, rf'check\(.*"({name})"')]
    there += [("exercise", path, 1, name) for path in (package / "check").glob(f"*/{name}.py")]
    for path in _files(root, "tests", "*.py"):
        hits = list(_matches(path, rf"\b({name})\b"))
        there += [("tests", path, *hits[0])] if hits else []
    return there


def _of_formula(formula, root):
    """Places of a formula of the registry."""
    operation = formula.reference.__name__
    module = formula.reference.__module__.split(".")[2:]  # the family, and in a folder its file
    package, family, there = root / "mmref", module[0], []

    def found(kind, path, pattern):
        there.extend((kind, path, *hit) for hit in _matches(path, pattern))

    for path in _files(root, "notebooks", "*.md") + _files(root, "book", "*.md"):
        there.extend(("book", path, *hit) for hit in _equations(path, operation))
    for kind, function in (("reference", formula.reference), ("gradient", formula.gradient)):
        path = package.joinpath("reference", *module).with_suffix(".py")
        found(kind, path, rf"^def ({function.__name__})\(")
    names = {operation}
    for wing in ("torch", "keras"):
        for path in _of_family(package / wing, family):
            for line, defined in _definitions(path, operation):
                there.append((wing, path, line, defined))
                names.add(defined)
    there += [("contract", path, 1, "") for path in _of_family(package / "contract", family)]
    held = "|".join(sorted(names))
    for path in _of_family(package / "convert" / "tables", family):
        found("conversion", path, rf'"({held})":')
    for path in _of_family(package / "concordance" / "formulas", family):
        found("entry", path, rf'name="({formula.name})"')
    for path in _files(root, "tests", "*.py"):
        hits = list(_matches(path, rf"\b({held})\b"))
        there += [("tests", path, *hits[0])] if hits else []
    for path in sorted((package / "check").glob(f"*/{operation}*.py")):
        there.append(("exercise", path, 1, path.stem))
    return there


def _files(root, folder, pattern):
    """Of a checkout; beside an installed package a folder ``tests`` is somebody else's."""
    return sorted((root / folder).rglob(pattern)) if (root / "pyproject.toml").is_file() else []


def _of_family(folder, family):
    """The file of a family in a folder, or those of its folder."""
    return [*folder.glob(f"{family}.py"), *sorted(folder.glob(f"{family}/*.py"))]


def _matches(path, pattern):
    """(line, what the pattern's group caught) in a file."""
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = re.search(pattern, line)
        if match:
            yield number, match[1]


def _definitions(path, operation):
    """(line, name) of a wing's layer and function: ``BatchNorm2d`` and ``batch_norm``."""
    plain = operation.replace("_", "")
    for node in ast.parse(path.read_text(encoding="utf-8")).body if path.is_file() else ():
        named = isinstance(node, ast.ClassDef | ast.FunctionDef)
        if named and node.name.replace("_", "").lower().startswith(plain):
            yield node.lineno, node.name


def _equations(path, operation):
    """(line, label and section) of a page's equations that are called like the operation."""
    label = operation.replace("_", "-")
    section = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        heading = re.match(r"#+ (.*)", line)
        section = heading[1] if heading else section
        match = re.match(rf"\$\$ \(({label}(-[\w-]+)?)\)", line)
        if match:
            yield number, f"{{eq}}`{match[1]}`, in {section!r}"
