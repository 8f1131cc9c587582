"""A run on a GPU fails where a notebook trained on the CPU. Here a module of that name stands in
for PyTorch, and says how much of a GPU's memory it has held."""

import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_notebook

from scripts import gpu, notebooks
from tests.book.notebooks.pieces import cell, nbval

FAKE = """
class cuda:
    held = 0
    def is_available():
        return True
    def max_memory_allocated():
        return cuda.held
def backward():
    pass
"""


def run(folder, *sources):
    """A notebook with the cells of PyTorch, run as ``make notebooks-gpu`` does."""
    (folder / "torch.py").write_text(FAKE)
    cells = [cell(source, number, ["pytorch"]) for number, source in enumerate(sources, 1)]
    nbformat.write(new_notebook(cells=cells), folder / "page.ipynb")
    return nbval(folder, "-p", "scripts.gpu")


def test_training_on_the_cpu_fails(tmp_path):
    answer = run(tmp_path, "import torch", "torch.backward()")
    assert answer.returncode == 1
    assert "page: pytorch (torch) 0.0 MiB  NOT ON THE GPU: pytorch" in answer.stdout


def test_training_on_the_gpu_passes(tmp_path):
    answer = run(tmp_path, "import torch", "torch.cuda.held = 3 * 2**20\ntorch.backward()")
    assert answer.returncode == 0, answer.stdout
    assert "page: pytorch (torch) 3.0 MiB\n" in answer.stdout


def test_what_does_not_train_needs_no_gpu(tmp_path):
    assert run(tmp_path, "import torch").returncode == 0


def test_a_failing_cell_still_fails(tmp_path):
    assert run(tmp_path, "import torch", "1 / 0").returncode == 1


def test_a_run_without_notebooks_proves_nothing(tmp_path):
    assert nbval(tmp_path, "-p", "scripts.gpu").returncode != 0


@pytest.mark.parametrize(
    ("source", "tag", "expected"),
    [
        ("loss.backward()", "pytorch", {"pytorch"}),
        ("model.fit(x, y)", "keras", {"keras"}),
        ("history = fit_k(x)", "keras", {"keras"}),
        ("with tf.GradientTape() as tape:", "keras", {"keras"}),
        ("profit = 3; benefit(3)", "keras", set()),
        ("model.predict(x)", "pytorch", set()),
    ],
)
def test_what_trains(source, tag, expected):
    assert gpu.trained_with(new_notebook(cells=[cell(source, 1, [tag])])) == expected


def test_the_chapters_that_train_are_known():
    trains = {path.stem for path in notebooks.chapters() if gpu.trained_with(read(path))}
    assert {"weighted", "attention", "convolution", "recurrence", "gan"} <= trains


def read(path):
    return notebooks.read_stored(notebooks.stored(path))


def test_backends_are_tried_in_their_order(monkeypatch):
    sees = {"tensorflow": False, "jax": True, "torch": True}

    def fake(command):
        name = next(n for n, program in gpu.SEES_GPU.items() if program in command[-1])
        return subprocess.CompletedProcess(command, 0 if sees[name] else 1)

    monkeypatch.setattr(gpu.subprocess, "run", fake)
    assert gpu.backend() == "jax"
    sees["tensorflow"] = True
    assert gpu.backend() == "tensorflow"
    sees.update(dict.fromkeys(sees, False))
    with pytest.raises(SystemExit, match="no GPU"):
        gpu.backend()


def test_kernels_are_asked_of_every_backend():
    """The program for the kernel, with modules that say what they hold."""
    program = f"""
import sys, types
keras, tf, jax = (types.ModuleType(n) for n in ("keras", "tensorflow", "jax"))
keras.backend = types.SimpleNamespace(backend=lambda: sys.argv[1])
memory = types.SimpleNamespace(get_memory_info=lambda name: {{"peak": 7}})
tf.config = types.SimpleNamespace(
    list_physical_devices=lambda kind: ["a GPU"], experimental=memory)
gpu = types.SimpleNamespace(platform="gpu", memory_stats=lambda: {{"peak_bytes_in_use": 5}})
jax.devices = lambda: [gpu, types.SimpleNamespace(platform="cpu", memory_stats=lambda: None)]
sys.modules |= {{"keras": keras, "tensorflow": tf, "jax": jax}}
{gpu.PEAKS}"""
    for name, peak in (("tensorflow", 7), ("jax", 5)):
        answer = subprocess.run(
            [sys.executable, "-c", program, name], capture_output=True, text=True, check=True
        )
        assert answer.stdout == f'{{"keras": ["{name}", {peak}]}}\n'
