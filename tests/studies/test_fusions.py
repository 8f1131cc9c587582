"""The studies of fusions: every fusion is in them, and training side by side changes nothing."""

import numpy as np
import pytest

from mmref.convert.tables import fusion as tables
from mmref.data import scenes

pytest.importorskip("torch")

from benchmarks.studies import _fusions, fusion, missing  # noqa: E402
from tests.wings import wing_of  # noqa: E402

RATES = (0.003, 0.01)


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(_fusions, "STEPS", 20)
    monkeypatch.setattr(_fusions, "ROWS", {"train": 600, "validation": 200, "test": 300})
    return [_fusions.TASKS["parity, 2"](seed) for seed in range(2)]


def test_every_fusion_that_can_be_converted_is_compared():
    compared = {name.partition(",")[0] for name in _fusions.fusions(wing_of("torch"))}
    assert compared | {"StandInFusion"} >= set(tables.MODELS)


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("name", _fusions.fusions(wing_of("torch")))
def test_models_side_by_side_are_the_models_one_by_one(few, name, hidden):
    make = _fusions.fusions(wing_of("torch"))[name]
    inputs, _ = _fusions.stacked(few, "test")
    slow, fast = (m.logits(inputs) for m in _fusions.trained(few, make, RATES, hidden))
    (alone,) = _fusions.trained(few[:1], make, RATES[1:], hidden)
    first = {m: x[:1] for m, x in inputs.items()}
    np.testing.assert_allclose(alone.logits(first)[0], fast[0], atol=1e-3)
    assert np.abs(fast[0] - fast[1]).max() > 0.01  # the others are others
    assert np.abs(fast[0] - slow[0]).max() > 0.01


@pytest.mark.parametrize("name", _fusions.fusions(wing_of("torch")))
def test_what_is_absent_has_no_effect_on_stacked_models(few, name):
    make = _fusions.fusions(wing_of("torch"))[name]
    (model,) = _fusions.trained(few, make, RATES[1:], modality_dropout=0.3)
    inputs, labels = _fusions.stacked(few, "test")
    there = np.broadcast_to(np.array([True, False]), (*labels.shape, 2))
    found = model.logits(inputs, there)
    np.testing.assert_array_equal(model.logits(inputs | {"b": inputs["b"] + 1}, there), found)
    moved = np.abs(model.logits(inputs | {"a": inputs["a"] + 1}, there) - found).max()
    assert (moved > 0) == (name != "BilinearFusion")  # of one modality alone it has no product


def test_a_shorter_fold_is_filled_up_and_not_counted():
    sizes, rng = (5, 3), np.random.default_rng(0)
    tasks = [
        _fusions.Task({"test": ({"a": rng.normal(size=(n, 2))}, np.zeros(n, int))}, 2)
        for n in sizes
    ]
    tasks = [_fusions.Task(task.parts | {"train": task.parts["test"]}, 2) for task in tasks]
    inputs, labels = _fusions.stacked(tasks, "test")
    assert inputs["a"].shape == (2, 5, 2) and labels[1].tolist() == [0, 0, 0, -1, -1]
    logits = np.zeros((2, 5, 2)) + [1, 0]
    assert missing.accuracy(logits, labels).tolist() == [1, 1]


def test_a_step_takes_its_rows_from_one_epoch_after_another(few):
    rows = _fusions.order(few[0], 0)
    assert rows.shape == (20, few[0].batch)
    assert sorted(rows.ravel()[:600]) == list(range(600))


def test_half_of_the_captions_match_and_neither_side_tells_which():
    data = _fusions.matching(0)
    for inputs, labels in data.parts.values():
        n = len(labels)
        assert labels.mean() == pytest.approx(0.5, abs=0.001)
        told = inputs["text"].argmax(1)
        assert (inputs["text"].sum(1) == 1).all()
        ink = np.array([255 - np.array(scenes.RGB[c]) for c in scenes.COLORS], float)
        ink /= np.linalg.norm(ink, axis=1, keepdims=True)
        mean = inputs["image"].reshape(n, -1, 3).sum(1)
        shown = (mean @ ink.T).argmax(1)
        assert ((shown == told) == labels).mean() == 1  # both tell all
        for side in (told, shown):  # one tells no more than chance
            rates = [labels[side == c].mean() for c in range(len(scenes.COLORS))]
            assert np.abs(np.array(rates) - 0.5).max() < 4 * 0.5 / np.sqrt(n / 8)


def test_a_row_of_the_study_holds_the_best_rate_on_validation(few, monkeypatch):
    monkeypatch.setattr(fusion, "tasks_of", lambda name: few)
    rows = list(fusion.runs(wing_of("torch"), "parity, 2", "ConcatFusion", "hidden"))
    assert [row["seed"] for row in rows] == [0, 1]
    assert all(set(row) == set(fusion.FIELDS) for row in rows)
    make = wing_of("torch").ConcatFusion
    models = _fusions.trained(few, make, fusion.RATES, True)
    scores = np.array([fusion.accuracies(model, few, "validation") for model in models])
    assert [row["validation"] for row in rows] == scores.max(0).tolist()
    assert [row["rate"] for row in rows] == [fusion.RATES[i] for i in scores.argmax(0)]


def test_calibration_by_hand():
    p = np.array([0.9, 0.9, 0.6, 0.6])  # right: 1, 0, 1, 1
    logits, labels = np.log(np.stack([p, 1 - p], 1)), np.array([0, 1, 0, 0])
    there = np.ones(4, bool)
    # Two bins: 0.9 against 1/2, and 0.6 against 1; each half of the rows.
    assert missing.calibration(logits, labels, there) == pytest.approx((0.4 + 0.4) / 2)
    there[1] = False
    assert missing.calibration(logits, labels, there) == pytest.approx((0.1 + 2 * 0.4) / 3)
