"""``python -m mmref.concordance`` and the book's page that it writes."""

import dataclasses
import importlib.util
import json
import re
import sys

import numpy as np
import pytest

from mmref.concordance import BOUNDS, FORMULAS, Row, compare
from mmref.concordance import __main__ as command
from mmref.concordance.compare import differentiable
from mmref.concordance.table import as_markdown
from mmref.errors import ChoiceError

pytest.importorskip("torch")


def run(capsys, *arguments):
    status = command.main(list(arguments))
    return status, *capsys.readouterr()


def test_the_table_shows_the_formula_asked_for_and_no_other(capsys):
    status, out, err = run(capsys, "concat_fusion", "--framework", "torch")
    assert status == 0 and err == ""
    assert out.splitlines()[0] == "concat_fusion"
    assert "mmref.torch" in out and "d weight" in out and "weighted_fusion" not in out


def test_a_formula_goes_by_name_too():
    assert compare("concat_fusion", "torch") == compare(FORMULAS["concat_fusion"], "torch")


def test_json_has_all_digits(capsys):
    status, out, _ = run(capsys, "concat_fusion", "--framework", "torch", "--json")
    report = json.loads(out)
    assert status == 0 and report["ok"] is True and report["skipped"] == []
    first = compare(FORMULAS["concat_fusion"], "torch", "float64")[0]
    assert report["rows"][0] == dataclasses.asdict(first) | {"ok": True}
    assert report["versions"]["numpy"] == np.__version__


def test_a_broken_bound_gives_status_1_and_is_named(capsys, monkeypatch):
    right = FORMULAS["concat_fusion"]
    wrong = dataclasses.replace(right, reference=lambda *a, **k: right.reference(*a, **k) + 1e-3)
    monkeypatch.setitem(FORMULAS, "concat_fusion", wrong)
    status, out, err = run(capsys, "concat_fusion", "--framework", "torch")
    assert status == 1
    assert re.search(
        r"^broken: concat_fusion, mmref.torch on torch, float64, value: \S+ > 1e-10 at \w+ \w+: "
        r"value$",
        err,
        re.MULTILINE,
    )
    assert " !" in out


def raising(error):
    def layer(wing, arguments):
        raise error

    return layer


def test_what_fails_is_a_row_and_the_table_goes_on(capsys, monkeypatch):
    """The wing fails, its peer and the next formula are compared all the same."""
    broken = raising(RuntimeError("no\n  such kernel"))
    wrong = dataclasses.replace(FORMULAS["weighted_fusion"], layer=broken)
    monkeypatch.setitem(FORMULAS, "weighted_fusion", wrong)
    status, out, err = run(capsys, "weighted_fusion", "concat_fusion", "--framework", "torch")
    assert status == 1
    failed, *others = out.partition("concat_fusion")[0].splitlines()[2:]
    assert re.fullmatch(
        r"  mmref.torch +torch +float64 +1e-10 +failed: RuntimeError: no such kernel", failed
    )
    assert others[0].split()[0] == "torch.nn.functional.scaled_dot_product_attention"
    assert "mmref.torch" in out.partition("concat_fusion")[2] and "!" not in out
    assert err.splitlines() == [
        f"failed: weighted_fusion, mmref.torch on torch, {dtype}: RuntimeError: no such kernel"
        for dtype in BOUNDS
    ]
    report = json.loads(run(capsys, "weighted_fusion", "--framework", "torch", "--json")[1])
    assert report["ok"] is False
    assert report["rows"][0]["error"] == "RuntimeError: no such kernel"
    with pytest.raises(RuntimeError, match="such kernel"):  # whoever asks by a function sees where
        compare("weighted_fusion", "torch")


def test_a_module_that_is_missing_inside_ends_no_table(capsys, monkeypatch):
    broken = raising(ModuleNotFoundError("No module named 'torch.gone'", name="torch.gone"))
    wrong = dataclasses.replace(FORMULAS["weighted_fusion"], layer=broken)
    monkeypatch.setitem(FORMULAS, "weighted_fusion", wrong)
    status, out, err = run(capsys, "weighted_fusion", "concat_fusion", "--framework", "torch")
    assert status == 1 and "skipped" not in err
    assert "mmref.torch" in out.partition("concat_fusion")[2]


def test_a_judge_whose_package_is_not_installed_is_skipped(capsys, monkeypatch):
    right = FORMULAS["masked_softmax"]
    vectors = [dataclasses.replace(v, package="nobody_s") for v in right.vectors]
    changed = dataclasses.replace(right, vectors=tuple(vectors))
    monkeypatch.setitem(FORMULAS, "masked_softmax", changed)
    frameworks = ["--framework", "numpy", "--framework", "torch"]
    status, out, err = run(capsys, "masked_softmax", *frameworks)
    assert status == 0 and "mmref.torch" in out and "ONNX" not in out
    assert err == "skipped: ONNX Softmax, because nobody_s is not installed\n"


def test_a_judge_that_fails_is_a_row_too(capsys, monkeypatch):
    right = FORMULAS["masked_softmax"]
    vectors = [dataclasses.replace(v, load=lambda: 1 / 0) for v in right.vectors]
    monkeypatch.setitem(
        FORMULAS, "masked_softmax", dataclasses.replace(right, vectors=tuple(vectors))
    )
    status, out, _ = run(capsys, "masked_softmax", "--framework", "numpy")
    assert status == 1 and "failed: ZeroDivisionError: division by zero" in out


def test_a_backend_whose_process_dies_is_rows_too(monkeypatch):
    monkeypatch.setattr(sys, "executable", "false")  # the command that does nothing, with status 1
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: True)
    rows, skipped = command._in_process_of_its_own("jax", [FORMULAS["weighted_fusion"]])
    assert skipped == [] and not any(row.ok for row in rows)
    assert [(r.formula, r.backend, r.error) for r in rows] == [
        ("weighted_fusion", "keras on jax", "the process stopped with status 1")
    ]


def test_the_page_begins_with_how_each_place_did():
    row = Row("f", "mmref.keras", "keras on jax", "float64", "value", 0.0, 0.0, 1e-10, "here")
    over = dataclasses.replace(row, formula="g", quantity="scores", absolute=1.0)
    rows = [row, dataclasses.replace(row, quantity="scores"), over]
    rows += [dataclasses.replace(over, quantity="value", absolute=0.0)]
    rows += [dataclasses.replace(row, backend="torch")]
    status = [
        line for line in as_markdown(rows, [], {"jax": "1.2", "torch": "3"}).splitlines()
        if line.startswith("| ")
    ]  # fmt: skip
    assert status == [
        "| on | version | lines that agree | lines that do not |",
        "| --- | --- | --- | --- |",
        "| keras on jax | 1.2 | 1 | 1 |",
        "| torch | 3 | 1 | 0 |",
    ]


@pytest.mark.parametrize("missing", ["torch", "keras"])
def test_a_framework_that_is_not_installed_is_skipped(capsys, monkeypatch, missing):
    for name in [n for n in sys.modules if n.partition(".")[0] == missing]:
        monkeypatch.delitem(sys.modules, name)
    for name in [n for n in sys.modules if n.startswith(f"mmref.{missing}")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)  # what an import of nothing finds
    numpy = ["--framework", "numpy"]
    status, out, err = run(capsys, "masked_softmax", *numpy, "--framework", missing)
    assert status == 0 and "ONNX Softmax" in out
    assert err == f"skipped: {missing}, because {missing} is not installed\n"
    assert run(capsys, "masked_softmax", "--framework", missing)[0] == 1  # nothing compared


def test_a_backend_that_is_not_installed_is_skipped(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    rows, skipped = command._in_process_of_its_own("jax", list(FORMULAS.values()))
    assert rows == [] and skipped == ["keras on jax, because jax is not installed"]


@pytest.mark.each_backend
def test_another_backend_runs_in_a_process_of_its_own():
    keras = pytest.importorskip("keras")
    other = "torch" if keras.backend.backend() == "tensorflow" else "tensorflow"
    rows, skipped = command._in_process_of_its_own(other, [FORMULAS["weighted_fusion"]])
    assert skipped == [] and all(row.ok for row in rows)
    assert {row.backend for row in rows} == {f"keras on {other}"}


def test_unknown_names_list_the_choices(capsys):
    with pytest.raises(SystemExit):
        command.main(["nope"])
    assert "expected one of 'masked_softmax', " in capsys.readouterr().err
    with pytest.raises(ChoiceError, match="formula: expected one of 'masked_softmax', "):
        compare("nope", "torch")
    with pytest.raises(ChoiceError, match="framework: expected one of 'numpy', 'torch', 'keras'"):
        compare(FORMULAS["masked_softmax"], "jax")
    with pytest.raises(ChoiceError, match="dtype: expected one of 'float64', 'float32'"):
        compare(FORMULAS["masked_softmax"], "torch", "float16")


@pytest.mark.parametrize(
    ("absolute", "relative", "ok"),
    [(1e-11, 1e-11, True), (1e-9, 1e-11, False), (1e-11, 1e-9, False), (float("nan"), 0, False)],
)
def test_both_differences_count(absolute, relative, ok):
    row = Row("f", "i", "torch", "float64", "value", absolute, relative, 1e-10, "here")
    assert row.ok is ok


def test_a_missing_gradient_fails():
    """A layer that leaves an argument out of the computation."""
    right = FORMULAS["weighted_fusion"]

    def frozen(wing, arguments):
        layer = right.layer(wing, arguments)
        layer.projections["image"].weight.requires_grad_(False)
        return layer

    rows = compare(dataclasses.replace(right, layer=frozen, peers=()), "torch")
    assert {row.quantity for row in rows if not row.ok} == {"weights"}
    assert next(row for row in rows if not row.ok).absolute == float("inf")


def test_the_page_is_current(root):
    """Formulas, implementations, quantities and bounds; the digits are the machine's."""
    page = (root / "book/_generated/concordance.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    advice = "run python -m mmref.concordance --markdown --output book/_generated/concordance.md"
    assert list(sections) == list(FORMULAS), advice
    for name, formula in FORMULAS.items():
        lines = [line for line in sections[name].splitlines() if line.startswith("|")]
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        header, _, *body = cells
        arguments = next(iter(formula.samples.values()))(np.random.default_rng(0))
        quantities = ["value", *(f"d {argument}" for argument in differentiable(arguments))]
        assert header[4:] == quantities, advice
        found = {tuple(line[:4]) for line in body if not line[0].startswith("`ONNX")}
        assert found == set(expected_lines(formula)), advice
        assert len(body) == len(found) + len(formula.vectors), advice
        assert "!" not in sections[name]
        for exemption in formula.exemptions[:1] + sum((p.exemptions for p in formula.peers), ()):
            assert exemption.reason in sections[name], advice


KERAS = [f"keras on {backend}" for backend in command.BACKENDS]


def expected_lines(formula):
    wings = ["mmref.torch", "mmref.keras"] if formula.layer else []
    peers = {peer.name: peer for peer in formula.peers}
    for implementation in [*wings, *peers]:
        is_torch = implementation.startswith(("mmref.torch", "torch"))
        for backend in ["torch"] if is_torch else KERAS:
            for dtype in BOUNDS:
                bound = f"{formula.bound(backend, dtype, peers.get(implementation)):.0e}"
                yield f"`{implementation}`", backend, dtype, bound
