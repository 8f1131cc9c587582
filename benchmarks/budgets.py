"""Measure what the project promises about time and memory (``make bench``).

    python -m benchmarks.budgets              everything but the last four
    python -m benchmarks.budgets import data  some of it

The parts: import data scenes convolution layers render notebooks fusions family nbval test. Over
its budget, one of them gives status 1; the tests judge results only, never seconds.

What is measured is stored with the machine in ``benchmarks/results/budgets.csv``, beside what
was measured before, printed as a Markdown table and written into the README. A notebook's seconds
are the processor's, of all its threads: a busy machine does not make it slow.
"""

import csv
import platform
import re
import subprocess
import sys
import time
from pathlib import Path, PurePath
from statistics import median

from scripts.lengths import in_depth
from scripts.notebooks import ROOT, chapters, cores, read_stored, stored

RESULTS = ROOT / "benchmarks" / "results" / "budgets.csv"
LAYERS = ROOT / "benchmarks" / "results" / "layers.csv"
FUSIONS = ROOT / "benchmarks" / "results" / "fusion_speed.csv"
README = ROOT / "README.md"
MARKED = re.compile(r"(?<=<!-- budgets -->\n).*?(?=<!-- /budgets -->)", re.S)

IMPORT = "import time; t = time.perf_counter(); import mmref; print(time.perf_counter() - t)"
# The system's own count of the process's largest size; Linux gives KiB, macOS bytes.
LOAD = """
import resource, sys, time
import mmref.data.emoji as emoji
unit = 2**20 if sys.platform == "darwin" else 2**10
t = time.perf_counter()
emoji.load("both")
seconds = time.perf_counter() - t
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)
"""
# Processor time of one process, the best of five.
DRAW = """
import time
import numpy as np
from mmref.data import scenes
from mmref.data.transforms import augment
pictures = scenes.generate(960, 0, 32).images.astype("float32") / 255
ways = [
    lambda: scenes.generate(2000, 0, 32),
    lambda: scenes.generate(2000, 0, 64),
    lambda: augment(pictures, np.random.default_rng(0), cutout=0.3),
]
for way in ways:
    taken = []
    for _ in range(6):
        t = time.process_time()
        way()
        taken.append(time.process_time() - t)
    print(min(taken[1:]))
"""
# In turn and the best of many, so that a busy moment of the machine hits neither of the two; and
# NumPy's BLAS chooses its instructions by itself, as PyTorch does, whatever the shell has pinned.
CONVOLVE = """
import os, time
os.environ.pop("OPENBLAS_CORETYPE", None)
os.environ.update(OMP_NUM_THREADS="{threads}", OPENBLAS_NUM_THREADS="{threads}")
import numpy as np, torch
from mmref.reference.convolution import conv2d
torch.set_num_threads({threads})
rng = np.random.default_rng(0)
x, w = rng.normal(size=(8, 16, 32, 32)), rng.normal(size=(32, 16, 3, 3))
x, w = x.astype("float32"), w.astype("float32")
images, weight = torch.tensor(x), torch.tensor(w)
ways = [lambda: conv2d(x, w, padding=1), lambda: torch.conv2d(images, weight, padding=1)]
best = [np.inf, np.inf]
for _ in range(10):
    for i, way in enumerate(ways):
        way()
        for _ in range(50):
            t = time.perf_counter()
            way()
            best[i] = min(best[i], time.perf_counter() - t)
print(best[0] / best[1])
"""


def python(program: str) -> list[float]:
    """The numbers that a program prints in a fresh process."""
    return [float(x) for x in subprocess.check_output([sys.executable, "-c", program]).split()]


def seconds(*command: str) -> float:
    """The seconds that a command takes."""
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True)
    return time.perf_counter() - start


def last_run(path: Path) -> float | None:
    """The processor's seconds that a notebook took when it was stored; running it is make execute.

    None for one that was stored before these were counted.
    """
    return read_stored(path).metadata.mmref.last_run.get("processor_seconds")


def allowed(path: str) -> int:
    """The seconds that a notebook may take; those that train generators may take longer.

    Of a topic's two pages the first is for an evening, and the second proves it.
    """
    if in_depth(ROOT / path).is_file():
        return 45
    second = PurePath(path).stem.endswith("_in_depth")
    if "generation" in PurePath(path).parts:
        return 240 if second or PurePath(path).stem == "text_to_image" else 120
    return 120 if second else 90


def layers() -> list[tuple[str, float, str]]:
    """Of each ratio that ``benchmarks.layers`` stored last: its name, the most it may be, unit."""
    with LAYERS.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        (f"{row['what']}, {way}, against {row['against']}", float(row[f"{way}_limit"]), "x")
        for row in rows
        for way in ("forward", "gradients")
    ]


def measured_layers() -> list[float]:
    """The same, measured now."""
    subprocess.run([sys.executable, "-m", "benchmarks.layers"], cwd=ROOT)
    with LAYERS.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [float(row[way]) for row in rows for way in ("forward", "gradients")]


def measured_fusions() -> list[float]:
    """The slowest fusion's ratio to its plain expression: of each wing, forward and with gradients.

    A fusion's ratio is the median over the sizes from 256 rows on, so that no busy moment counts.
    """
    subprocess.run([sys.executable, "-m", "benchmarks.fusion"], cwd=ROOT)
    return [slowest(wing, gradients) for wing in ("torch", "keras") for gradients in "01"]


def slowest(wing: str, gradients: str) -> float:
    """The same, of what was stored of one wing, with gradients or without."""
    ratios: dict[str, list[float]] = {}
    with FUSIONS.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if (row["wing"], row["gradients"]) == (wing, gradients) and int(row["batch"]) >= 256:
                ratios.setdefault(row["fusion"], []).append(float(row["ratio"]))
    return max(map(median, ratios.values()))


def promises() -> dict[str, list[tuple[str, float, str]]]:
    """For each group of measurements: what is measured, the most it may be, unit."""
    paths = [stored(path).relative_to(ROOT).as_posix() for path in chapters()]
    return {
        "import": [("`import mmref`", 0.2, "s")],
        "data": [("load the emoji data", 1.0, "s"), ("the process that loaded it", 200, "MB")],
        "scenes": [
            ("draw 2,000 scenes of 32 pixels, one core", 0.5, "s"),
            ("draw 2,000 scenes of 64 pixels, one core", 0.5, "s"),
            ("augment 960 pictures of 32 pixels, one core", 0.19, "s"),
        ],
        "convolution": [
            ("NumPy `conv2d` against PyTorch's, one thread each", 2.0, "x"),
            ("NumPy `conv2d` against PyTorch's, two threads each", 2.0, "x"),
        ],
        "layers": layers(),
        "render": [
            ("`make book`, after installation", 60, "s"),
            ("`make book`, nothing changed", 15, "s"),
        ],
        "notebooks": [(f"run `{path}`, both frameworks", allowed(path), "s") for path in paths],
        "fusions": [
            (f"{wing}, the slowest fusion from 256 rows on, {way}, against plain code", 1.15, "x")
            for wing in ("torch", "Keras")
            for way in ("forward", "gradients")
        ],
        "family": [("`make test FAMILY=fusion`", 3 * 60, "s")],
        "nbval": [("re-run and compare all notebooks", 25 * 60, "s")],
        "test": [("`make test`, after installation", 45 * 60, "s")],
    }


MEASURE = {
    "import": lambda: [min(python(IMPORT)[0] for _ in range(5))],
    "data": lambda: python(LOAD),
    "scenes": lambda: python(DRAW),
    "convolution": lambda: [
        min(python(CONVOLVE.format(threads=n))[0] for _ in range(3)) for n in (1, 2)
    ],
    "layers": measured_layers,
    "render": lambda: [seconds("sh", "scripts/render.sh", *o) for o in (["--all"], [])],
    "notebooks": lambda: [last_run(stored(path)) for path in chapters()],
    "fusions": measured_fusions,
    "family": lambda: [seconds("make", "test", "FAMILY=fusion")],
    "nbval": lambda: [seconds("make", "notebooks")],
    "test": lambda: [seconds("make", "test")],
}
SLOW = ("fusions", "family", "nbval", "test")  # minutes to tens of minutes: only when asked for


def machine() -> str:
    """What it is measured on."""
    return f"{platform.system()} {platform.machine()}, {cores()} cores"


def read(path: Path) -> dict[str, dict[str, str]]:
    """The stored rows by what was measured."""
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        return {row["what"]: row for row in csv.DictReader(file)}


def write(path: Path, rows: dict[str, dict[str, str]]) -> None:
    """Store the rows."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        fields = ["what", "measured", "limit", "unit", "machine"]
        writer = csv.DictWriter(file, fields, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows.values())


def table(rows: dict[str, dict[str, str]]) -> str:
    """All promises as a Markdown table; the cell of one that was never measured is empty."""
    lines = ["| what | measured | at most | on |", "|---|---|---|---|"]
    for what, limit, unit in sum(promises().values(), []):
        row = rows.get(what, {"measured": "", "machine": ""})
        measured = f"{row['measured']} {unit}" if row["measured"] else ""
        lines.append(f"| {what} | {measured} | {limit:g} {unit} | {row['machine']} |")
    return "\n".join(lines) + "\n"


def main(groups: list[str]) -> int:
    """Measure, store, print; 1 where something is over its budget."""
    unknown = [g for g in groups if g not in MEASURE]
    if unknown:
        print(f"expected some of {' '.join(MEASURE)}, got {' '.join(unknown)}", file=sys.stderr)
        return 1
    rows, over = read(RESULTS), 0
    for group in groups or [g for g in MEASURE if g not in SLOW]:
        for (what, limit, unit), value in zip(promises()[group], MEASURE[group](), strict=True):
            if value is None:
                rows.pop(what, None)
                continue
            measured = f"{value:.0f}" if value >= 10 else f"{value:.3f}"
            row = {"what": what, "measured": measured, "limit": f"{limit:g}", "unit": unit}
            rows[what] = row | {"machine": machine()}
            over += value > limit
    write(RESULTS, rows)
    print(table(rows), end="")
    text = README.read_text(encoding="utf-8")
    README.write_text(MARKED.sub(lambda _: table(rows), text), encoding="utf-8")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
