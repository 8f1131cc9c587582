"""Losses of several tasks, against facts that do not use their formulas."""

import numpy as np
import pytest
from scipy.optimize import minimize

from mmref.reference import multitask
from tests.wings import WINGS, numpy, tensor, wing_of

CLASS, REGRESSION = "classification", "regression"


def descended(losses, kinds):
    """The variances' logarithms that a minimizer finds."""
    zeros = np.zeros(len(kinds))
    found = minimize(
        lambda s: multitask.uncertainty_weighting(losses, s, kinds).sum(),
        zeros,
        jac=lambda s: multitask.uncertainty_weighting_gradient(np.ones(2), losses, s, kinds)[1],
    )
    return found.x, found.fun


def test_a_task_with_no_label_has_no_loss_and_no_gradient():
    losses, labelled = np.full((4, 2), np.nan), np.zeros((4, 2), bool)
    losses[:, 0], labelled[:2, 0] = [1, 3, 100, 100], True
    assert multitask.masked_task_loss(losses, labelled).tolist() == [2, 0]
    (slopes,) = multitask.masked_task_loss_gradient(np.ones(2), losses, labelled)
    assert slopes.T.tolist() == [[0.5, 0.5, 0, 0], [0, 0, 0, 0]]


def test_no_row_is_no_label():
    nothing = np.zeros((0, 3))
    assert multitask.masked_task_loss(nothing, nothing.astype(bool)).tolist() == [0, 0, 0]


@pytest.mark.parametrize("scale", [1e-6, 1.0, 400.0])
def test_the_best_variance_is_the_loss_and_for_a_classification_twice_the_loss(scale):
    losses = scale * np.array([0.7, 0.3])
    s, least = descended(losses, (REGRESSION, CLASS))
    np.testing.assert_allclose(np.exp(s), losses * [1, 2], rtol=1e-3)
    # At the best variances the total is half the logarithm of each loss, and a constant.
    assert least == pytest.approx(1 + np.log(losses[0]) / 2 + np.log(2 * losses[1]) / 2, abs=1e-6)


def test_at_the_best_variances_a_unit_of_measurement_changes_no_direction():
    """A loss in other units has another weight, which takes the units away again."""
    losses, kinds = np.array([0.7, 0.3]), (REGRESSION, CLASS)
    weights = []
    for unit in (1.0, 1e4):
        measured = losses * [unit, 1]
        best = np.log(measured * [1, 2])
        slopes = multitask.uncertainty_weighting_gradient(np.ones(2), measured, best, kinds)
        weights.append(slopes[0])
        np.testing.assert_allclose(weights[-1], 1 / (2 * measured), rtol=1e-12)
    np.testing.assert_allclose(weights[1] * [1e4, 1], weights[0], rtol=1e-12)


def test_a_gaussian_says_the_same():
    """Of a regression's rows: minus the mean log density, but for the constant."""
    from scipy.stats import norm

    rng = np.random.default_rng(0)
    errors, s = rng.normal(size=50), 0.4
    likelihood = -norm.logpdf(errors, scale=np.exp(s / 2)).mean() - np.log(2 * np.pi) / 2
    found = multitask.uncertainty_weighting(
        np.array([(errors**2).mean()]), np.array([s]), (REGRESSION,)
    )
    assert found[0] == pytest.approx(likelihood, rel=1e-12)


def test_a_softmax_with_a_temperature_says_nearly_the_same():
    """Exactly at variance 1; elsewhere the paper's approximation, whose error stays bounded."""
    from scipy.special import log_softmax

    logits = np.array([2.0, 0.5, -1.0])
    for s in (0.0, 0.1, -0.1):
        exact = -log_softmax(logits / np.exp(s))[0]
        loss = np.array([-log_softmax(logits)[0]])
        found = multitask.uncertainty_weighting(loss, np.array([s]), (CLASS,))
        assert found[0] == pytest.approx(exact, abs=abs(s) / 2 + 1e-12)


@pytest.mark.parametrize("name", WINGS)
def test_a_task_that_is_missing_leaves_its_variance_alone(name):
    """Else s drifts by 1/2 of the rate at each step without a label."""
    layer = wing_of(name).UncertaintyWeighting((CLASS, REGRESSION))
    losses = tensor(name, np.array([0.7, np.nan], "float32"))
    present = tensor(name, np.array([True, False]))
    if name == "torch":
        layer(losses, present).sum().backward()
        slope = layer.log_variances.grad
    else:
        import tensorflow as tf

        layer.build(None)
        with tf.GradientTape() as tape:
            value = layer(losses, present)
        slope = tape.gradient(value, layer.log_variances)
    np.testing.assert_allclose(numpy(slope), [0.5 - 0.7, 0], rtol=1e-6)


def test_what_is_left_of_two_is_what_least_squares_leaves():
    rng = np.random.default_rng(1)
    g = rng.normal(size=(2, 6))
    g[1] -= 2 * g[0]
    found = multitask.project_conflicts(g)
    for i, j in ((0, 1), (1, 0)):
        share = np.linalg.lstsq(g[j][:, None], g[i], rcond=None)[0]
        np.testing.assert_allclose(found[i], g[i] - share * g[j], rtol=1e-12)
        assert found[i] @ g[j] == pytest.approx(0, abs=1e-12)


def test_tasks_that_agree_are_left_alone():
    g = np.abs(np.random.default_rng(2).normal(size=(3, 5)))
    np.testing.assert_array_equal(multitask.project_conflicts(g), g)


def test_two_tasks_step_against_neither():
    """To first order no task's loss grows: the sum of what is left is against no gradient."""
    rng = np.random.default_rng(3)
    for _ in range(100):
        g = rng.normal(size=(2, 4)) * rng.gamma(1, size=(2, 1))
        assert (g @ multitask.project_conflicts(g).sum(axis=0) > -1e-12).all()


@pytest.mark.parametrize("name", ("reference", *WINGS))
def test_a_gradient_of_zeros_takes_nothing_away(name):
    g = np.array([[1.0, 2], [0, 0], [-1, 1]])
    if name == "reference":
        found = multitask.project_conflicts(g)
    else:
        found = numpy(wing_of(name).project_conflicts(tensor(name, g)))
    np.testing.assert_allclose(found, g)


def test_of_three_tasks_the_order_counts():
    g = np.array([[1.0, 0, 0], [-1, 1, 0], [-1, -1, 1]])
    first, last = (multitask.project_conflicts(g, order) for order in ((0, 1, 2), (2, 1, 0)))
    assert not np.allclose(first, last)


@pytest.mark.parametrize("name", WINGS)
def test_tiny_gradients_have_a_direction_too(name):
    """Whose squares have no place in float32."""
    g = np.array([[1.0, 0], [-1, 1]], "float32") * np.float32(1e-25)
    found = numpy(wing_of(name).project_conflicts(tensor(name, g)))
    np.testing.assert_allclose(found, 1e-25 * np.array([[0.5, 0.5], [0, 1]]), rtol=1e-5, atol=1e-31)
