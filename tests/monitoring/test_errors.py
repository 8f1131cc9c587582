"""Bad input to the comparison of shares: the same error in all three."""

import numpy as np
import pytest

from mmref.errors import ShapeError
from mmref.reference import monitoring
from tests.messages import assert_raises
from tests.wings import WINGS, tensor, wing_of

P = np.array([0.5, 0.5])
POSITIVE = "expected positive finite numbers, got"
BAD = [
    (np.ones(()), P, ShapeError, "expected: expected (..., K), got ()"),
    (P[:0], P[:0], ShapeError, "expected: expected at least one bin, got (0,)"),
    (P, np.ones(3), ShapeError, "observed: expected (2,), got (3,)"),
    (P, np.ones((1, 2)), ShapeError, "observed: expected (2,), got (1, 2)"),
    (np.array([0.0, 1.0]), P, ValueError, f"expected: {POSITIVE} 0.0"),
    (P, np.array([1.5, -0.5]), ValueError, f"observed: {POSITIVE} -0.5"),
    (P, np.array([np.nan, 1.0]), ValueError, f"observed: {POSITIVE} nan"),
    (np.array([np.inf, 1.0]), P, ValueError, f"expected: {POSITIVE} inf"),
]


@pytest.mark.parametrize(("p", "q", "error", "message"), BAD)
@pytest.mark.parametrize("name", ("reference", *WINGS))
def test_what_are_no_shares_is_refused(name, p, q, error, message):
    place = monitoring if name == "reference" else wing_of(name)
    if name != "reference":
        p, q = tensor(name, p), tensor(name, q)
    assert_raises(error, message, lambda: place.population_stability_index(p, q))


@pytest.mark.parametrize("name", WINGS)
def test_counts_and_lists_are_refused(name):
    wing = wing_of(name)
    counts = tensor(name, np.ones(2, "i4"))
    message = "expected: expected floating-point numbers, got int32"
    assert_raises(ShapeError, message, lambda: wing.population_stability_index(counts, counts))
    kind = {"torch": "a torch.Tensor", "keras": "an array"}[name]
    message = f"observed: expected {kind}, got list"
    shares = tensor(name, P)
    assert_raises(TypeError, message, lambda: wing.population_stability_index(shares, [0.5, 0.5]))


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ShapeError, match=r"grad: expected \(\), got \(2,\)"):
        monitoring.population_stability_index_gradient(P, P, P)
