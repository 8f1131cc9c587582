"""Adversarial losses beyond the registry: extreme logits, second derivatives."""

import dataclasses

import numpy as np
import pytest

from mmref.concordance import FORMULAS, compare
from mmref.reference import adversarial
from tests.wings import wing_of

torch = pytest.importorskip("torch")

from tests.adversarial.losses import extreme  # noqa: E402

pytestmark = pytest.mark.each_backend


LOSSES = [name for name, f in FORMULAS.items() if f.reference.__module__ == adversarial.__name__]


@pytest.mark.parametrize("framework", ["torch", "keras"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", LOSSES)
def test_extreme_logits_stay_finite_and_right(name, dtype, framework):
    for row in compare(extreme(FORMULAS[name]), framework, dtype):
        assert np.isfinite(row.absolute), row
        # Numbers of 1e4 (of 1e8 when squared) have an absolute error of their size.
        assert row.relative <= row.bound, row


# ---- second derivatives ----


def second_derivatives(wing, name, loss, arrays, along):
    """d/ds of sum(along * dloss/ds), for each of the logits s."""
    if name == "torch":
        leaves = [torch.tensor(a, requires_grad=True) for a in arrays]
        first = torch.autograd.grad(loss(*leaves), leaves, create_graph=True)
        total = sum((torch.tensor(v) * g).sum() for v, g in zip(along, first))
        if not total.requires_grad:  # a loss that is linear
            return [np.zeros(a.shape) for a in arrays]
        found = torch.autograd.grad(total, leaves, materialize_grads=True)
        return [g.numpy() for g in found]
    import keras

    if keras.backend.backend() == "torch":
        return second_derivatives(wing, "torch", loss, arrays, along)
    import tensorflow as tf

    leaves = [tf.constant(a) for a in arrays]
    with tf.GradientTape() as outer:
        outer.watch(leaves)
        with tf.GradientTape() as inner:
            inner.watch(leaves)
            value = loss(*leaves)
        first = inner.gradient(value, leaves)
        total = sum(tf.reduce_sum(v * g) for v, g in zip(along, first))
    found = outer.gradient(total, leaves, unconnected_gradients="zero")
    return [g.numpy() for g in found]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ["torch", "keras"])
@pytest.mark.parametrize("loss", LOSSES)
def test_second_derivatives_of_losses(loss, name, dtype):
    """Against differences of the reference's gradient: losses are sums over logits."""
    rng = np.random.default_rng(3)
    given = next(iter(FORMULAS[loss].samples.values()))(rng)
    count = sum(name.endswith("_logits") for name in given)
    arrays = [rng.normal(size=(4, 2)).astype(dtype) for _ in range(count)]
    along = [rng.normal(size=(4, 2)).astype(dtype) for _ in range(count)]
    gradient = getattr(adversarial, f"{loss}_gradient")
    exact, step = [a.astype(float) for a in arrays], 1e-6
    up = gradient(1.0, *(a + step for a in exact))
    down = gradient(1.0, *(a - step for a in exact))
    expected = [v * (u - d) / (2 * step) for v, u, d in zip(along, up, down)]
    wing = wing_of(name)
    found = second_derivatives(wing, name, getattr(wing, loss), arrays, along)
    for ours, theirs in zip(expected, found):
        np.testing.assert_allclose(theirs, ours, atol=1e-5 if dtype == "float32" else 1e-7)


# ---- ties and flat places ----


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_the_kink_of_the_hinge_has_slope_0_everywhere(name):
    real, fake = np.array([1.0, 0.0]), np.array([-1.0, 0.0])
    expected = adversarial.hinge_discriminator_loss_gradient(1.0, real, fake)
    assert [g.tolist() for g in expected] == [[0, -0.5], [0, 0.5]]
    formula = dataclasses.replace(
        FORMULAS["hinge_discriminator_loss"],
        samples={"kink": lambda rng: {"real_logits": real, "fake_logits": fake}},
        peers=(),
    )
    assert all(row.ok for row in compare(formula, name))
