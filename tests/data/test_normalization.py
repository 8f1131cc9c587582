"""Normalization, judged by scikit-learn."""

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from mmref.data.transforms import Normalization
from mmref.errors import ChoiceError, ShapeError


def random_images(shape):
    return np.random.default_rng(0).random(shape, np.float32)


@pytest.mark.parametrize("shape", [(7, 5, 6, 3), (600, 4, 4, 2)])
def test_normalization_is_scikit_learns(shape):
    images = random_images(shape) ** 2 * np.float32(3) + np.float32(100)
    train, test = images[: len(images) // 2], images[len(images) // 2 :]
    normalize = Normalization.fit(train)
    judge = StandardScaler().fit(train.reshape(-1, shape[3]).astype(float))
    np.testing.assert_allclose(normalize.mean, judge.mean_)
    np.testing.assert_allclose(normalize.std, judge.scale_)
    expected = judge.transform(test.reshape(-1, shape[3])).reshape(test.shape)
    assert normalize(test).dtype == np.float32
    np.testing.assert_allclose(normalize(test), expected, atol=1e-4)
    np.testing.assert_allclose(normalize.inverse(normalize(test)), test, rtol=1e-6)
    done = normalize(train)
    np.testing.assert_allclose(done.mean((0, 1, 2), dtype=float), 0, atol=1e-4)
    np.testing.assert_allclose(done.std((0, 1, 2), dtype=float), 1, atol=1e-4)
    assert abs(normalize(test).mean((0, 1, 2))).max() > 1e-4  # the test part has its own mean


def test_a_channel_without_spread_is_only_shifted():
    images = random_images((4, 3, 3, 3))
    images[..., 1:] = np.float32([0.1, 0])
    normalize = Normalization.fit(images)
    assert normalize.std[1:] == (1, 1)
    np.testing.assert_allclose(normalize(images)[..., 1:], 0, atol=1e-6)


def test_normalization_by_given_numbers():
    normalize = Normalization((0.5, 0.25), np.array([0.5, 2]))
    assert normalize == Normalization([0.5, 0.25], (0.5, 2.0))
    images = np.ones((1, 1, 1, 2), np.float32)
    np.testing.assert_allclose(normalize(images).ravel(), [1, 0.375])


@pytest.mark.parametrize(
    "arguments, error, named",
    [
        (((0.5,), (0.0,)), ValueError, "std: expected numbers above 0"),
        (((0.5,), (1.0, 1.0)), ShapeError, r"std: expected \(C,\) = \(1,\), as mean, got \(2,\)"),
        (((np.nan,), (1.0,)), ValueError, "mean: expected finite numbers"),
        ((0.5, (1.0,)), ShapeError, r"mean: expected \(C,\), C at least 1, got \(\)"),
        ((("a",), (1.0,)), ShapeError, "mean: expected real numbers, got str32"),
    ],
)
def test_statistics_that_are_none_are_refused(arguments, error, named):
    with pytest.raises(error, match=named):
        Normalization(*arguments)


def test_normalization_needs_pixels():
    with pytest.raises(ShapeError, match="at least one pixel"):
        Normalization.fit(np.zeros((0, 4, 4, 3), np.float32))
    with pytest.raises(ChoiceError, match="layout"):
        Normalization((0.0,), (1.0,), "NCHW")
