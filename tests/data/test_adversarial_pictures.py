"""What drawn pictures are measured by: diversity, and the nearest of the training's."""

import numpy as np
import pytest

from mmref.data.adversarial import (
    diversity,
    nearest,
)
from mmref.errors import ShapeError


def test_diversity_is_within_labels():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [200, 300, 400])
    pictures = rng.normal(size=(900, 3, 8, 8)) * np.array([0.2, 0.4, 0.9])[labels, None, None, None]
    assert diversity(pictures, labels) == pytest.approx(0.5, abs=0.005)  # labels count alike
    far = pictures + 10 * labels[:, None, None, None]
    assert diversity(far, labels) == pytest.approx(diversity(pictures, labels))
    bright = pictures + 10 * np.arange(3)[:, None, None]  # nor does it matter where colors lie
    assert diversity(bright, labels) == pytest.approx(diversity(pictures, labels))
    one = rng.normal(size=(3, 3, 8, 8))[labels]
    assert diversity(one, labels) == pytest.approx(0, abs=1e-12)
    assert diversity(np.array([[0.0], [2.0]]), np.zeros(2, int)) == pytest.approx(2**0.5)


def blots(count, seed):
    """Smooth pictures, many of them alike, with a border that is not white."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(-1, 1, size=(count, 3, 4, 3)).repeat(4, axis=2).repeat(4, axis=3)
    return (0.7 * coarse + 0.3 * rng.uniform(-1, 1, size=coarse.shape)).astype("float32")


@pytest.mark.parametrize("most", [0, 1, 3])
def test_nearest_is_what_a_search_of_all_moves_finds(most):
    pictures, training = blots(12, 0), blots(60, 1)
    pictures[:6] = 0.6 * pictures[:6] + 0.4 * training[:6]
    frame = [(0, 0), (0, 0), (most, most), (most, most)]
    padded = np.pad(training, frame, constant_values=1.0)
    all_moves = [
        padded[:, :, i : i + 16, j : j + 12]
        for i in range(2 * most + 1)
        for j in range(2 * most + 1)
    ]
    gaps = [
        [np.sqrt(((moved - picture) ** 2).mean(axis=(1, 2, 3))) for moved in all_moves]
        for picture in pictures
    ]
    gaps = np.array(gaps).min(axis=1)  # (12, 60)
    distances, rows = nearest(pictures, training, most)
    np.testing.assert_allclose(distances, gaps.min(axis=1), atol=1e-5)
    np.testing.assert_array_equal(rows, gaps.argmin(axis=1))
    assert [len(part) for part in nearest(pictures[:0], training, most)] == [0, 0]


def test_nearest_finds_moved_copies():
    training = blots(20, 0)
    moved = np.ones_like(training[:2])
    moved[0, :, 3:, :-2] = training[4, :, :-3, 2:]
    moved[1, :, :, 1:] = training[7, :, :, :-1]
    distances, rows = nearest(moved, training)
    np.testing.assert_allclose(distances, 0, atol=1e-5)
    assert rows.tolist() == [4, 7]
    too_far, _ = nearest(moved, training, most=2)
    assert too_far[0] > 0.1 and too_far[1] < 1e-5
    brighter, _ = nearest(training + 0.25, training, most=0)
    assert brighter == pytest.approx(0.25, abs=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, y: diversity(x.astype(int), y), "pictures: expected floating-point numbers"),
        (lambda x, y: diversity(x, y[1:]), r"labels: expected integers \(6,\), one for each of"),
        (lambda x, y: diversity(x, y / 2), "labels: expected integers .*, got float64"),
        (lambda x, y: diversity(x, np.arange(6)), "labels: expected at least two pictures"),
        (lambda x, y: diversity(x[:0], y[:0]), "labels: expected at least two pictures"),
        (lambda x, y: nearest(x.astype(int), x), "pictures: expected floating-point numbers"),
        (lambda x, y: nearest(x, x.astype(int)), "training: expected floating-point numbers"),
        (lambda x, y: nearest(x[0], x), r"pictures: expected \(N, C, H, W\)"),
        (lambda x, y: nearest(x, x[..., 1:]), r"training: expected \(N, C, H, W\)"),
        (lambda x, y: nearest(x.transpose(0, 2, 3, 1), x), r"pictures: expected \(N, C, H, W\)"),
        (lambda x, y: nearest(x, x[:, :1]), r"training: expected \(T, 3, 16, 12\)"),
        (lambda x, y: nearest(x, x[:0]), r"training: expected \(T, 3, 16, 12\), T at least 1"),
        (lambda x, y: diversity(np.float64(1), y), r"pictures: expected \(N, ...\), got \(\)"),
    ],
)
def test_pictures_that_cannot_be_measured_are_refused(call, message):
    with pytest.raises(ShapeError, match=message):
        call(blots(6, 0), np.arange(6) % 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, y: nearest(x, x, -1), "most: expected an integer, at least 0"),
        (lambda x, y: nearest(x, x, 12), r"most: expected less than H and W = \(16, 12\), got 12"),
        (lambda x, y: diversity(x, y - 1), "labels: expected 0 or more, got -1"),
    ],
)
def test_moves_and_labels_out_of_range_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(blots(6, 0), np.arange(6) % 3)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_pictures_that_are_not_finite(bad):
    whole, broken = blots(6, 0), blots(6, 0)
    broken[0, 0, 0, 0] = bad
    with pytest.raises(ValueError, match="pictures: expected finite numbers"):
        diversity(broken, np.arange(6) % 3)
    with pytest.raises(ValueError, match="pictures: expected finite numbers"):
        nearest(broken, whole)
    with pytest.raises(ValueError, match="training: expected finite numbers"):
        nearest(whole, broken)
