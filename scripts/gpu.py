"""A pytest plugin: did each notebook that trains use the GPU? (``make notebooks-gpu``)

When a notebook's last cell has run, its kernel is asked how much of a GPU's memory each framework
has held at most. A notebook that trains with a framework, and held nothing with it, fails the run:
it would have proved the CPU once more. A table says what ran where.

    python -m scripts.gpu    # prints the Keras backend to use: the first that sees a GPU
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.rules import tags

# Run in a notebook's kernel. It imports nothing that the notebook has not imported, but JAX's and
# TensorFlow's own names where Keras computes with them.
PEAKS = """
def _peaks():
    import json, sys
    found, torch, keras = {}, sys.modules.get("torch"), sys.modules.get("keras")
    held = torch.cuda.max_memory_allocated() if torch and torch.cuda.is_available() else 0
    if torch:
        found["pytorch"] = ["torch", held]
    backend = keras.backend.backend() if keras else ""
    if backend == "torch":
        found["keras"] = ["torch", held]
    elif backend == "tensorflow":
        import tensorflow as tf
        gpus = tf.config.list_physical_devices("GPU")
        peak = tf.config.experimental.get_memory_info("GPU:0")["peak"] if gpus else 0
        found["keras"] = ["tensorflow", peak]
    elif backend == "jax":
        import jax
        stats = [device.memory_stats() for device in jax.devices() if device.platform == "gpu"]
        found["keras"] = ["jax", max((s["peak_bytes_in_use"] for s in stats), default=0)]
    print(json.dumps(found))
_peaks()
"""
TRAINS = re.compile(r"\.backward\(|\bfit\w*\(|GradientTape\(")
SEES_GPU = {
    "tensorflow": "import tensorflow as f; found = f.config.list_physical_devices('GPU')",
    "jax": "import jax as f; found = [d for d in f.devices() if d.platform == 'gpu']",
    "torch": "import torch as f; found = f.cuda.is_available()",
}


def trained_with(notebook) -> set[str]:
    """The frameworks that a notebook trains with, of "pytorch" and "keras"."""
    return {
        framework
        for framework in ("pytorch", "keras")
        for cell in notebook.cells
        if cell.cell_type == "code" and framework in tags(cell) and TRAINS.search(cell.source)
    }


def idle(trains: set[str], peaks: dict[str, list]) -> set[str]:
    """The frameworks that trained and held nothing on a GPU; peaks: framework: [backend, bytes]."""
    return {framework for framework in trains if not peaks.get(framework, ["", 0])[1]}


class Report:
    """Asks each notebook's kernel after its last cell, and judges at the end."""

    def __init__(self):
        self.rows: list[tuple[Path, set[str], dict]] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item, nextitem) -> None:
        kernel = getattr(item.parent, "kernel", None)
        if kernel and (nextitem is None or nextitem.parent is not item.parent):
            self.rows.append((item.path, trained_with(item.parent.nb), ask(kernel)))

    def pytest_sessionfinish(self, session) -> None:
        if not self.rows or any(idle(trains, peaks) for _, trains, peaks in self.rows):
            session.exitstatus = 1

    def pytest_terminal_summary(self, terminalreporter) -> None:
        terminalreporter.section("the most GPU memory that each notebook held")
        for path, trains, peaks in self.rows:
            held = [f"{name} ({on}) {peak / 2**20:.1f} MiB" for name, (on, peak) in peaks.items()]
            missing = idle(trains, peaks)
            verdict = f"  NOT ON THE GPU: {', '.join(sorted(missing))}" if missing else ""
            terminalreporter.line(f"{path.stem}: {', '.join(held) or 'no framework'}{verdict}")
        if not self.rows:
            terminalreporter.line("no notebook ran")


def ask(kernel) -> dict:
    """What a running kernel says of its frameworks and their GPU memory."""
    asked = kernel.execute_cell_input(PEAKS, allow_stdin=False)
    kernel.await_reply(asked, timeout=60)
    while True:
        message = kernel.get_message("iopub", timeout=60)
        if message["parent_header"].get("msg_id") == asked and message["msg_type"] == "stream":
            return json.loads(message["content"]["text"])
        if message["msg_type"] == "error":
            raise RuntimeError("\n".join(message["content"]["traceback"]))


def backend() -> str:
    """The first Keras backend that sees a GPU, each looked at in a process of its own."""
    for name, program in SEES_GPU.items():
        answer = subprocess.run([sys.executable, "-c", f"{program}\nraise SystemExit(not found)"])
        if answer.returncode == 0:
            return name
    raise SystemExit("no GPU: neither TensorFlow, JAX nor PyTorch sees one")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Report())


if __name__ == "__main__":
    print(backend())
