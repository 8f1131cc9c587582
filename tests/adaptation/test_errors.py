"""Bad input to adapters of low rank: the same error in all three."""

import numpy as np
import pytest

from mmref.errors import ShapeError
from mmref.reference import adaptation
from tests.messages import assert_raises
from tests.wings import WINGS, tensor, wing_of

X, W, A, B = np.ones((5, 3)), np.ones((4, 3)), np.ones((2, 3)), np.ones((4, 2))
BAD = [
    ((X[:, :2], W, A, B, 1.0), ShapeError, "x: expected (..., 3), got (5, 2)"),
    ((X, W[0], A, B, 1.0), ShapeError, "weight: expected (O, D), got (3,)"),
    ((X, W, A[:, :2], B, 1.0), ShapeError, "down: expected (R, D) = (2, 3), got (2, 2)"),
    ((X, W, A[0], B, 1.0), ShapeError, "down: expected (R, D) = (3, 3), got (3,)"),
    ((X, W, A[:0], B[:, :0], 1.0), ShapeError, "down: expected at least one row, got (0, 3)"),
    ((X, W, A, B.T, 1.0), ShapeError, "up: expected (O, R) = (4, 2), got (2, 4)"),
    ((X, W, A, B, 0.0), ValueError, "alpha: expected a positive number, got 0.0"),
    ((X, W, A, B, "2"), TypeError, "alpha: expected a positive number, got '2'"),
]


@pytest.mark.parametrize(("given", "error", "message"), BAD)
@pytest.mark.parametrize("name", ("reference", *WINGS))
def test_bad_input_is_refused(name, given, error, message):
    place = adaptation if name == "reference" else wing_of(name)
    if name != "reference":
        given = [tensor(name, x) if isinstance(x, np.ndarray) else x for x in given]
    assert_raises(error, message, lambda: place.low_rank_adapter(*given))
    if "x:" not in message:
        assert_raises(error, message, lambda: place.merge_low_rank(*given[1:]))


@pytest.mark.parametrize("name", WINGS)
def test_bad_settings_are_refused(name):
    wing = wing_of(name)
    if name == "torch":
        from torch import nn

        layer, kind = nn.Linear(3, 4), "a torch.nn.Linear"
    else:
        import keras

        layer, kind = keras.layers.Dense(4), "a keras.layers.Dense"
        assert_raises(
            ValueError,
            "base: expected a keras.layers.Dense without activation, got relu",
            lambda: wing.LowRankAdapter(keras.layers.Dense(4, activation="relu"), 2),
        )
    for base in (None, wing.MultiHeadAttention(4, 2)):
        message = f"base: expected {kind}, got {type(base).__name__}"
        assert_raises(TypeError, message, lambda base=base: wing.LowRankAdapter(base, 2))
    message = "rank: expected an integer, at least 1, got 0"
    assert_raises(ValueError, message, lambda: wing.LowRankAdapter(layer, 0))
    message = "alpha: expected a positive number, got -1"
    assert_raises(ValueError, message, lambda: wing.LowRankAdapter(layer, 2, alpha=-1))


def test_the_reference_alone():
    with pytest.raises(ShapeError, match=r"grad: expected \(5, 4\), got \(5, 3\)"):
        adaptation.low_rank_adapter_gradient(X, X, W, A, B, 1.0)
