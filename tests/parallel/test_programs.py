"""What the chapter shows and does not run itself, and the benchmark that it reads."""

import csv
import os
import subprocess
import sys

import numpy as np
import pytest

from benchmarks import parallel as bench
from mmref.reference.parallel import ring_all_reduce
from scripts.notebooks import ROOT, read_text

PAGE = ROOT / "notebooks" / "practice" / "scaling.md"
SECONDS = 300  # no process may take longer


def strings(*names):
    """The programs that the chapter's cells put together, by name."""
    held = {}
    for cell in read_text(PAGE).cells:
        begins = cell.source.partition(" ")[0]
        if cell.cell_type == "code" and begins in names:
            exec(cell.source, held)
    return [held[name] for name in names]


def test_keras_cuts_a_layer_as_the_layout_says(tmp_path):
    for package in ("keras", "jax"):
        pytest.importorskip(package)
    layout, variables = strings("LAYOUT", "BACKEND")
    program = f"""
import keras
import numpy as np

devices = keras.distribution.list_devices()
{layout}
kernel = model.layers[0].kernel
print({{shard.data.shape for shard in kernel.value.addressable_shards}})
x = np.random.default_rng(0).normal(size=(6, 64)).astype("float32")
plain = x @ np.asarray(kernel.value)
print(bool(np.abs(np.asarray(model(x)) - plain).max() < 1e-5))
"""
    (tmp_path / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, env=os.environ | variables,
        capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["{(64, 16)}", "True"]


def test_the_programs_of_the_page_are_short():
    """A whole training by two processes, in at most 40 lines."""
    lines = [line for line in "".join(strings("TRAIN", "LOOP")).splitlines() if line.strip()]
    assert len(lines) <= 36  # and four to store the weights


def test_the_stored_times_are_of_what_is_measured():
    with bench.RESULTS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    reduces = {(r["run"], int(r["size"])) for r in rows if r["part"] == "all-reduce"}
    assert reduces == {(f"{w} processes", size) for w in bench.WORKERS for size in bench.BYTES}
    steps = {(r["part"], r["framework"], r["run"], int(r["size"])) for r in rows if r["first ms"]}
    assert steps == {(*name, w) for *name, _ in bench.steps() for w in bench.WIDTHS}
    assert all(float(r["ms"]) > 0 for r in rows)


def test_a_ring_sends_what_the_formula_says():
    """The page's own ring, which counts: the same sums as the package's."""
    held = {"np": np}
    (cell,) = [c for c in read_text(PAGE).cells if c.source.startswith("def ring_all_reduce")]
    exec(cell.source.partition("\n\n\n")[0], held)
    for workers, length in ((1, 6), (2, 6), (3, 7), (5, 3)):
        arrays = np.random.default_rng(0).normal(size=(workers, length))
        sums, sent = held["ring_all_reduce"](arrays)
        np.testing.assert_allclose(sums, ring_all_reduce(arrays), rtol=1e-12)
        assert sent.sum() == 2 * (workers - 1) * length
