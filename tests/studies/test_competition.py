"""The study of competing modalities: its task, its remedies and its rows."""

from math import erf, sqrt

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from benchmarks.studies import competition  # noqa: E402


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(competition, "STEPS", 20)
    monkeypatch.setattr(competition, "LOOKS", 2)
    monkeypatch.setattr(competition, "ROWS", {"train": 100, "validation": 40, "test": 60})


def test_the_best_rules_reach_the_best_accuracies():
    x, labels = competition.draw(40_000, 0)
    y, noise = 2 * labels - 1, competition.NOISE
    first, second = x["short"][:, :4].mean(1), x["short"][:, 4:].mean(1)
    along = x["long"].sum(1) / sqrt(competition.WIDTH)
    parity = np.tanh(first / noise**2) * np.tanh(second / noise**2)
    odds = 2 * np.arctanh(parity.clip(-1 + 1e-12, 1 - 1e-12)) + 2 * along
    assert np.mean(np.sign(along) == y) == pytest.approx(0.5 + erf(1 / sqrt(2)) / 2, abs=0.005)
    assert np.mean(np.sign(first * second) == y) == pytest.approx(0.955, abs=0.004)
    assert np.mean(np.sign(odds) == y) == pytest.approx(competition.best_accuracy(), abs=0.003)


def test_modulation_slows_the_encoder_that_is_ahead():
    labels = torch.ones(1, 4)
    scores = {"short": torch.full((1, 4), -1.0), "long": torch.full((1, 4), 1.0)}
    model = competition.Scores(competition.BOTH, [0])
    for weights in model.weights.values():
        for w in weights:
            w.grad = torch.ones_like(w)
    competition.modulate(model.weights, scores, labels, competition.METHODS["modulate 2"])
    rho = np.exp(1)  # the ratio of sigmoid(1) to sigmoid(-1)
    slowed = [w.grad.mean().item() for w in model.weights["long"]]
    assert slowed == pytest.approx([1 - np.tanh(2 * rho)] * 2 + [1, 1], abs=1e-6)
    assert all(w.grad.min() == w.grad.max() == 1 for w in model.weights["short"])


def test_the_noise_has_the_deviation_of_the_gradient():
    scores, labels = {m: torch.zeros(1, 4) for m in competition.BOTH}, torch.ones(1, 4)
    model = competition.Scores(competition.BOTH, [0])
    torch.manual_seed(0)
    for weights in model.weights.values():
        for w in weights:
            w.grad = 3 * torch.randn(w.shape)
    before = model.weights["long"][0].grad.clone()
    competition.modulate(model.weights, scores, labels, competition.METHODS["modulate 2, noise"])
    added = model.weights["long"][0].grad - before  # as far as the other: nothing is slowed
    assert added.std().item() == pytest.approx(3, rel=0.05)


def test_blend_weights_by_hand():
    rows = [
        {"method": method, "seed": str(seed), "fell": fell, "overfit": overfit}
        for seed in range(competition.SEEDS)
        for method, fell, overfit in (("joint", "0.2", "0.2"), ("short", "-0.3", "0.1"),
                                      ("long", "0.1", "0.5"))
    ]  # fmt: skip
    # 0.2 / 0.04 = 5, 0.3 / 0.01 = 30, 0.1 / 0.25 = 0.4; the sum is 35.4
    np.testing.assert_allclose(
        competition.blend_weights(rows)[0], [5 / 35.4, 30 / 35.4, 0.4 / 35.4]
    )


@pytest.mark.parametrize("name", competition.METHODS)
def test_seeds_side_by_side_are_seeds_one_by_one(few, name):
    blend = np.full((2, 3), 1 / 3)
    both = competition.trained(name, blend, [0, 1])
    first = competition.trained(name, blend[:1], [0])
    random = "dropout" in name or "noise" in name  # what is drawn then depends on the number
    for key, curve in first.items():
        close = np.allclose(curve[:, 0], both[key][:, 0], atol=0.05)
        assert close or random, key
    assert np.abs(both["test loss"][:, 0] - both["test loss"][:, 1]).max() > 1e-4


def test_each_method_is_another_one(few):
    blend = np.full((1, 3), 1 / 3)
    ends = {n: competition.trained(n, blend, [0])["test loss"][-1, 0] for n in competition.METHODS}
    assert len({round(float(end), 6) for end in ends.values()}) == len(ends)


def test_rows_of_the_study_are_complete(few, monkeypatch):
    monkeypatch.setattr(competition, "SEEDS", 2)
    stored = []
    for name in ("joint", "short", "long", "blend"):
        rows = list(competition.runs(name, stored))
        assert [row["seed"] for row in rows] == [0, 1]
        assert all(set(row) <= set(competition.FIELDS) for row in rows)
        stored += rows
    assert sum(stored[-1][f"weight_{m}"] for m in competition.FIRST) == pytest.approx(1)
