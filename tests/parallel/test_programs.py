"""What the chapter says and does not run itself, and the benchmark that it reads."""

import ast
import builtins
import csv
import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from benchmarks import parallel as bench
from mmref.reference.parallel import ring_all_reduce
from scripts.notebooks import ROOT, read_text

PAGE = ROOT / "notebooks" / "practice" / "scaling.md"
DEPTH = ROOT / "notebooks" / "practice" / "scaling_in_depth.md"
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


def printed(folder, program, *launcher, **variables):
    """The lines that a program of a file of its own printed."""
    (folder / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, *launcher, "program.py"], cwd=folder, env=os.environ | variables,
        capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


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
    assert printed(tmp_path, program, **JAX) == ["{(64, 16)}", "True"]


def test_keras_refuses_what_the_devices_do_not_divide(tmp_path):
    """297 rows are asked for or trained on, a layer of 5 rows is cut: ``IndivisibleError``."""
    for package in ("keras", "jax"):
        pytest.importorskip(package)
    program = """
import keras
import numpy as np

d = keras.distribution
devices, x = d.list_devices(), np.zeros((297, 4), "float32")

def model(length=4):
    made = keras.Sequential([keras.Input((length,)), keras.layers.Dense(2)])
    made.compile("sgd", "mse")
    return made

if CASE == "cut":
    mesh = d.DeviceMesh((2,), ["batch"], devices)
    layout = d.LayoutMap(mesh)
    layout[".*kernel"] = ("batch", None)
    d.set_distribution(d.ModelParallel(layout_map=layout, batch_dim_name="batch"))
    call = lambda: model(5)
else:
    d.set_distribution(d.DataParallel(devices=devices))
    padded = np.concatenate([x, x[:1]])
    call = {
        "evaluate": lambda: model().evaluate(x, x[:, :2], batch_size=60, verbose=0),
        "predict": lambda: print(len(model().predict(padded, batch_size=60, verbose=0)[:297]))
        or model().predict(x, batch_size=60, verbose=0),
    }[CASE]
try:
    print(len(call()))
except Exception as error:
    print(type(error).__name__)
"""
    found = {}
    for case in ("evaluate", "predict", "cut"):
        found[case] = printed(tmp_path, program.replace("CASE", repr(case)), **JAX)
    refused = "IndivisibleError"
    assert found == {"evaluate": [refused], "predict": ["297", refused], "cut": [refused]}


def test_what_a_refused_call_and_a_padded_row_cost_in_keras(tmp_path):
    """A loss is divided by a row of weight 0 too; a refused call takes the model's weights."""
    for package in ("keras", "jax"):
        pytest.importorskip(package)
    program = """
import keras
import numpy as np

devices = keras.distribution.list_devices()
keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices))
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
x, y, counts = np.zeros((6, 4)), np.ones((6, 1)), np.array([1.0] * 5 + [0])
print(round(6 * model.evaluate(x, y, batch_size=6, sample_weight=counts, verbose=0), 3))
model.save("kept.keras")
for call in (lambda: model.predict(x[:5], verbose=0), model.get_weights,
             lambda: model.predict(x, verbose=0)):
    try:
        call()
    except Exception as error:
        print(type(error).__name__)
print(len(keras.models.load_model("kept.keras").predict(x, verbose=0)))
"""
    found = printed(tmp_path, program, **JAX)
    assert found == ["5.0", "IndivisibleError", "TypeError", "TypeError", "6"]


def test_workers_with_uneven_streams_stop_together(tmp_path):
    """The loop of the page, by two workers with two files and one: the longer stream is cut off."""
    pytest.importorskip("torch")
    pieces = [c.source for c in read_text(PAGE).cells if c.cell_type == "code"]
    (reads,) = [c[c.index("def rows_of") :] for c in pieces if "def files_of" in c]
    (shards,) = [c[c.index("class ") : c.index("\n\n\n")] for c in pieces if "class Shards" in c]
    loop = re.search(r"```python\n(stream = .*?)```", PAGE.read_text(encoding="utf-8"), re.S)[1]
    for number, length in enumerate((120, 30, 25)):
        np.savez(tmp_path / f"shard_{number}.npz", x=np.ones((length, 4), "float32"),
                 y=np.full(length, number))  # fmt: skip
    program = f"""
from pathlib import Path

import numpy as np
import torch
from torch import distributed as dist, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader

files = sorted(Path().glob("shard_*.npz"))
{reads}

{shards}

dist.init_process_group("gloo")
workers, epoch, sizes = dist.get_world_size(), 0, []
net = nn.Linear(4, 3)
model = DistributedDataParallel(net)
sgd = torch.optim.SGD(net.parameters(), 0.1)
net.register_forward_hook(lambda net, given, found: sizes.append(len(found)))
{loop}
whole = net.weight.detach().clone()
dist.all_reduce(whole)
told = str(sizes) + " " + str(bool((whole - workers * net.weight).abs().max() < 1e-6))
Path("told_" + str(dist.get_rank())).write_text(told)  # lines of two workers may mix
dist.destroy_process_group()
"""
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
    printed(tmp_path, program, *launcher, OMP_NUM_THREADS="1")
    found = [(tmp_path / f"told_{rank}").read_text() for rank in range(2)]
    order = np.random.default_rng(0).permutation(3)
    rows = [sum((120, 30, 25)[number] for number in order[p::2]) for p in range(2)]
    steps = min(-(-n // 50) for n in rows)
    assert rows[0] != rows[1] and steps < max(-(-n // 50) for n in rows)
    sizes = [[min(50, n - 50 * step) for step in range(steps)] for n in rows]
    assert found == [f"{each} True" for each in sizes]


def test_what_the_pages_say_of_sums_over_workers(tmp_path):
    """No rows, parts under ``no_sync``, and the two sums that know their way back."""
    pytest.importorskip("torch")
    text = DEPTH.read_text(encoding="utf-8")
    loop = re.search(r"```python\n(from contextlib.*?)```", text, re.S)[1]
    program = """
import warnings

import torch
import torch.distributed.nn.functional as old
from torch import distributed as dist, nn
from torch.distributed import _functional_collectives as collectives
from torch.nn.parallel import DistributedDataParallel

warnings.simplefilter("ignore")
dist.init_process_group("gloo")
rank = dist.get_rank()
w = nn.Linear(1, 1, bias=False)
model = DistributedDataParallel(w)

def gradient(loss):
    model.zero_grad()
    loss.backward()
    return w.weight.grad.item()

rows = [torch.tensor([[1.0], [2], [3]]), torch.zeros(0, 1)][rank]
told = [gradient(2 / 3 * model(rows).sum())]  # P / n times the sum: one worker has no rows
shown = torch.zeros(1 if rank else 3)
rows = torch.ones(len(shown), 1) * 6
mean_of_none = 0 * (model(rows)[:, 0] * shown).sum() / shown.sum()
told.append(gradient(mean_of_none))
torch.manual_seed(0)
net, workers, n = nn.Linear(2, 3), 2, 10.0
images, labels = torch.arange(20.0).reshape(10, 2) / 20, torch.arange(10) % 3
nn.functional.cross_entropy(net(images), labels).backward()
whole, net.weight.grad = net.weight.grad, None
model = DistributedDataParallel(net)
mine = slice(0, 7) if rank == 0 else slice(7, 10)
parts = list(zip(images[mine].split(2), labels[mine].split(2)))
LOOP
told.append(bool((net.weight.grad - whole).abs().max() < 1e-6))
for summed in (lambda x: collectives.all_reduce(x, "sum", dist.group.WORLD), old.all_reduce):
    x = torch.tensor(1.0, requires_grad=True)
    ((rank + 1) * summed(x)).backward()
    told.append(x.grad.item())
dist.barrier()
if rank == 1:
    print(*told)
dist.destroy_process_group()
"""
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
    (line,) = printed(tmp_path, program.replace("LOOP", loop), *launcher, OMP_NUM_THREADS="1")
    assert line == "2.0 nan True 3.0 3.0"


def test_files_are_shuffled_before_they_are_dealt():
    """Each file comes once in an epoch, and a worker has others in the next."""
    (cell,) = [c for c in read_text(PAGE).cells if "def files_of" in c.source]
    held = {"np": np, "files": list("abcdefgh")}
    exec(cell.source[cell.source.index("def files_of") :], held)
    epochs = [[held["files_of"](p, 3, epoch) for p in range(3)] for epoch in range(2)]
    for epoch in epochs:
        assert sorted(sum(epoch, [])) == held["files"]
        assert [len(files) for files in epoch] == [3, 3, 2]
    assert epochs[0][0] != epochs[1][0]


def test_the_workers_of_the_job_divide_the_batch_that_the_page_names():
    text = DEPTH.read_text(encoding="utf-8")
    nodes, each = (int(re.search(rf"--{o}=(\d+)", text)[1]) for o in ("nodes", "gpus-per-node"))
    assert f"That is {nodes * each} workers" in text and 60 // (nodes * each) == 1
    assert f"a multiple of {nodes * each} for {nodes * each} workers" in text


def test_what_keras_makes_of_a_spoiled_backup(tmp_path):
    """``double_checkpoint`` protects the weights, not the file beside them that has the epoch."""
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

    def spoiled(name, how, double=True):
        folder = tmp_path / name

        def backup():
            return keras.callbacks.BackupAndRestore(folder, double_checkpoint=double)

        with pytest.raises(KeyboardInterrupt):
            fitted(backup(), Killed())
        how(folder)
        return fitted(backup())

    def cut(file):
        file.write_bytes(file.read_bytes()[: min(5000, file.stat().st_size // 2)])

    def off(weights):
        return max(np.abs(a - b).max() for a, b in zip(weights, fitted()[0], strict=True))

    with pytest.raises(OSError):
        spoiled("single", lambda folder: cut(folder / "latest.weights.h5"), double=False)
    weights, epochs = spoiled("weights", lambda folder: cut(folder / "latest.weights.h5"))
    assert epochs == [1, 2, 3] and off(weights) == 0
    with pytest.raises(json.JSONDecodeError):
        spoiled("epoch", lambda folder: cut(folder / "training_metadata.json"))

    def died_between(folder):  # new weights are there, the epoch is the one before
        old = folder / "training_metadata.json.bkp"
        shutil.copy(old, folder / "training_metadata.json")

    weights, epochs = spoiled("between", died_between)
    assert epochs == [1, 2, 3] and off(weights) > 0.01


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
    (cell,) = [c for c in read_text(DEPTH).cells if c.source.startswith("def ring_all_reduce")]
    exec(cell.source.partition("\n\n\n")[0], held)
    for workers, length in ((1, 6), (2, 6), (3, 7), (5, 3)):
        arrays = np.random.default_rng(0).normal(size=(workers, length))
        sums, sent = held["ring_all_reduce"](arrays)
        np.testing.assert_allclose(sums, ring_all_reduce(arrays), rtol=1e-12)
        assert sent.sum() == 2 * (workers - 1) * length
