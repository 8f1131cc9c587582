"""Every formula, in both frameworks and both precisions; Keras on the backend of the process."""

import inspect

import numpy as np
import pytest

from mmref.concordance import BOUNDS, FORMULAS, compare, exemptions
from mmref.concordance.backends import keras_dtype
from mmref.concordance.compare import differentiable

EACH_BACKEND = pytest.mark.each_backend


@pytest.mark.parametrize("dtype", BOUNDS)
@pytest.mark.parametrize("framework", ["torch", pytest.param("keras", marks=EACH_BACKEND)])
@pytest.mark.parametrize("name", FORMULAS)
def test_value_and_every_gradient_agree(name, framework, dtype):
    formula = FORMULAS[name]
    rows = compare(formula, framework, dtype)
    assert [row for row in rows if not row.ok] == []
    arguments = formula.samples[next(iter(formula.samples))](np.random.default_rng(0))
    quantities = {"value", *differentiable(arguments)}
    peers = {p.name for p in formula.peers if p.framework == framework}
    expected = peers | ({f"mmref.{framework}"} if formula.layer else set())
    assert {(row.implementation, row.quantity) for row in rows} == {
        (implementation, quantity) for implementation in expected for quantity in quantities
    }


@pytest.mark.parametrize("name", [name for name, f in FORMULAS.items() if f.vectors])
def test_the_reference_agrees_with_published_vectors(name):
    rows = compare(FORMULAS[name], "numpy", "float32")
    assert len(rows) == len(FORMULAS[name].vectors)
    for row in rows:
        assert row.ok, row
        assert "(0 cases)" not in row.implementation


@EACH_BACKEND
def test_the_bounds_are_those_the_book_states():
    assert BOUNDS == {"float64": 1e-10, "float32": 1e-5}


@EACH_BACKEND
@pytest.mark.parametrize("name", ["matmul", "mean", "tanh"])
def test_exemptions_are_needed(name):
    """Drop one once Keras computes float64 in float64 there; add one where it does no longer."""
    keras = pytest.importorskip("keras")
    x = np.random.default_rng(0).random((3, 3))
    with keras_dtype("float64"):
        given = [keras.ops.convert_to_tensor(x)] * (2 if name == "matmul" else 1)
        found = keras.ops.convert_to_numpy(getattr(keras.ops, name)(*given))
    rounded = np.abs(found - getattr(np, name)(*[x] * len(given))).max() > BOUNDS["float64"]
    exempt = {e.backend for e in getattr(exemptions, name.upper())}
    assert rounded == (f"keras on {keras.backend.backend()}" in exempt)


@pytest.mark.parametrize("name", [name for name, f in FORMULAS.items() if "hostile" in f.samples])
def test_samples_are_hostile(name):
    """What the samples promise: an absent modality, an empty row, NaN that must not matter."""
    formula = FORMULAS[name]
    arguments = formula.samples["hostile"](np.random.default_rng(0))
    mask = arguments.get("present", arguments.get("mask"))
    assert (~mask).all(axis=-1).any() and (mask.any(axis=-1) & ~mask.all(axis=-1)).any()
    first = next(iter(arguments.values()))
    arrays = first.values() if isinstance(first, dict) else [first]
    assert any(np.isnan(a).any() for a in arrays)
    assert np.isfinite(formula.reference(**arguments)).all()
    again = formula.samples["hostile"](np.random.default_rng(0))
    np.testing.assert_equal(arguments, again)  # seeded


@pytest.mark.parametrize("name", FORMULAS)
def test_entries_follow_the_reference(name):
    formula = FORMULAS[name]
    forward = list(inspect.signature(formula.reference).parameters)
    assert list(inspect.signature(formula.gradient).parameters) == ["grad", *forward]
    for sample in formula.samples.values():
        assert list(sample(np.random.default_rng(0))) == forward
    assert set(formula.weights) <= set(forward)


@EACH_BACKEND
@pytest.mark.parametrize(
    "name", [name for name, f in FORMULAS.items() if any(p.exemptions for p in f.peers)]
)
def test_exemptions_of_peers_are_needed(name):
    """Drop one once that peer keeps the bound that all keep."""
    keras = pytest.importorskip("keras")
    here = f"keras on {keras.backend.backend()}"
    for peer in FORMULAS[name].peers:
        for exemption in peer.exemptions:
            if exemption.backend == here:
                rows = compare(name, "keras", exemption.dtype)
                worst = max(row.absolute for row in rows if row.implementation == peer.name)
                assert BOUNDS[exemption.dtype] < worst <= exemption.bound
