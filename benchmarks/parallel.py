"""What it costs to sum over processes, and what fewer bits and compilation save, on this machine.

all-reduce  the time of one over so many processes of this machine, by how many bytes each has
precision   a step of training in 32 bits and in 16, of a network of dense layers
compile     the same step as it is written and compiled: the first one, and later ones

Times are the least of many, as others may use the machine. They are stored with their ratio to
what stands first; a chapter shows the ratios. ``python -m benchmarks.parallel`` writes them to
``benchmarks/results/parallel.csv``.
"""

import csv
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

RESULTS = Path(__file__).parent / "results" / "parallel.csv"
FIELDS = ["part", "framework", "run", "size", "ms", "first ms"]
WORKERS, BYTES = (2, 4), tuple(4**k for k in range(6, 14))  # 4 KiB to 64 MiB
WIDTHS, ROWS, DEPTH = (64, 512), 256, 4
SECONDS = 600  # no process may take longer


def least(step, repeats=30):
    """Milliseconds: of the first call, and of the fastest later one."""
    times = []
    for _ in range(repeats + 1):
        begun = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - begun))
    return times[0], min(times[1:])


# ---- processes ----


def worker():
    """One of the processes that sum: prints a line for each size, if it is the first."""
    import torch
    import torch.distributed as dist

    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    for size in BYTES:
        numbers = torch.ones(size // 4)

        def step(numbers=numbers):
            numbers.fill_(1)
            dist.barrier()
            begun = time.perf_counter()
            dist.all_reduce(numbers)
            return time.perf_counter() - begun

        repeats = 100 if size < 2**22 else 15
        found = min(step() for _ in range(repeats))
        if dist.get_rank() == 0:
            print(size, 1000 * found, flush=True)
    dist.destroy_process_group()


def all_reduce(workers):
    """(bytes, milliseconds) for so many processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    common = {"WORLD_SIZE": workers, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    group = []
    for rank in range(workers):
        environment = os.environ | {k: str(v) for k, v in (common | {"RANK": rank}).items()}
        call = [sys.executable, "-m", "benchmarks.parallel", "worker"]
        group.append(subprocess.Popen(call, env=environment, stdout=subprocess.PIPE, text=True))
    try:
        told = [process.communicate(timeout=SECONDS)[0] for process in group]
    finally:
        for process in group:
            process.kill()
    lines = [line.split() for line in told[0].splitlines() if line[:1].isdigit()]
    return [(int(size), float(ms)) for size, ms in lines]


# ---- a step of training ----


def torch_step(width, precision="float32", compiled=False):
    """A step of a network of dense layers: a function without arguments."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    layers = [part for _ in range(DEPTH) for part in (nn.Linear(width, width), nn.Tanh())]
    net = nn.Sequential(*layers, nn.Linear(width, 10))
    forward = torch.compile(net) if compiled else net
    sgd = torch.optim.SGD(net.parameters(), 0.01)
    scaler = torch.amp.GradScaler("cpu", enabled=precision == "float16")
    x, y = torch.randn(ROWS, width), torch.randint(10, (ROWS,))

    def step():
        kind = getattr(torch, precision)
        with torch.autocast("cpu", kind, enabled=precision != "float32"):
            loss = nn.functional.cross_entropy(forward(x), y)
        sgd.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(sgd)
        scaler.update()
        return loss.item()

    return step


def keras_step(width, policy="float32", **how):
    import numpy as np

    import mmref.keras  # noqa: F401  before keras, which then starts quietly

    import keras  # isort: skip

    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(width, "tanh", dtype=policy) for _ in range(DEPTH)]
    net = keras.Sequential([keras.Input((width,)), *layers, keras.layers.Dense(10, dtype=policy)])
    optimizer = keras.optimizers.SGD(0.01)
    if policy == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    net.compile(optimizer, loss, **how)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(ROWS, width)).astype("float32"), rng.integers(0, 10, ROWS)
    return lambda: net.train_on_batch(x, y)


def steps():
    """(part, framework, run, step by width), what the others are compared with first."""
    for precision in ("float32", "bfloat16", "float16"):
        yield "precision", "torch", precision, lambda w, p=precision: torch_step(w, p)
    for policy in ("float32", "mixed_bfloat16", "mixed_float16"):
        yield (
            "precision", "keras", policy,
            lambda w, p=policy: keras_step(w, p, jit_compile=False),
        )  # fmt: skip
    yield "compile", "torch", "as written", torch_step
    yield "compile", "torch", "compiled", lambda w: torch_step(w, compiled=True)
    ways = {
        "as written": {"run_eagerly": True},
        "graph": {"jit_compile": False},
        "compiled": {"jit_compile": True},
    }
    for run, how in ways.items():
        yield "compile", "keras", run, lambda w, how=how: keras_step(w, **how)


def main():
    rows = []
    for workers in WORKERS:
        for size, ms in all_reduce(workers):
            rows.append({"part": "all-reduce", "framework": "torch", "run": f"{workers} processes",
                         "size": size, "ms": round(ms, 4)})  # fmt: skip
            print(rows[-1], flush=True)
    import torch

    torch.set_num_threads(1)
    for part, framework, run, made in steps():
        for width in WIDTHS:
            first, later = least(made(width))
            rows.append({"part": part, "framework": framework, "run": run, "size": width,
                         "ms": round(later, 4), "first ms": round(first, 1)})  # fmt: skip
            print(rows[-1], flush=True)
    with RESULTS.open("w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    worker() if sys.argv[1:] == ["worker"] else main()
