"""Notebooks in several processes: each whole in one of them, the longest first."""

import re

import nbformat
from nbformat.v4 import new_notebook

from tests.book.notebooks.pieces import cell, nbval, stream


def test_each_notebook_stays_in_one_process(tmp_path, good):
    for name, seconds in {"a": 1, "b": 30, "c": 2}.items():
        cells = [cell("x = 1", 1), cell("print(x)", 2, outputs=[stream("1\n")])]
        last_run = good.metadata.mmref.last_run | {"seconds": seconds}
        metadata = dict(good.metadata) | {"mmref": {"last_run": last_run}}
        nbformat.write(new_notebook(cells=cells, metadata=metadata), tmp_path / f"{name}.ipynb")
    options = ("-vv", "-p", "scripts.workers", "-n2", "--dist=loadfile", "--no-loadscope-reorder")
    answer = nbval(tmp_path, *options)
    assert answer.returncode == 0, answer.stdout
    ran = re.findall(r"^\[(gw\d)\].*PASSED .*(\w)::ipynb::Cell (\d)", answer.stdout, re.M)
    assert len(ran) == 6
    first = {}
    for process, name, _ in ran:
        assert first.setdefault(name, process) == process, "a notebook in two processes"
    assert first["b"] != first["c"], "the two longest start at once"
    assert "seconds per notebook" in answer.stdout
