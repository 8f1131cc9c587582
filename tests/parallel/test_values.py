"""What several workers do, against facts that do not use its formulas."""

from fractions import Fraction

import numpy as np
import pytest

from mmref.contract.parallel import pieces_of
from mmref.reference import parallel
from tests.wings import WINGS, numpy, tensor, wing_of

COUNTS = (5, 1, 3)


def split(rows):
    return np.split(rows, np.cumsum(COUNTS)[:-1])


def test_shared_rows_give_the_gradient_of_one_worker():
    """Logistic regression, whose gradient is written for all rows at once."""
    rng = np.random.default_rng(0)
    x, y, w = rng.normal(size=(9, 4)), rng.integers(0, 2, 9), rng.normal(size=4)

    def gradient(x, y):
        return x.T @ (1 / (1 + np.exp(-x @ w)) - y) / len(y)

    each = np.stack([gradient(*part) for part in zip(split(x), split(y), strict=True)])
    whole = gradient(x, y)
    np.testing.assert_allclose(parallel.averaged_gradients(each, COUNTS), whole, rtol=1e-12)
    assert np.abs(each.mean(axis=0) - whole).max() > 0.01


def test_equal_counts_make_it_the_plain_mean():
    each = np.random.default_rng(0).normal(size=(3, 2, 4))
    np.testing.assert_allclose(
        parallel.averaged_gradients(each, (7, 7, 7)), each.mean(axis=0), rtol=1e-12
    )


def test_shared_rows_have_the_statistics_of_all():
    """Counted in fractions, which do not round."""
    rows = np.random.default_rng(1).integers(-9, 9, (9, 2))
    exact = []
    for column in rows.T.tolist():
        mean = Fraction(sum(column), 9)
        exact.append((mean, sum((Fraction(n) - mean) ** 2 for n in column) / 9))
    parts = split(rows.astype(float))
    means = np.stack([part.mean(axis=0) for part in parts])
    variances = np.stack([part.var(axis=0) for part in parts])
    found = parallel.combined_statistics(means, variances, COUNTS)
    np.testing.assert_allclose(found, np.array(exact, float).T, rtol=1e-13)
    assert (np.average(variances, axis=0, weights=COUNTS) < found[1]).all()


def test_it_does_not_lose_small_variances_beside_large_means():
    """The mean of squares less the square of the mean would."""
    means, variances = np.full((2, 1), 1e8), np.full((2, 1), 1e-3)
    assert parallel.combined_statistics(means, variances, (4, 4))[1, 0] == 1e-3
    squares = (variances + means**2).mean() - means.mean() ** 2
    assert squares != pytest.approx(1e-3, rel=0.5)


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("length", [0, 1, 5, 12])
def test_all_workers_have_the_very_same_sum(workers, length):
    arrays = np.random.default_rng(0).normal(size=(workers, length))
    kept = arrays.copy()
    found = parallel.ring_all_reduce(arrays)
    np.testing.assert_allclose(found[0], arrays.sum(axis=0), rtol=1e-12)
    assert (found == found[0]).all() and (arrays == kept).all()


def test_pieces_are_as_equal_as_they_can_be():
    for workers in range(1, 8):
        for length in range(20):
            pieces = [len(range(*ends)) for ends in pieces_of(workers, length)]
            expected = [len(part) for part in np.array_split(np.arange(length), workers)]
            assert pieces == expected


@pytest.mark.parametrize("name", WINGS)
def test_a_worker_without_rows_is_left_out(name):
    wing, nothing = wing_of(name), np.array([[1.0, 2.0], [np.nan, np.nan]], "float32")
    found = wing.averaged_gradients(tensor(name, nothing), (3, 0))
    np.testing.assert_array_equal(numpy(found), [1, 2])
    found = wing.combined_statistics(tensor(name, nothing), tensor(name, nothing), [3, 0])
    np.testing.assert_array_equal(numpy(found), [[1, 2], [1, 2]])
