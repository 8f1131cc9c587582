"""What the chapter says and does not run itself, and the benchmark that it reads."""

import ast
import builtins
import csv
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from benchmarks import parallel as bench
from mmref.reference.parallel import ring_all_reduce
from scripts.notebooks import ROOT, read_text

PAGE = ROOT / "notebooks" / "practice" / "scaling.md"
SECONDS = 300  # no process may take longer


JAX = {
    "KERAS_BACKEND": "jax",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
}


def strings(*names):
    """The programs that the chapter's cells assign, by name."""
    held = {}
    for cell in read_text(PAGE).cells:
        begins = cell.source.partition(" ")[0]
        if cell.cell_type == "code" and begins in names:
            exec(cell.source, held)
    return [held[name] for name in names]


def test_keras_cuts_a_layer_by_its_columns(tmp_path):
    """A mesh of 1 x 2 devices and ``(None, "model")``: the outputs are those of the whole layer."""
    for package in ("keras", "jax"):
        pytest.importorskip(package)
    program = """
import keras
import numpy as np

mesh = keras.distribution.DeviceMesh(
    (1, 2), ["batch", "model"], keras.distribution.list_devices())
layout = keras.distribution.LayoutMap(mesh)
layout[".*wide/kernel"] = (None, "model")
layout[".*wide/bias"] = ("model",)
keras.distribution.set_distribution(
    keras.distribution.ModelParallel(layout_map=layout, batch_dim_name="batch"))
model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(32, name="wide")])
kernel = model.layers[0].kernel
print({shard.data.shape for shard in kernel.value.addressable_shards})
x = np.random.default_rng(0).normal(size=(6, 64)).astype("float32")
plain = x @ np.asarray(kernel.value)
print(bool(np.abs(np.asarray(model(x)) - plain).max() < 1e-5))
"""
    (tmp_path / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, env=os.environ | JAX,
        capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["{(64, 16)}", "True"]


def test_a_backup_that_is_cut_short_is_replaced_by_the_one_before(tmp_path):
    """Keras's ``double_checkpoint``: the training goes on an epoch earlier, else with an error."""
    keras = pytest.importorskip("keras")
    x = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")

    class Killed(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    def fitted(*callbacks):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
        seen = model.fit(x, x[:, :1], epochs=4, shuffle=False, verbose=0, callbacks=callbacks)
        return model.get_weights(), seen.epoch

    def spoiled(double):
        folder = tmp_path / str(double)

        def backup():
            return keras.callbacks.BackupAndRestore(folder, double_checkpoint=double)

        with pytest.raises(KeyboardInterrupt):
            fitted(backup(), Killed())
        file = folder / "latest.weights.h5"
        file.write_bytes(file.read_bytes()[:5000])
        return fitted(backup())

    with pytest.raises(OSError):
        spoiled(False)
    weights, epochs = spoiled(True)
    assert epochs == [1, 2, 3]
    for one, other in zip(weights, fitted()[0], strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_program_of_the_page_is_whole_and_short():
    """A whole training by two processes, that names nothing it does not have."""
    (program,) = strings("TRAIN")
    assert len([line for line in program.splitlines() if line.strip()]) <= 25
    compile(program, "train.py", "exec")


def test_the_lines_for_gpus_name_only_what_is_there():
    """The box of the first day: its lines import what the program does not."""
    (program,) = strings("TRAIN")
    box = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)[1]
    stored, read = set(dir(builtins)), set()
    for node in ast.walk(ast.parse(program + box)):
        if isinstance(node, ast.alias):
            stored.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.Name):
            (stored if isinstance(node.ctx, ast.Store) else read).add(node.id)
    assert read - stored == set()


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
