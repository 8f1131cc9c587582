"""Interactions: the best accuracies are reached by the best rule, and by nothing else."""

from itertools import combinations
from math import sqrt

import numpy as np
import pytest
from scipy.special import ndtr as phi

from mmref.data import interactions
from mmref.data.interactions import KINDS, best_accuracy, best_accuracy_missing, draw

N = 40_000
NOISES = [{"a": 0.4, "b": 0.4}, {"a": 0.3, "b": 0.9}, {"a": 0.5, "b": 0.2, "c": 0.8}]
every_kind = pytest.mark.parametrize("kind", KINDS)
every_noise = pytest.mark.parametrize("noise", NOISES, ids=str)


def subsets(names):
    return [list(c) for k in range(len(names) + 1) for c in combinations(names, k)]


def best_guess(kind, task, noise, there):
    """What the best rule says from the readings of some modalities."""
    means = {m: task.inputs[m].astype(float).mean(axis=1) for m in there}
    if kind == "parity":
        if len(there) < len(noise):
            return np.ones(len(task))  # nothing tells
        return (np.prod(list(means.values()), axis=0) > 0).astype(int)
    if kind == "redundant":
        return (sum(np.zeros(len(task)) + t / noise[m] ** 2 for m, t in means.items()) > 0) + 0
    posterior = {
        m: (t / (1 + noise[m] ** 2), noise[m] ** 2 / (1 + noise[m] ** 2)) for m, t in means.items()
    }
    parts = [posterior.get(m, (np.zeros(len(task)), 1.0)) for m in noise]
    if kind == "additive":
        return (sum(mean for mean, _ in parts) > 0) + 0
    # Of the product: u by Gauss and Hermite, v given u by its distribution function.
    (mean_u, variance_u), *rest = parts
    mean_v = sum(mean for mean, _ in rest) / sqrt(len(rest))
    deviation_v = sqrt(sum(variance for _, variance in rest) / len(rest))
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    edge, above, below = np.quantile(np.abs(np.prod(NORMALS, axis=0)), 1 / 3), 0, 0
    for node, weight in zip(nodes, weights / weights.sum()):
        u = mean_u + sqrt(variance_u) * node
        above += weight * phi((np.sign(u) * mean_v - edge / np.abs(u)) / deviation_v)
        below += weight * phi((-np.sign(u) * mean_v - edge / np.abs(u)) / deviation_v)
    return np.stack([below, 1 - above - below, above]).argmax(axis=0)


NORMALS = np.random.default_rng(1).normal(size=(2, 1_000_000))


@every_kind
@every_noise
def test_the_best_rule_reaches_the_best_accuracy_with_any_modalities(kind, noise):
    task = draw(N, 3, kind, noise)
    for there in subsets(noise):
        hits = best_guess(kind, task, noise, there) == task.labels
        expected = best_accuracy(kind, noise, there)
        assert hits.mean() == pytest.approx(expected, abs=4 * 0.5 / sqrt(N)), there


@every_kind
@every_noise
def test_another_rule_does_not(kind, noise):
    """So that the test above can fail: the readings of one modality are turned round."""
    task = draw(N, 3, kind, noise)
    task.inputs["b"][:] *= -1
    hits = best_guess(kind, task, noise, list(noise)) == task.labels
    assert hits.mean() < best_accuracy(kind, noise) - 0.015


@every_noise
def test_a_parity_is_a_coins_throw_without_any_one_of_its_modalities(noise):
    for there in subsets(noise)[:-1]:
        assert best_accuracy("parity", noise, there) == 0.5
    task = draw(N, 4, "parity", noise)
    for pair in combinations(noise, len(noise) - 1):  # what they hide and the label: independent
        columns = [list(noise).index(m) for m in pair]
        others = task.hidden[:, columns].prod(axis=1) > 0
        assert (others == task.labels).mean() == pytest.approx(0.5, abs=4 * 0.5 / sqrt(N))


@pytest.mark.parametrize(
    ("kind", "noise", "expected"),
    [
        ("redundant", {"a": 1.0, "b": 1e9}, 0.75),  # one at noise 1: arcsin sqrt(1/2) = pi / 4
        ("additive", {"a": 0.0, "b": 1e9}, 0.75),  # one of two, without noise
        ("parity", {"a": 0.5, "b": 0.5}, 0.5 + 0.5 * (2 * 0.9772499) ** 2 - 2 * 0.9772499 + 0.5),
        ("multiplicative", {"a": 1e9, "b": 1e9}, 1 / 3),
    ],
)
def test_accuracies_by_hand(kind, noise, expected):
    assert best_accuracy(kind, noise) == pytest.approx(expected, abs=2e-4)


@every_kind
def test_without_noise_all_is_known(kind):
    noise = {"a": 0.0, "b": 0.0, "c": 0.0}
    assert best_accuracy(kind, noise) == pytest.approx(1, abs=1e-6)
    classes = 3 if kind == "multiplicative" else 2
    assert best_accuracy(kind, noise, []) == pytest.approx(1 / classes, abs=1e-4)


@every_kind
def test_more_modalities_and_less_noise_never_hurt(kind):
    found = [best_accuracy(kind, {"a": s, "b": 0.5, "c": 0.5}) for s in (0.1, 0.4, 1.0, 3.0)]
    assert found == sorted(found, reverse=True) and found[0] > found[-1] + 0.01
    noise = NOISES[2]
    for there in subsets(noise):
        for more in subsets(noise):
            if set(there) < set(more):
                few, many = best_accuracy(kind, noise, there), best_accuracy(kind, noise, more)
                assert many >= few - 1e-4


@every_kind
@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_with_missing_modalities_it_is_a_mean_over_rows(kind, rate):
    noise = NOISES[2]
    rng = np.random.default_rng(0)
    there = rng.random((2000, 3)) >= rate
    names = np.array(list(noise))
    sets, counts = np.unique(there, axis=0, return_counts=True)
    mean = sum(
        n * best_accuracy(kind, noise, names[row].tolist()) for row, n in zip(sets, counts)
    ) / len(there)
    assert best_accuracy_missing(kind, noise, rate) == pytest.approx(mean, abs=0.02)


def test_the_three_classes_of_a_product_are_equally_frequent():
    labels = draw(N, 0, "multiplicative", NOISES[2]).labels
    assert np.bincount(labels) / N == pytest.approx(np.full(3, 1 / 3), abs=0.01)


@every_kind
def test_a_draw_depends_on_its_seed_alone(kind):
    first, again, other = (draw(50, seed, kind, NOISES[0]) for seed in (0, 0, 1))
    for m in NOISES[0]:
        assert (first.inputs[m] == again.inputs[m]).all()
        assert (first.inputs[m] != other.inputs[m]).all()
    assert (first.labels == again.labels).all() and len(first) == 50
    assert first.inputs["a"].dtype == np.float32 and first.labels.dtype == np.int64


def test_the_mean_of_the_readings_is_as_noisy_as_was_said():
    for readings in (1, 8, 16):
        task = draw(N, 0, "additive", {"a": 0.3, "b": 2.0}, readings)
        assert task.inputs["a"].shape == (N, readings)
        for column, (m, sigma) in enumerate({"a": 0.3, "b": 2.0}.items()):
            error = task.inputs[m].mean(axis=1) - task.hidden[:, column]
            assert error.std() == pytest.approx(sigma, rel=0.03)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: draw(3, 0, "xor", NOISES[0]),
            "ChoiceError: kind: expected one of 'redundant', 'additive', 'multiplicative', "
            "'parity'; got 'xor'",
        ),
        (
            lambda: draw(3, 0, "parity", {"a": 1.0}),
            "ModalityError: noise: expected two modalities or more, got ['a']",
        ),
        (
            lambda: draw(3, 0, "parity", [0.5, 0.5]),
            "TypeError: noise: expected a mapping from name to deviation, got list",
        ),
        (
            lambda: best_accuracy("parity", {"a": 1.0, "b": -1}),
            "ValueError: noise['b']: expected a finite number, at least 0, got -1",
        ),
        (
            lambda: best_accuracy("parity", {"a": 1.0, "b.c": 1.0}),
            "ModalityError: noise: expected names of ASCII letters, digits, '_' and '-', a letter "
            "or digit first, got 'b.c'",
        ),
        (
            lambda: best_accuracy("parity", NOISES[0], ["a", "d"]),
            "ModalityError: present: expected some of ['a', 'b'], each once, got ['a', 'd']",
        ),
        (
            lambda: best_accuracy("parity", NOISES[0], ["a", "a"]),
            "ModalityError: present: expected some of ['a', 'b'], each once, got ['a', 'a']",
        ),
        (
            lambda: best_accuracy("parity", NOISES[0], "ab"),
            "TypeError: present: expected a sequence of modalities, got 'ab'",
        ),
        (
            lambda: best_accuracy_missing("parity", NOISES[0], 1.5),
            "ValueError: rate: expected a number in [0, 1], got 1.5",
        ),
        (
            lambda: draw(0, 0, "parity", NOISES[0]),
            "ValueError: n: expected an integer, at least 1, got 0",
        ),
        (
            lambda: draw(3, 0, "parity", NOISES[0], readings=0),
            "ValueError: readings: expected an integer, at least 1, got 0",
        ),
    ],
)
def test_what_makes_no_task_is_refused(call, message):
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert f"{type(caught.value).__name__}: {caught.value}" == message


def test_the_integral_has_converged(monkeypatch):
    found = best_accuracy("multiplicative", NOISES[0])
    monkeypatch.setattr(interactions, "_POINTS", 240)
    interactions._best_of_product.cache_clear()
    assert best_accuracy("multiplicative", NOISES[0]) == pytest.approx(found, abs=2e-4)
    interactions._best_of_product.cache_clear()
