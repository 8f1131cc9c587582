"""Bad input to what judges images: the same error in all three wings."""

import numpy as np
import pytest

from mmref.errors import ShapeError
from mmref.reference import image_quality
from tests.adversarial.everywhere import ones
from tests.messages import assert_raises
from tests.wings import WINGS, numpy, tensor, wing_of

RATIO, SIMILARITY = "peak_signal_to_noise_ratio", "structural_similarity"
BOTH = pytest.mark.parametrize("function", [RATIO, SIMILARITY])


def refused(function, images, targets, error, message, **options):
    """By all three; the arrays are square and as many as channels, so that no layout matters."""
    f = getattr(image_quality, function)
    assert_raises(error, message, lambda: f(images, targets, **options))
    for name in WINGS:
        f = getattr(wing_of(name), function)
        given = [tensor(name, array) for array in (images, targets)]
        assert_raises(error, message, lambda f=f, g=given: f(*g, **options))


@BOTH
def test_pictures_that_do_not_go_together(function):
    images = ones(2, 12, 12, 12)
    message = "targets: expected (2, 12, 12, 12) as images, got (1, 12, 12, 12)"
    refused(function, images, images[:1], ShapeError, message)
    message = "targets: expected float32 as images, got float64"
    refused(function, images, images.astype(float), ShapeError, message)
    message = "images: expected at least one number a picture, got (2, 0, 0, 0)"
    refused(function, ones(2, 0, 0, 0), ones(2, 0, 0, 0), ShapeError, message)


@BOTH
def test_bytes_are_refused(function):
    """Their differences wrap around: 3 - 5 is 254."""
    message = "images: expected floating-point numbers, got uint8"
    images = ones(2, 12, 12, 12, dtype="uint8")
    refused(function, images, images, ShapeError, message)


@BOTH
@pytest.mark.parametrize("data_range", [0, -1.0, float("nan")])
def test_a_range_that_is_none(function, data_range):
    images = ones(2, 12, 12, 12)
    message = f"data_range: expected a positive number, got {data_range!r}"
    refused(function, images, images, ValueError, message, data_range=data_range)


def test_windows_that_do_not_fit():
    images = ones(2, 10, 10, 10)
    message = "images: expected height and width of at least 11, the window, got (10, 10)"
    refused(SIMILARITY, images, images, ShapeError, message)
    message = "size: expected an integer, at least 1, got 0"
    refused(SIMILARITY, images, images, ValueError, message, size=0)
    message = "deviation: expected a positive number, got 0"
    refused(SIMILARITY, images, images, ValueError, message, deviation=0)


@pytest.mark.parametrize("name", WINGS)
def test_pictures_of_another_number_of_axes(name):
    letters = "B, C, H, W" if name == "torch" else "B, H, W, C"
    flat = tensor(name, ones(12, 12, 12))
    message = f"images: expected ({letters}), got (12, 12, 12)"
    assert_raises(ShapeError, message, lambda: wing_of(name).structural_similarity(flat, flat))
    single = tensor(name, ones(3))
    message = "images: expected (B, N, ...), got (3,)"
    wing = wing_of(name)
    assert_raises(ShapeError, message, lambda: wing.peak_signal_to_noise_ratio(single, single))


@pytest.mark.parametrize("name", WINGS)
def test_nan_stays_where_it_is(name):
    images = ones(2, 3, 12, 12) / 2
    images[1, 0, 5, 5] = np.nan
    targets = ones(2, 3, 12, 12) / 4
    for function, options in ((RATIO, {}), (SIMILARITY, {"size": 3})):
        given = [tensor(name, a) for a in (images, targets)]
        found = numpy(getattr(wing_of(name), function)(*given, **options))
        assert np.isfinite(found[0]) and np.isnan(found[1])


# ---- sets (reference only) ----

EYE, ZERO = np.eye(2), np.zeros(2)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((ones(1, 2), EYE, ZERO, EYE), ShapeError, "mean: expected (D,), got (1, 2)"),
        ((ZERO, EYE, np.zeros(3), EYE), ShapeError, "other_mean: expected (2,), got (3,)"),
        ((ZERO, ZERO, ZERO, EYE), ShapeError, "covariance: expected (2, 2), got (2,)"),
        (
            (ZERO, EYE, ZERO, np.eye(3)),
            ShapeError,
            "other_covariance: expected (2, 2), got (3, 3)",
        ),
        ((ZERO + np.nan, EYE, ZERO, EYE), ValueError, "mean: expected finite numbers, got nan"),
        (
            (ZERO, EYE, ZERO, np.array([[1.0, 0.5], [0.0, 1.0]])),
            ValueError,
            "other_covariance: expected a symmetric matrix, got one off by 0.5",
        ),
        (
            (ZERO, -EYE, ZERO, EYE),
            ValueError,
            "covariance: expected no negative eigenvalue, got -1",
        ),
    ],
)
def test_what_is_no_gaussian_is_refused(arguments, error, message):
    assert_raises(error, message, lambda: image_quality.frechet_distance(*arguments))


@pytest.mark.parametrize(
    ("probabilities", "error", "message"),
    [
        (ones(3), ShapeError, "probabilities: expected (N, K), got (3,)"),
        (ones(0, 3), ShapeError, "probabilities: expected at least one row and class, got (0, 3)"),
        (
            np.array([[1.5, -0.5]]),
            ValueError,
            "probabilities: expected numbers, at least 0, got -0.5",
        ),
        (
            np.array([[0.5, 0.25]]),
            ValueError,
            "probabilities: expected rows that sum to 1, got 0.75",
        ),
    ],
)
def test_what_are_no_probabilities_is_refused(probabilities, error, message):
    assert_raises(error, message, lambda: image_quality.classifier_score(probabilities))


def test_sets_that_do_not_go_together():
    real = ones(5, 2)
    judge = image_quality.precision_recall
    assert_raises(ShapeError, "fake: expected (M, 2), got (5, 3)", lambda: judge(real, ones(5, 3)))
    message = "fake: expected more than neighbors = 3 rows, got 3"
    assert_raises(ShapeError, message, lambda: judge(real, ones(3, 2)))
    message = "neighbors: expected an integer, at least 1, got 0"
    assert_raises(ValueError, message, lambda: judge(real, real, 0))
    message = "real: expected finite numbers, got nan"
    assert_raises(ValueError, message, lambda: judge(real + np.nan, real))
