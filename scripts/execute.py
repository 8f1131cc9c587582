"""Run chapters from their text and store the notebooks with outputs (``make execute``)."""

import argparse
import base64
import datetime
import importlib.metadata
import io
import os
import platform
import resource
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image

from scripts.notebooks import ROOT, THREADS, chapters, cores, read_text, stored
from scripts.rules import broken, code_cells, images

VERSIONS = ("numpy", "torch", "keras", "tensorflow")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
FULL_COLOR_BYTES = 20_000  # a larger picture is stored in 256 colors: a third of the weight
HANG_SECONDS = 1800  # for a cell, or the start of a kernel: no limit, but a guard against hanging
# Or the debugger warns about Python's own modules. One thread, as the tests run it again: another
# number rounds otherwise, and threads that wait for each other take the processor's time.
KERNEL_ENVIRONMENT = {"PYDEVD_DISABLE_FILE_VALIDATION": "1", **dict.fromkeys(THREADS, "1")}


def execute(text: Path) -> nbformat.NotebookNode:
    """The notebook that a chapter's text describes, run from first to last cell on the CPU."""
    notebook = read_text(text)
    notebook.metadata.kernelspec = KERNEL
    client = NotebookClient(
        notebook,
        timeout=HANG_SECONDS,
        startup_timeout=HANG_SECONDS,
        kernel_name=KERNEL["name"],
        record_timing=False,  # would change every cell at every run
        coalesce_streams=True,  # where a stream is cut depends on the machine's load
        resources={"metadata": {"path": str(text.parent)}},
    )
    start, before = time.perf_counter(), processor()
    # Stored outputs are those of a CPU run, which every reader can repeat.
    client.execute(env={**os.environ, "CUDA_VISIBLE_DEVICES": "", **KERNEL_ENVIRONMENT})
    spent = time.perf_counter() - start, processor() - before
    notebook.metadata.mmref = {"last_run": last_run(*spent)}
    for name, cell in code_cells(notebook):
        for data, kind in images(cell):
            if kind == "image/png" and len(base64.b64decode(data[kind])) > FULL_COLOR_BYTES:
                data[kind] = shrunk(data[kind])
                print(f"  {name}: reduced its image to 256 colors")
    return notebook


def processor() -> float:
    """The processor's seconds, of all threads, that this process's ended children have taken.

    A kernel has ended when its notebook is executed. Other programs lengthen these seconds least.
    """
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def last_run(seconds: float, processor_seconds: float) -> dict:
    """When and with what a notebook was run; the page shows it."""
    return {
        "date": datetime.date.today().isoformat(),
        "device": f"CPU, {cores()} cores, one thread",
        "python": platform.python_version(),
        "seconds": round(seconds, 1),
        "processor_seconds": round(processor_seconds, 1),
        **{name: version for name in VERSIONS if (version := installed(name))},
    }


def installed(name: str) -> str | None:
    """The version of an installed package, without its build; None when it is missing."""
    for package in (name, f"{name}-cpu"):
        try:
            return importlib.metadata.version(package).split("+")[0]
        except importlib.metadata.PackageNotFoundError:
            continue
    return None


def shrunk(png: str) -> str:
    """A base64 PNG with at most 256 colors."""
    image = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGBA")
    file = io.BytesIO()
    # The one method that keeps transparency, which figures need on a dark page.
    image.quantize(256, method=Image.Quantize.FASTOCTREE).save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()


def main(arguments: list[str] | None = None) -> int:
    """Run the chapters named, or all of them."""
    parser = argparse.ArgumentParser(description="Run chapters and store their outputs.")
    parser.add_argument("chapter", nargs="*", type=Path, help="a chapter's .md or .ipynb; or all")
    asked = parser.parse_args(arguments).chapter
    failures = 0
    for path in [chapter.with_suffix(".md").resolve() for chapter in asked] or chapters():
        name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        if not path.is_file():
            print(f"error: there is no chapter {name}", file=sys.stderr)
            return 1
        print(f"{name}: running")
        try:
            notebook = execute(path)
        except CellExecutionError as error:
            problems = [f"a cell failed\n{error}"]
        else:
            problems = broken(notebook)
        if problems:
            failures += 1
            print(f"error: {name}: not stored, because", file=sys.stderr)
            print("\n".join(f"  {problem}" for problem in problems), file=sys.stderr)
            continue
        nbformat.write(notebook, stored(path))
        size = stored(path).stat().st_size / 1000
        run = notebook.metadata.mmref.last_run
        spent = f"{run.seconds} s, {run.processor_seconds} s of the processor"
        print(f"{name}: stored, {len(notebook.cells)} cells, {spent}, {size:.0f} kB")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
