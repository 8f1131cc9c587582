"""Steps and schedules, against the frameworks' own optimizers and facts that use no formula."""

import numpy as np
import pytest

from mmref.reference import optimization
from tests.wings import WINGS, numpy, tensor, wing_of

START = np.array([1.0, -2.0])
GRADIENTS = np.random.default_rng(0).normal(size=(6, 2))


def of_keras(kind, gradients, **options):
    """The path of one of Keras's optimizers, as its apply() takes it."""
    import keras

    w, path = keras.Variable(START), []
    optimizer = getattr(keras.optimizers, kind)(0.1, **options)
    for g in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(g, "float32")], [w])
        path.append(keras.ops.convert_to_numpy(w).copy())
    return np.array(path)


def of_torch(kind, gradients, **options):
    import torch

    w, path = torch.tensor(START, requires_grad=True), []
    optimizer = getattr(torch.optim, kind)([w], 0.1, **options)
    for g in gradients:
        w.grad = torch.tensor(g)
        optimizer.step()
        path.append(w.detach().numpy().copy())
    return np.array(path)


SGD, RMS, ADAM = optimization.sgd_steps, optimization.rmsprop_steps, optimization.adam_steps
CONVENTIONS = [
    ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.3}, SGD,
     {"momentum": 0.9, "nesterov": True, "l2": 0.3}),
    ("RMSprop", {}, RMS, {"rho": 0.99, "epsilon": 1e-8}),
    ("Adam", {"weight_decay": 0.3}, ADAM, {"l2": 0.3}),
    ("AdamW", {}, ADAM, {"decay": 0.01}),
]  # fmt: skip
KERAS = [
    ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.3}, SGD,
     {"momentum": 0.9, "nesterov": True, "decay": 0.3, "rate_inside": True}),
    ("RMSprop", {}, RMS, {"rho": 0.9, "epsilon": 1e-7, "epsilon_inside": True}),
    ("Adam", {"weight_decay": 0.3}, ADAM,
     {"decay": 0.3, "epsilon": 1e-7, "epsilon_inside": True}),
    ("AdamW", {}, ADAM, {"decay": 0.004, "epsilon": 1e-7, "epsilon_inside": True}),
]  # fmt: skip


@pytest.mark.parametrize("scale", [1.0, 1e-5])
@pytest.mark.parametrize(("kind", "theirs", "steps", "ours"), CONVENTIONS)
def test_these_settings_are_pytorchs(kind, theirs, steps, ours, scale):
    pytest.importorskip("torch")
    path = of_torch(kind, scale * GRADIENTS, **theirs)
    np.testing.assert_allclose(steps(START, scale * GRADIENTS, 0.1, **ours), path, rtol=1e-12)


@pytest.mark.each_backend
@pytest.mark.parametrize("scale", [1.0, 1e-5])
@pytest.mark.parametrize(("kind", "theirs", "steps", "ours"), KERAS)
def test_these_settings_are_kerass(kind, theirs, steps, ours, scale):
    pytest.importorskip("keras")
    path = of_keras(kind, scale * GRADIENTS, **theirs)
    found = steps(START, scale * GRADIENTS, 0.1, **ours)
    np.testing.assert_allclose(found, path, rtol=2e-5)


def test_the_first_step_of_adam_is_the_rate_whatever_the_gradient():
    for scale in (1e-3, 1.0, 1e6):
        path = ADAM(START, scale * GRADIENTS, 0.1, epsilon=0.0)
        np.testing.assert_allclose(START - path[0], 0.1 * np.sign(GRADIENTS[0]), rtol=1e-12)


def test_a_constant_gradient_makes_adam_step_by_the_rate_for_ever():
    """Which is what the corrections are for."""
    path = ADAM(np.array(0.0), np.full(50, 3.0), 0.1, epsilon=0.0)
    np.testing.assert_allclose(path, -0.1 * np.arange(1, 51), rtol=1e-12)


def test_a_constant_gradient_is_stepped_along_ten_times_in_the_end():
    path = SGD(np.array(0.0), np.ones(400), 0.1, momentum=0.9)
    assert path[-2] - path[-1] == pytest.approx(0.1 / (1 - 0.9), rel=1e-12)


def test_a_penalty_is_a_decay_without_momentum_and_not_with_it():
    kinds = ({"l2": 0.3}, {"decay": 0.3})
    plain = [SGD(START, GRADIENTS, 0.1, **kind) for kind in kinds]
    np.testing.assert_allclose(*plain, rtol=1e-12)
    heavy = [SGD(START, GRADIENTS, 0.1, momentum=0.9, **kind) for kind in kinds]
    assert np.abs(heavy[0] - heavy[1]).max() > 0.01


def test_where_the_rate_stands_does_not_matter_while_it_is_constant():
    for nesterov in (False, True):
        options = {"momentum": 0.9, "nesterov": nesterov}
        paths = [SGD(START, GRADIENTS, 0.1, **options, rate_inside=i) for i in (False, True)]
        np.testing.assert_allclose(*paths, rtol=1e-12)


@pytest.mark.parametrize("name", WINGS)
def test_a_weight_without_gradient_stays_where_it_is_and_has_finite_slopes(name):
    wing = wing_of(name)
    w, g = tensor(name, START.astype("float32")), tensor(name, np.zeros((3, 2), "float32"))
    for steps in (wing.adam_steps, wing.rmsprop_steps):
        np.testing.assert_array_equal(numpy(steps(w, g, 0.1)), np.stack(3 * [START]))
    for gradient in (optimization.adam_steps_gradient, optimization.rmsprop_steps_gradient):
        slopes = gradient(np.ones((3, 2)), START, np.zeros((3, 2)), 0.1)
        assert all(np.isfinite(slope).all() for slope in slopes)


def test_a_warm_cosine_is_the_frameworks_own():
    torch, keras = pytest.importorskip("torch"), pytest.importorskip("keras")
    T, W, peak = 12, 4, 0.3
    found = optimization.warmup_cosine(T, peak, warmup=W)
    theirs = keras.optimizers.schedules.CosineDecay(
        peak / (W + 1), T - W, warmup_target=peak, warmup_steps=W
    )
    np.testing.assert_allclose(found, [float(theirs(t)) for t in range(T)], rtol=1e-5)
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=peak)
    schedules = torch.optim.lr_scheduler
    up = schedules.LinearLR(optimizer, 1 / (W + 1), 1, total_iters=W)
    down = schedules.CosineAnnealingLR(optimizer, T_max=T - W)
    both = schedules.SequentialLR(optimizer, [up, down], milestones=[W])
    for rate in found:
        assert optimizer.param_groups[0]["lr"] == pytest.approx(rate, rel=1e-9)
        optimizer.step()
        both.step()


def test_a_floor_is_where_the_cosine_ends():
    rates = optimization.warmup_cosine(1000, 1.0, floor=0.2)
    assert rates[0] == 1 and rates.min() == pytest.approx(0.2, abs=1e-5)


def test_a_smoothed_loss_is_least_where_the_network_is_as_sure_as_its_target():
    from scipy.optimize import minimize

    labels = np.array([1])
    found = minimize(
        lambda z: optimization.smoothed_cross_entropy(z[None], labels, 0.3), np.zeros(3), tol=1e-10
    )
    p = np.exp(found.x) / np.exp(found.x).sum()
    np.testing.assert_allclose(p, [0.1, 0.8, 0.1], atol=1e-4)
