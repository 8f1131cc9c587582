"""Distances of sets of features, where the truth is known."""

import numpy as np
import pytest

from mmref.errors import ModalityError, ShapeError
from mmref.metrics import (
    Verdict,
    extrapolated_frechet_distance,
    feature_frechet_distance,
    judge_images,
)
from tests.messages import assert_raises

WIDTH = 8


def samples(n, seed, shift=0.0, scale=1.0):
    return shift + scale * np.random.default_rng(seed).normal(size=(n, WIDTH))


def truth(shift, scale):
    """Of two round Gaussians."""
    return WIDTH * (shift**2 + (1 - scale) ** 2)


@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1.0), (0.3, 0.8)])
def test_the_distance_is_too_large_and_extrapolation_takes_most_of_that_away(shift, scale):
    """Over twenty draws: the bias is a constant over n, and what is left is within the noise.

    The bias of 400 rows is about 0.13 in both cases, measured over 40 other draws.
    """
    plain, better, larger = [], [], []
    for seed in range(20):
        real, fake = samples(400, 2 * seed), samples(400, 2 * seed + 1, shift, scale)
        plain.append(feature_frechet_distance(real, fake))
        better.append(extrapolated_frechet_distance(real, fake, seed=seed))
        larger.append(feature_frechet_distance(real[:100], fake[:100]))
    exact = truth(shift, scale)
    bias = np.mean(plain) - exact
    assert bias > 5 * np.std(plain) / np.sqrt(20) > 0
    if exact == 0:  # elsewhere the distance itself scatters as much as the bias
        assert np.mean(larger) == pytest.approx(4 * bias, rel=0.2)
    assert abs(np.mean(better) - exact) < 3 * np.std(better) / np.sqrt(20)
    assert np.mean(plain) - np.mean(better) == pytest.approx(0.13, abs=0.03)


def test_it_depends_on_nothing_but_the_seed():
    real, fake = samples(100, 0), samples(120, 1)
    first, again, other = (
        extrapolated_frechet_distance(real, fake, seed=seed) for seed in (5, 5, 6)
    )
    assert first == again != other


def test_features_in_float32_and_of_one_number():
    real, fake = samples(100, 0)[:, :1], samples(100, 1)[:, :1] + 2
    found = feature_frechet_distance(real.astype("float32"), fake.astype("float32"))
    expected = (real.mean() - fake.mean()) ** 2 + (real.std(ddof=1) - fake.std(ddof=1)) ** 2
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_every_verdict_stands_under_the_name_of_its_features():
    real, fake = np.zeros((100, 4, 4)), np.ones((100, 4, 4))
    real[:, 0, :3], fake[:, 0, :3] = samples(100, 0)[:, :3], samples(100, 1)[:, :3]
    features = {"first row": lambda x: x[:, 0, :3], "last pixels": lambda x: x[:, 3, 2:]}
    found = judge_images(real, fake, features)
    assert list(found) == list(features)
    assert all(isinstance(verdict, Verdict) for verdict in found.values())
    # What one sees is the other's blind spot.
    assert found["first row"].recall > 0.7 and abs(found["first row"].extrapolated) < 0.2
    assert found["last pixels"].recall == 0 and found["last pixels"].frechet == pytest.approx(2)


def test_features_that_are_none_are_told():
    images = np.zeros((30, 4, 4))

    def refused(error, message, features):
        assert_raises(error, message, lambda: judge_images(images, images, features))

    refused(TypeError, "features['a']: expected a function, got 3", {"a": 3})
    message = "features: expected a mapping from name to a function, got list"
    refused(TypeError, message, [len])
    refused(ModalityError, "features: expected at least one name, got none", {})
    message = "features['a'](real): expected (30, D), got (10, 4)"
    refused(ShapeError, message, {"a": lambda x: x[:10, 0]})
    message = "features['a'](real): expected (N, D), got (30, 4, 4)"
    refused(ShapeError, message, {"a": lambda x: x})
    message = "features['a'](real): expected finite numbers, got nan"
    refused(ValueError, message, {"a": lambda x: x[:, 0] + np.nan})
    message = "real and fake: expected more than 25 rows of 4 features, got (20, 20)"
    few = np.zeros((20, 4))
    assert_raises(ShapeError, message, lambda: extrapolated_frechet_distance(few, few))
