"""Bad input to the evidence for a signal and the shift of a prior: the same error in all three."""

import numpy as np
import pytest

from mmref.errors import ShapeError
from mmref.reference import detection
from tests.messages import assert_raises
from tests.wings import WINGS, tensor, wing_of

X, S = np.ones((2, 3)), np.ones((4, 3))
Z, P = np.zeros((2, 2)), np.array([0.5, 0.5])
BAD = [
    ("signal_evidence", (np.ones(3), S, 1.0), ShapeError, "images: expected (B, N), got (3,)"),
    (
        "signal_evidence",
        (X, np.ones((4, 2)), 1.0),
        ShapeError,
        "templates: expected (P, 3), got (4, 2)",
    ),
    (
        "signal_evidence",
        (X, S[:0], 1.0),
        ShapeError,
        "templates: expected at least one template, got (0, 3)",
    ),
    ("signal_evidence", (X, S, 0), ValueError, "noise: expected a positive number, got 0"),
    ("prior_shift", (P, P, P), ShapeError, "logits: expected (B, K), got (2,)"),
    ("prior_shift", (Z, P, np.ones(3)), ShapeError, "new: expected (2,), got (3,)"),
    (
        "prior_shift",
        (Z, np.array([1.0, 0.0]), P),
        ValueError,
        "old: expected positive finite numbers, got 0.0",
    ),
    (
        "prior_shift",
        (Z, P, np.array([np.nan, 1.0])),
        ValueError,
        "new: expected positive finite numbers, got nan",
    ),
]


@pytest.mark.parametrize(("function", "arguments", "error", "message"), BAD)
@pytest.mark.parametrize("name", ["reference", *WINGS])
def test_what_does_not_fit_is_named(name, function, arguments, error, message):
    if name == "reference":
        assert_raises(error, message, lambda: getattr(detection, function)(*arguments))
        return
    given = [tensor(name, a) if isinstance(a, np.ndarray) else a for a in arguments]
    assert_raises(error, message, lambda: getattr(wing_of(name), function)(*given))
