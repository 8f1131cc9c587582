"""Prints the concordance: ``python -m mmref.concordance``."""

import argparse
import dataclasses
import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

from mmref.check._registry import NAMES
from mmref.concordance import BOUNDS, FORMULAS, Row, compare
from mmref.concordance.compare import FRAMEWORKS, failed, not_installed
from mmref.concordance.table import as_markdown, as_text
from mmref.concordance.where import where
from mmref.errors import ChoiceError

BACKENDS = ("tensorflow", "torch", "jax")
# Or XLA takes many minutes to compile what runs once; it reads this, others do not.
QUICK = {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}


def main(argv: list[str] | None = None) -> int:
    """Compare, print, and return 1 when a bound is broken, a comparison ended in an error, or
    nothing could be compared."""
    options = _parse(argv)
    if options.where:
        print(where(options.where), end="")
        return 0
    formulas = [FORMULAS[name] for name in options.formula or FORMULAS]
    rows, skipped = [], []
    for framework in options.framework or FRAMEWORKS:
        if framework == "keras" and options.all_backends:
            gathered = [_in_process_of_its_own(backend, formulas) for backend in BACKENDS]
        else:
            gathered = [_measure(framework, formulas)]
        for found, missing in gathered:
            rows += found
            skipped += missing
    text = _render(options, rows, skipped, formulas)
    if options.output:
        Path(options.output).parent.mkdir(parents=True, exist_ok=True)
        Path(options.output).write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    broken = [row for row in rows if not row.ok]
    for row in broken:
        what = f"{row.formula}, {row.implementation} on {row.backend}, {row.dtype}"
        if row.error:
            print(f"failed: {what}: {row.error}", file=sys.stderr)
            continue
        size = f"{max(row.absolute, row.relative):.1e} > {row.bound:.0e} at {row.at}"
        print(f"broken: {what}, {row.quantity}: {size}", file=sys.stderr)
    for line in skipped:
        print(f"skipped: {line}", file=sys.stderr)
    return 1 if broken or not rows else 0


def _parse(argv):
    parser = argparse.ArgumentParser(
        prog="python -m mmref.concordance",
        description="Compare every formula's implementations with its NumPy reference: "
        "value and every gradient.",
    )
    parser.add_argument("formula", nargs="*", help=", ".join(FORMULAS))
    parser.add_argument("--framework", action="append", choices=FRAMEWORKS, help="may be repeated")
    parser.add_argument(
        "--all-backends",
        action="store_true",
        help="Keras on every installed backend, each in a process of its own; "
        "otherwise on the current one (KERAS_BACKEND)",
    )
    parser.add_argument(
        "--where",
        metavar="NAME",
        help="print every place of this formula, or of this exercise, and stop",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="rows with all digits")
    form.add_argument(
        "--markdown", action="store_true", help="the page of the book; implies --all-backends"
    )
    parser.add_argument("--output", help="write to this file instead of printing")
    options = parser.parse_args(argv)
    options.all_backends |= options.markdown
    for name in options.formula:
        if name not in FORMULAS:
            parser.error(str(ChoiceError("formula", name, FORMULAS)))
    if options.where and options.where not in {*FORMULAS, *NAMES}:
        parser.error(str(ChoiceError("name", options.where, dict.fromkeys([*FORMULAS, *NAMES]))))
    return options


def _measure(framework, formulas):
    """Rows, and a line for what is not installed."""
    try:
        importlib.import_module(framework)
    except ModuleNotFoundError as error:
        return [], [f"{framework}, because {error.name} is not installed"]
    rows, skipped = [], []
    for formula in formulas:
        missing = not_installed(formula, framework).items()
        skipped += [f"{name}, because {package} is not installed" for name, package in missing]
        for dtype in BOUNDS:
            rows += compare(formula, framework, dtype, keep_going=True)
    return rows, skipped


def _in_process_of_its_own(backend, formulas):
    """Keras reads its backend once, at import."""
    if importlib.util.find_spec(backend) is None:
        return [], [f"keras on {backend}, because {backend} is not installed"]
    names = [formula.name for formula in formulas]
    command = [sys.executable, "-m", "mmref.concordance", *names, "--framework=keras", "--json"]
    done = subprocess.run(
        command,
        env=os.environ | {"KERAS_BACKEND": backend} | QUICK,
        stdout=subprocess.PIPE,
        text=True,
    )
    if not done.stdout:
        what = "mmref.keras", f"keras on {backend}", "float64"
        told = f"the process stopped with status {done.returncode}"
        return [failed(name, *what, told) for name in names], []
    report = json.loads(done.stdout)
    fields = [field.name for field in dataclasses.fields(Row)]
    rows = [Row(**{name: row[name] for name in fields}) for row in report["rows"]]
    return rows, report["skipped"]


def _render(options, rows, skipped, formulas):
    if options.json:
        report = {
            "ok": all(row.ok for row in rows),
            "rows": [dataclasses.asdict(row) | {"ok": row.ok} for row in rows],
            "skipped": skipped,
            "versions": _versions(),
        }
        return json.dumps(report, indent=1) + "\n"
    if options.markdown:
        return as_markdown(rows, formulas, _versions())
    return as_text(rows, formulas)


def _versions():
    versions = {}
    for name in ("numpy", "torch", "keras", "tensorflow", "tensorflow-cpu", "jax", "onnx"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


if __name__ == "__main__":
    raise SystemExit(main())
