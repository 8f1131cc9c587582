"""The study of fillings: what is put where something is absent, and the temperature of logits."""

import numpy as np
import pytest

pytest.importorskip("torch")

from benchmarks.studies import _fusions, filling, missing  # noqa: E402
from tests.wings import wing_of  # noqa: E402

NAMES = ("a", "b", "c")
PRESENT = np.array([[1, 1, 1], [0, 1, 1], [1, 0, 0], [0, 0, 0]], bool)


@pytest.fixture
def tasks(monkeypatch):
    """Two seeds, c being 1 + 2 a - b, and no noise in it."""

    def draw(rng, n):
        x = {"a": rng.normal(5, 1, (n, 2)), "b": rng.normal(-3, 1, (n, 2))}
        x["c"] = 1 + 2 * x["a"] - x["b"]
        return {m: v.astype("f4") for m, v in x.items()}, np.arange(n) % 2

    made = []
    for seed in range(2):
        rng = np.random.default_rng(seed)
        made.append(_fusions.Task({part: draw(rng, 40) for part in _fusions.ROWS}, 2))
    monkeypatch.setattr(missing, "tasks_of", lambda name: made)
    monkeypatch.setattr(filling, "RIDGES", (0.0, 1.0))
    filling.predictors.cache_clear()
    yield made
    filling.predictors.cache_clear()


def filled(tasks, how):
    inputs, _ = _fusions.stacked(tasks, "test")
    inputs = {m: x[:, :4] for m, x in inputs.items()}
    present = np.broadcast_to(PRESENT, (2, 4, 3))
    return inputs, *filling.fill("made", inputs, present, how)


def test_a_mask_changes_no_input_and_is_told(tasks):
    inputs, found, told = filled(tasks, "mask")
    assert found is inputs and (told == PRESENT).all()


@pytest.mark.parametrize("how", ["zeros", "mean", "least squares"])
def test_what_is_there_stays_and_no_mask_is_told(tasks, how):
    inputs, found, told = filled(tasks, how)
    assert told is None
    for i, m in enumerate(NAMES):
        np.testing.assert_array_equal(found[m][:, PRESENT[:, i]], inputs[m][:, PRESENT[:, i]])


def test_zeros_and_means_of_each_seeds_training_rows(tasks):
    _, zeros, _ = filled(tasks, "zeros")
    _, means, _ = filled(tasks, "mean")
    for seed, task in enumerate(tasks):
        for i, m in enumerate(NAMES):
            absent = ~PRESENT[:, i]
            assert (zeros[m][seed, absent] == 0).all()
            mean = np.tile(task.parts["train"][0][m].mean(0), (absent.sum(), 1))
            np.testing.assert_allclose(means[m][seed, absent], mean, rtol=1e-6)


def test_least_squares_finds_what_others_determine(tasks):
    inputs, found, _ = filled(tasks, "least squares")
    np.testing.assert_allclose(found["a"][:, 1], inputs["a"][:, 1], atol=1e-3)  # b and c are there
    _, means, _ = filled(tasks, "mean")
    for m in NAMES:  # nothing to predict from
        np.testing.assert_array_equal(found[m][:, 3], means[m][:, 3])
    error = np.abs(found["c"][:, 2] - inputs["c"][:, 2]).mean()  # a alone: better than the mean
    assert error < 0.8 * np.abs(means["c"][:, 2] - inputs["c"][:, 2]).mean()


def test_the_ridge_is_the_one_that_errs_least_in_validation(monkeypatch):
    rng = np.random.default_rng(0)
    parts = {}
    for part, n in (("train", 12), ("validation", 200)):  # ten numbers of noise, twelve rows
        parts[part] = {"a": rng.normal(size=(n, 10)), "b": rng.normal(size=(n, 1))}, None
    task, found = _fusions.Task(parts, 2), {}
    for ridges in ((0.0,), (100.0,), (0.0, 100.0)):
        monkeypatch.setattr(filling, "RIDGES", ridges)
        found[ridges] = filling.LeastSquares(task).maps[(True, False), "b"][0]
    assert np.abs(found[0.0, 100.0] - found[100.0,]).max() == 0
    assert np.abs(found[0.0,]).max() > 10 * np.abs(found[100.0,]).max()


def test_the_temperature_undoes_a_factor():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, 3))
    labels = (logits + rng.gumbel(size=logits.shape)).argmax(1)  # as the softmax says
    for factor in (0.2, 1, 5):
        found = filling.temperature(factor * logits, labels)
        assert found == pytest.approx(factor, rel=0.04)


def test_of_all_temperatures_it_has_the_least_cross_entropy():
    rng = np.random.default_rng(1)
    logits, labels = rng.normal(size=(50, 4)), rng.integers(0, 4, 50)
    labels[:30] = logits[:30].argmax(1)

    def loss(t):
        p = np.exp(logits / t)
        return -np.log(p[np.arange(50), labels] / p.sum(1)).mean()

    found = filling.temperature(logits, labels)
    assert loss(found) < min(loss(found * 1.01), loss(found / 1.01))


def test_rows_of_the_study_are_complete(monkeypatch):
    monkeypatch.setattr(_fusions, "STEPS", 10)
    monkeypatch.setattr(_fusions, "ROWS", {"train": 100, "validation": 40, "test": 60})
    drawn = [_fusions.interaction("redundant", 3)(seed) for seed in range(2)]
    monkeypatch.setattr(missing, "tasks_of", lambda name: drawn)
    filling.predictors.cache_clear()
    rows = list(filling.runs(wing_of("torch"), "redundant, 3", "DecisionFusion", "plain"))
    filling.predictors.cache_clear()
    assert all(set(row) == set(filling.FIELDS) for row in rows)
    assert [row["filling"] for row in rows[::2]] == list(filling.FILLINGS)
    for row in rows:  # with nothing missing, fillings do nothing
        assert row["missing_0.0"] == next(
            other["missing_0.0"] for other in rows if other["seed"] == row["seed"]
        )
