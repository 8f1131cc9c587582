"""Bad input to what several workers do: the same error in all three."""

import numpy as np
import pytest

from mmref.errors import ShapeError
from mmref.reference import parallel
from tests.messages import assert_raises
from tests.wings import WINGS, tensor, wing_of

G, M = np.ones((2, 3)), np.ones((2, 4))
BAD = [
    ("averaged_gradients", (G, (3, 1, 1)), ShapeError,
     "counts: expected one for each of 2 workers, got 3 of them"),
    ("averaged_gradients", (G, 3), TypeError,
     "counts: expected a list or tuple of integers, got int"),
    ("averaged_gradients", (G, (3, 1.5)), TypeError,
     "counts[1]: expected an integer, at least 0, got 1.5"),
    ("averaged_gradients", (G, (3, -1)), ValueError,
     "counts[1]: expected an integer, at least 0, got -1"),
    ("averaged_gradients", (G, (0, 0)), ValueError,
     "counts: expected at least one row, got (0, 0)"),
    ("averaged_gradients", (G[:0], ()), ShapeError,
     "gradients: expected at least one worker, got (0, 3)"),
    ("combined_statistics", (M[0], M, (1, 1)), ShapeError, "means: expected (P, C), got (4,)"),
    ("combined_statistics", (M, M[:, :3], (1, 1)), ShapeError,
     "variances: expected (P, C) = (2, 4), got (2, 3)"),
    ("combined_statistics", (M, M, (1,)), ShapeError,
     "counts: expected one for each of 2 workers, got 1 of them"),
    ("ring_all_reduce", (M[0],), ShapeError, "arrays: expected (P, D), got (4,)"),
    ("ring_all_reduce", (M[:0],), ShapeError, "arrays: expected at least one worker, got (0, 4)"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "given", "error", "message"), BAD)
@pytest.mark.parametrize("name", ("reference", *WINGS))
def test_bad_input_is_refused(name, function, given, error, message):
    place = parallel if name == "reference" else wing_of(name)
    if name != "reference":
        given = [tensor(name, x) if isinstance(x, np.ndarray) else x for x in given]
    assert_raises(error, message, lambda: getattr(place, function)(*given))


def test_the_reference_alone():
    with pytest.raises(ShapeError, match=r"grad: expected \(3,\), got \(2,\)"):
        parallel.averaged_gradients_gradient(np.ones(2), G, (3, 1))
    with pytest.raises(ShapeError, match=r"grad: expected \(2, 4\), got \(4,\)"):
        parallel.combined_statistics_gradient(np.ones(4), M, M, (3, 1))
    with pytest.raises(ShapeError, match=r"grad: expected \(2, 4\), got \(4,\)"):
        parallel.ring_all_reduce_gradient(np.ones(4), M)
