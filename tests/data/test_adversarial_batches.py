"""Batches, nudges and the ring that adversarial networks are trained on."""

import numpy as np
import pytest

from mmref.data.adversarial import (
    AdversarialBatches,
    nudge,
    ring,
    ring_centers,
    ring_scores,
)
from mmref.errors import ShapeError
from tests.gan.networks import examples


def test_batches_repeat_and_differ():
    batches = AdversarialBatches(*examples(), 5, 8, seed=3)
    assert len(batches) == 3
    first = batches.batch(0, 1)
    again = AdversarialBatches(*examples(), 5, 8, seed=3).batch(0, 1)
    assert all((first[key] == again[key]).all() for key in first)
    for epoch, index in ((0, 0), (1, 1)):
        other = batches.batch(epoch, index)
        assert all((first[key] != other[key]).any() for key in ("real", "noise", "mix"))
    seeded = AdversarialBatches(*examples(), 5, 8, seed=4).batch(0, 1)
    assert all((first[key] != seeded[key]).any() for key in ("real", "noise", "mix"))
    rows = np.concatenate([batches.batch(0, i)["real"] for i in range(3)])
    assert len(np.unique(rows.reshape(24, -1), axis=0)) == 24  # none twice


@pytest.mark.parametrize("augment", [None, lambda real, rng: real + 0])
def test_examples_keep_their_labels(augment):
    labels = np.arange(26)
    batches = AdversarialBatches(labels[:, None] / 2, labels, 5, 8, augment=augment)
    for epoch in range(2):
        for i in range(3):
            batch = batches.batch(epoch, i)
            np.testing.assert_array_equal(batch["labels"], 2 * batch["real"][:, 0])


def test_noise_is_normal_and_the_mix_uniform():
    """Within about four standard errors."""
    batch = AdversarialBatches(np.zeros((4000, 1)), None, 10, 4000).batch(0, 0)
    noise, mix = batch["noise"], batch["mix"]
    assert abs(noise.mean()) < 0.02 and abs(noise.std() - 1) < 0.015
    assert abs((noise**4).mean() - 3) < 0.2  # a uniform one has 1.8
    assert 0 <= mix.min() < 0.01 and 0.99 < mix.max() < 1
    assert abs(mix.mean() - 0.5) < 0.02 and abs(mix.std() - 12**-0.5) < 0.01


def test_augmentation_sees_the_real_examples():
    batches = AdversarialBatches(*examples(), 5, 8, augment=lambda real, rng: 0 * real)
    assert not batches.batch(0, 0)["real"].any()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda x, y: AdversarialBatches(x, y, batch_size=27),
            ShapeError,
            "real: expected at least 27 rows",
        ),
        (
            lambda x, y: AdversarialBatches(x, y[1:], batch_size=8),
            ShapeError,
            r"labels: expected integers \(26,\), one for each of real, got int64 \(25,\)",
        ),
        (
            lambda x, y: batches_of(x, y.astype(float)),
            ShapeError,
            r"labels: .*, got float64 \(26,\)",
        ),
        (lambda x, y: batches_of(x, y > 1), ShapeError, r"labels: .*, got bool \(26,\)"),
        (lambda x, y: batches_of(x, y[:, None]), ShapeError, r"labels: .*, got int64 \(26, 1\)"),
        (lambda x, y: batches_of(x, y - 9), ValueError, "labels: expected 0 or more, got -8"),
        (
            lambda x, y: batches_of(x.astype("uint8"), y),
            ShapeError,
            "real: expected floating-point numbers",
        ),
        (lambda x, y: batches_of(x * np.nan, y), ValueError, "real: expected finite numbers"),
        (
            lambda x, y: batches_of(x[0, 0, 0, 0], None),
            ShapeError,
            r"real: expected \(N, ...\), got \(\)",
        ),
        (
            lambda x, y: AdversarialBatches(x, y, latent=0),
            ValueError,
            "latent: expected an integer",
        ),
        (
            lambda x, y: AdversarialBatches(x, y, latent=10**13, batch_size=8),
            ValueError,
            "latent: expected at most .*, got 10000000000000, which need .* bytes",
        ),
        (lambda x, y: batches_of(x, y, seed=None), TypeError, "seed: expected an integer"),
        (lambda x, y: batches_of(x, y, seed=-1), ValueError, "seed: expected an integer"),
        (lambda x, y: batches_of(x, y, seed=1.5), TypeError, "seed: expected an integer"),
        (lambda x, y: batches_of(x, y).batch(0, 3), ValueError, "index: expected below 3, the"),
        (lambda x, y: batches_of(x, y).batch(0, -1), ValueError, "index: expected an integer"),
        (lambda x, y: batches_of(x, y).batch(-1, 0), ValueError, "epoch: expected an integer"),
        (
            lambda x, y: batches_of(x, y, augment=0.5),
            TypeError,
            "augment: expected a function or None, got 0.5",
        ),
    ],
)
def test_what_no_batches_can_be_made_of_is_refused(make, error, message):
    with pytest.raises(error, match=f"^{message}") as caught:
        make(*examples())
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("augment", "message"),
    [
        (lambda x: x[:1], r"expected \(8, 3, 8, 8\), got \(1, 3, 8, 8\)"),
        (lambda x: np.concatenate([x, x]), r"expected \(8, 3, 8, 8\), got \(16, 3, 8, 8\)"),
        (lambda x: x[:, :1], r"expected \(8, 3, 8, 8\), got \(8, 1, 8, 8\)"),
        (lambda x: (255 * x).astype(int), "expected floating-point numbers, got int64"),
        (lambda x: None, "expected floating-point numbers, got object"),
    ],
)
def test_augmentation_gives_back_as_many_floats(augment, message):
    batches = batches_of(*examples(), augment=lambda real, rng: augment(real))
    with pytest.raises(ShapeError, match=rf"^augment\(real\): {message}"):
        batches.batch(0, 0)


def batches_of(real, labels, **options):
    return AdversarialBatches(real, labels, batch_size=8, **options)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda x, rng: nudge(x.astype("uint8"), rng),
            ShapeError,
            "images: expected floating-point numbers",
        ),
        (
            lambda x, rng: nudge(x[0], rng),
            ShapeError,
            r"images: expected four axes, .*, got \(3, 8, 8\)",
        ),
        (
            lambda x, rng: nudge(x, rng, -1),
            ValueError,
            "most: expected an integer, at least 0, got -1",
        ),
        (
            lambda x, rng: nudge(x, rng, 1.5),
            TypeError,
            "most: expected an integer, at least 0, got 1.5",
        ),
        (
            lambda x, rng: nudge(x, None),
            TypeError,
            "rng: expected a numpy.random.Generator, got NoneType",
        ),
        (lambda x, rng: nudge(x, 0), TypeError, "rng: expected a numpy.random.Generator, got int"),
    ],
)
def test_images_and_shifts_that_cannot_be_nudged_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call(examples()[0], np.random.default_rng(0))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: ring_scores(p.astype(int)), "points: expected floating-point numbers, got int"),
        (lambda p: ring_scores(p[:, :1]), r"points: expected \(N, 2\), N at least 1, got \(9, 1\)"),
        (lambda p: ring_scores(p[0]), r"points: expected \(N, 2\), N at least 1, got \(2,\)"),
        (lambda p: ring_scores(p[:0]), r"points: expected \(N, 2\), N at least 1, got \(0, 2\)"),
        (lambda p: ring_scores(p, deviation=0), "deviation: expected a positive number, got 0"),
        (lambda p: ring_scores(p, radius=-1.0), "radius: expected a positive number, got -1.0"),
        (lambda p: ring_scores(p, modes=0), "modes: expected an integer, at least 1, got 0"),
        (lambda p: ring(0), "count: expected an integer, at least 1, got 0"),
        (lambda p: ring(3, deviation=-1), "deviation: expected a positive number, got -1"),
    ],
)
def test_points_and_settings_of_no_ring_are_refused(call, message):
    with pytest.raises(ShapeError if message.startswith("points") else ValueError, match=message):
        call(ring(9))


def test_points_that_are_nan_are_not_good():
    assert ring_scores(np.full((9, 2), np.nan)) == {"modes": 0, "quality": 0.0}


def test_a_mode_is_covered_by_a_fifth_of_its_fair_share():
    """Of 200 points that is 5; of a few points, one."""
    centers = ring_centers()

    def points(number, total):
        """So many points at mode 3, the others at mode 0."""
        return centers[[3] * number + [0] * (total - number)]

    assert [ring_scores(points(n, 200))["modes"] for n in (0, 1, 4, 5)] == [1, 1, 1, 2]
    assert [ring_scores(points(n, 8))["modes"] for n in (0, 1)] == [1, 2]


def test_a_point_is_good_within_four_deviations():
    out = ring_centers()[0] * np.array([[1 + 0.199 / 2], [1 + 0.201 / 2]])  # of length 2
    assert ring_scores(out)["quality"] == 0.5
    assert ring_scores(out, deviation=0.051)["quality"] == 1


def test_the_ring_has_its_deviation_and_all_modes_alike():
    points = ring(8000, seed=1)
    gaps = points[:, None] - ring_centers()
    nearest = np.linalg.norm(gaps, axis=2).argmin(axis=1)
    assert np.bincount(nearest).min() > 880
    deviations = gaps[np.arange(8000), nearest].std(axis=0)
    np.testing.assert_allclose(deviations, 0.05, rtol=0.03)
    assert (ring(5, seed=1) != ring(5, seed=2)).all()


def test_scores_on_the_ring():
    points = ring(4000, seed=1)
    assert ring_scores(points)["modes"] == 8 and ring_scores(points)["quality"] > 0.998
    one = points[np.linalg.norm(points - ring_centers()[3], axis=1) < 0.5]
    assert ring_scores(one)["modes"] == 1
    assert ring_scores(np.zeros((100, 2))) == {"modes": 0, "quality": 0.0}
    far = np.concatenate([points, points + 1])
    assert ring_scores(far)["quality"] == pytest.approx(0.5, abs=0.02)
