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
    rows = np.concatenate([batches.batch(0, i)["real"] for i in range(3)])
    assert len(np.unique(rows.reshape(24, -1), axis=0)) == 24  # none twice


def test_augmentation_sees_the_real_examples():
    batches = AdversarialBatches(*examples(), 5, 8, augment=lambda real, rng: 0 * real)
    assert not batches.batch(0, 0)["real"].any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x, y: AdversarialBatches(x, y, batch_size=27), "real: expected at least 27 rows"),
        (
            lambda x, y: AdversarialBatches(x, y[1:], batch_size=8),
            r"labels: expected integers \(26,\), one for each of real, got int64 \(25,\)",
        ),
        (lambda x, y: batches_of(x, y.astype(float)), r"labels: .*, got float64 \(26,\)"),
        (lambda x, y: batches_of(x, y > 1), r"labels: .*, got bool \(26,\)"),
        (lambda x, y: batches_of(x, y[:, None]), r"labels: .*, got int64 \(26, 1\)"),
        (lambda x, y: batches_of(x.astype("uint8"), y), "real: expected floating-point numbers"),
        (lambda x, y: batches_of(x[0, 0, 0, 0], None), r"real: expected \(N, ...\), got \(\)"),
        (lambda x, y: AdversarialBatches(x, y, latent=0), "latent: expected an integer"),
        (lambda x, y: batches_of(x, y, seed=None), "seed: expected an integer, at least 0"),
        (lambda x, y: batches_of(x, y, seed=-1), "seed: expected an integer, at least 0"),
        (lambda x, y: batches_of(x, y, seed=1.5), "seed: expected an integer, at least 0"),
        (lambda x, y: batches_of(x, y).batch(0, 3), "index: expected below 3, the number of"),
        (lambda x, y: batches_of(x, y).batch(0, -1), "index: expected an integer, at least 0"),
        (lambda x, y: batches_of(x, y).batch(-1, 0), "epoch: expected an integer, at least 0"),
        (
            lambda x, y: batches_of(x, y, augment=lambda real, rng: real[:1]).batch(0, 0),
            r"augment\(real\): expected 8 rows as it was given, got \(1, 3, 8, 8\)",
        ),
        (
            lambda x, y: batches_of(x, y, augment=lambda real, rng: None).batch(0, 0),
            r"augment\(real\): expected 8 rows as it was given, got \(\)",
        ),
    ],
)
def test_what_no_batches_can_be_made_of_is_refused(make, message):
    with pytest.raises(ShapeError, match=message):
        make(*examples())


def batches_of(real, labels, **options):
    return AdversarialBatches(real, labels, batch_size=8, **options)


def test_augmentation_is_a_function():
    with pytest.raises(TypeError, match="augment: expected a function or None, got float"):
        batches_of(*examples(), augment=0.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, rng: nudge(x.astype("uint8"), rng), "images: expected floating-point numbers"),
        (lambda x, rng: nudge(x[0], rng), r"images: expected four axes, .*, got \(3, 8, 8\)"),
        (lambda x, rng: nudge(x, rng, -1), "most: expected an integer, at least 0, got -1"),
        (lambda x, rng: nudge(x, rng, 1.5), "most: expected an integer, at least 0, got 1.5"),
        (lambda x, rng: nudge(x, None), "rng: expected a numpy.random.Generator, got NoneType"),
        (lambda x, rng: nudge(x, 0), "rng: expected a numpy.random.Generator, got int"),
    ],
)
def test_images_and_shifts_that_cannot_be_nudged_are_refused(call, message):
    with pytest.raises(ShapeError, match=message):
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
    with pytest.raises(ShapeError, match=message):
        call(ring(9))


def test_points_that_are_nan_are_not_good():
    assert ring_scores(np.full((9, 2), np.nan)) == {"modes": 0, "quality": 0.0}


def test_scores_on_the_ring():
    points = ring(4000, seed=1)
    assert ring_scores(points)["modes"] == 8 and ring_scores(points)["quality"] > 0.998
    one = points[np.linalg.norm(points - ring_centers()[3], axis=1) < 0.5]
    assert ring_scores(one)["modes"] == 1
    assert ring_scores(np.zeros((100, 2))) == {"modes": 0, "quality": 0.0}
    far = np.concatenate([points, points + 1])
    assert ring_scores(far)["quality"] == pytest.approx(0.5, abs=0.02)
