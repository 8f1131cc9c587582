"""Adapters of low rank, against facts that do not use their formulas."""

import numpy as np
import pytest
from scipy.linalg import svdvals

from mmref import convert
from mmref.reference import adaptation
from tests.wings import WINGS, numpy, tensor, wing_of


def drawn(rank=2, inside=6, outside=5):
    rng = np.random.default_rng(0)
    return rng.normal(size=(outside, inside)), rng.normal(size=(rank, inside)), rng.normal(
        size=(outside, rank)
    )  # fmt: skip


def dense(name, weight, bias=None):
    """The framework's own layer with these weights."""
    outside, inside = weight.shape
    if name == "torch":
        from torch import nn

        layer = nn.Linear(inside, outside, bias is not None)
    else:
        import keras

        layer = keras.layers.Dense(outside, use_bias=bias is not None)
        layer.build((None, inside))
    held = {"weight": weight} | ({} if bias is None else {"bias": bias})
    convert.set_arrays(layer, held)
    return layer


def test_what_is_added_has_the_rank_and_no_more():
    weight, down, up = drawn()
    change = adaptation.merge_low_rank(weight, down, up, 3.0) - weight
    assert (svdvals(change) > 1e-9).sum() == 2


def test_the_best_change_of_a_rank_is_what_the_singular_values_leave():
    """Eckart and Young: no factors of rank R come nearer than those of the R largest."""
    weight, _, _ = drawn()
    target = np.random.default_rng(1).normal(size=weight.shape)
    u, s, v = np.linalg.svd(target - weight)
    for rank in (1, 2, 5):
        merged = adaptation.merge_low_rank(
            weight, v[:rank], u[:, :rank] * s[:rank], float(rank)
        )  # alpha = R
        assert np.linalg.norm(target - merged) == pytest.approx(
            np.sqrt((s[rank:] ** 2).sum()), abs=1e-12
        )


def test_other_factors_of_the_same_product_say_the_same():
    """B M^-1 and M A: a rank of R has R^2 numbers fewer than it has parameters."""
    weight, down, up = drawn()
    mix = np.array([[2.0, 1.0], [0.5, -1.0]])
    x = np.random.default_rng(2).normal(size=(4, 6))
    one = adaptation.low_rank_adapter(x, weight, down, up, 2.0)
    other = adaptation.low_rank_adapter(x, weight, mix @ down, up @ np.linalg.inv(mix), 2.0)
    np.testing.assert_allclose(one, other, rtol=1e-12)


def test_at_the_start_only_up_has_a_gradient():
    weight, down, up = drawn()
    x, grad = np.ones((3, 6)), np.ones((3, 5))
    _, _, of_down, of_up = adaptation.low_rank_adapter_gradient(
        grad, x, weight, down, 0 * up, 2.0
    )  # fmt: skip
    assert not of_down.any() and of_up.all()


@pytest.mark.parametrize("name", WINGS)
def test_a_new_adapter_changes_nothing_and_is_all_that_learns(name):
    weight, _, _ = drawn()
    layer, x = dense(name, weight, np.arange(5.0)), np.ones((3, 6), "float32")
    before = numpy(layer(tensor(name, x)))
    adapter = wing_of(name).LowRankAdapter(layer, 2, alpha=16)
    np.testing.assert_array_equal(numpy(adapter(tensor(name, x))), before)
    if name == "torch":
        learns = [n for n, p in adapter.named_parameters() if p.requires_grad]
    else:
        learns = [v.name for v in adapter.trainable_variables]
    assert learns == ["down", "up"]


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("name", WINGS)
def test_a_merged_layer_says_what_both_said(name, biased):
    weight, down, up = drawn()
    layer = dense(name, weight, np.arange(5.0) if biased else None)
    adapter = wing_of(name).LowRankAdapter(layer, 2, alpha=3.0)
    x = tensor(name, np.random.default_rng(3).normal(size=(4, 6)).astype("float32"))
    adapter(x)  # builds Keras's
    convert.set_arrays(adapter, convert.arrays(adapter) | {"down": down, "up": up})
    merged = adapter.merged()
    assert type(merged) is type(layer) and merged is not layer
    np.testing.assert_allclose(numpy(merged(x)), numpy(adapter(x)), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(convert.arrays(layer)["weight"], weight, rtol=1e-6)  # as it was


def test_an_adapter_goes_from_one_framework_to_the_other():
    for name in WINGS:
        pytest.importorskip(name)
    weight, down, up = drawn()
    x = np.random.default_rng(3).normal(size=(4, 6)).astype("float32")
    ours = wing_of("torch").LowRankAdapter(dense("torch", weight, np.arange(5.0)), 2, 3.0)
    convert.set_arrays(ours, convert.arrays(ours) | {"down": down, "up": up})
    theirs = wing_of("keras").LowRankAdapter(dense("keras", 0 * weight, np.zeros(5)), 2, 3.0)
    convert.copy(ours, theirs)
    values = [numpy(a(tensor(n, x))) for n, a in (("torch", ours), ("keras", theirs))]
    np.testing.assert_allclose(*values, rtol=1e-5, atol=1e-5)


def test_a_keras_model_with_an_adapter_is_saved(tmp_path):
    keras = pytest.importorskip("keras")
    mk = wing_of("keras")
    model = keras.Sequential([keras.Input((6,)), mk.LowRankAdapter(keras.layers.Dense(5), 2, 3.0)])
    adapter = model.layers[0]
    adapter.up.assign(np.ones((5, 2)))
    x = np.random.default_rng(3).normal(size=(4, 6)).astype("float32")
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(numpy(again(x)), numpy(model(x)))
    assert len(again.trainable_variables) == 2
