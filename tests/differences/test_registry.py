"""The registry of differences: nothing is left out, and what an entry computes from its numbers."""

import importlib
import inspect
import pkgutil

import numpy as np
import pytest

torch = pytest.importorskip("torch")
keras = pytest.importorskip("keras")

import book.differences  # noqa: E402
from book.differences.registry import FrameworkDifference, Side  # noqa: E402
from book.differences.shared import draw, rounded  # noqa: E402

pytestmark = pytest.mark.each_backend

LISTED = [d for group in book.differences.GROUPS for d in group.differences]


def modules():
    for found in pkgutil.walk_packages(book.differences.__path__, "book.differences."):
        yield importlib.import_module(found.name)


def test_names_are_unique():
    assert len({d.name for d in LISTED}) == len(LISTED)


def test_every_entry_is_listed_under_its_name():
    defined = {}
    for module in modules():
        defined |= {n: e for n, e in vars(module).items() if isinstance(e, FrameworkDifference)}
    assert defined == {d.name.upper(): d for d in LISTED}


def test_every_program_belongs_to_an_entry():
    for d in LISTED:
        assert d.torch.program.__name__ == f"torch_{d.name}"
        assert d.keras.program.__name__ == f"keras_{d.name}"
    used = {side.program for d in LISTED for side in (d.torch, d.keras)}
    used |= {helper for group in book.differences.GROUPS for helper in group.helpers}
    defined = {f for module in modules() for _, f in inspect.getmembers(module, inspect.isfunction)}
    assert {f for f in defined if f.__name__.startswith(("torch_", "keras_"))} == used


def entry(torch_observed, keras_observed):
    sides = (Side("", None, torch_observed), Side("", None, keras_observed))
    return FrameworkDifference("name", "title", *sides, "", "")


def test_a_gap_is_the_distance_of_results_before_and_after_the_remedy():
    one = entry({"result": [1.0, 2.0]}, {"result": [1.0, 5.0], "remedied": [1.0, 2.5]})
    assert one.gap == 3 and one.gap_remedied == 0.5
    other = entry({"result": 4, "remedied": 2}, {"result": 2})
    assert other.gap == 2 and other.gap_remedied == 0
    neither = entry({"eps": 1}, {"eps": 2})
    assert neither.gap is None and neither.gap_remedied is None


def test_other_versions_and_backends_may_have_facts_of_their_own():
    places = {"Keras on torch": {"a": 1}, "Keras 3.13": {"a": 2}, "Keras 3.13 on torch": {"a": 3}}
    side = Side("", None, {"a": 0}, places)
    found = [
        side.expected(v, b)["a"] for v in ("3.15.1", "3.13.0") for b in ("tensorflow", "torch")
    ]
    assert found == [0, 1, 2, 3]


def test_numbers_print_the_same_everywhere():
    assert rounded(torch.tensor([1 / 3, -1e-9], requires_grad=True)) == [0.3333, 0.0]
    assert rounded(np.array([[1 / 3, -1e-9]])) == [[0.3333, 0.0]]
    assert str(rounded(-1e-9)) == "0.0"
    assert rounded(keras.ops.convert_to_tensor([[0.123]]), 1) == [[0.1]]


def test_arrays_are_drawn_the_same_at_every_call():
    one, other = draw((2, 3), (4,))
    assert (one.shape, other.shape, one.dtype) == ((2, 3), (4,), "float32")
    assert [a.tolist() for a in draw((2, 3), (4,))] == [one.tolist(), other.tolist()]
