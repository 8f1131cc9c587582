"""Wilson's interval: beside SciPy's, by its definition, and by how often it holds the share."""

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from mmref.errors import ShapeError
from mmref.metrics import wilson_interval
from tests.messages import assert_raises


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99])
@pytest.mark.parametrize(("hits", "trials"), [(0, 1), (1, 1), (0, 20), (8, 10), (499, 1000)])
def test_it_is_that_of_scipy(hits, trials, level):
    theirs = binomtest(hits, trials).proportion_ci(level, method="wilson")
    np.testing.assert_allclose(wilson_interval(hits, trials, level), theirs, atol=1e-12)


def test_at_its_ends_the_count_is_just_no_surprise():
    for p in wilson_interval(7, 30):
        assert abs(7 / 30 - p) == pytest.approx(1.959964 * np.sqrt(p * (1 - p) / 30), rel=1e-6)


@pytest.mark.parametrize("p", [0.02, 0.1, 0.5, 0.85])
def test_it_holds_the_share_about_as_often_as_it_says(p):
    ends = wilson_interval(np.arange(101), np.full(101, 100))
    inside = (ends[:, 0] <= p) & (p <= ends[:, 1])
    assert binom.pmf(np.arange(101), 100, p)[inside].sum() == pytest.approx(0.95, abs=0.03)


def test_any_shape_gets_two_ends():
    assert wilson_interval(np.ones((3, 2), int), np.full((3, 2), 4)).shape == (3, 2, 2)


def test_bad_input_is_named():
    for error, message, *given in (
        (ShapeError, "hits: expected integers, got float64", 0.5, 2),
        (ShapeError, "trials: expected (2,) as hits, got ()", [1, 2], 3),
        (ValueError, "trials: expected 1 or more, got 0", 0, 0),
        (ValueError, "hits: expected 0 to 3, got 4", 4, 3),
        (ValueError, "hits: expected 0 to 3, got -1", [1, -1], [5, 3]),
        (ValueError, "level: expected a number in [0, 1), got 1", 1, 3, 1),
        (ValueError, "level: expected a number in (0, 1), got 0", 1, 3, 0),
    ):
        assert_raises(error, message, lambda: wilson_interval(*given))  # noqa: B023
