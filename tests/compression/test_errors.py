"""Bad input to what makes networks smaller: the same error in all three."""

import numpy as np
import pytest

from mmref.errors import ShapeError
from mmref.reference import compression
from tests.messages import assert_raises
from tests.wings import WINGS, tensor, wing_of

X, LOGITS = np.ones((4, 3)), np.ones((5, 3))
BAD = [
    ("quantized", (X, 0.0), ValueError, "scale: expected a positive number, got 0.0"),
    ("quantized", (X, 0.1, 0, 1), ValueError, "bits: expected an integer, at least 2, got 1"),
    ("quantized", (X, 0.1, 0, 17), ValueError, "bits: expected an integer, at most 16, got 17"),
    ("quantized", (X, 0.1, 8, 4), ValueError,
     "zero_point: expected an integer from -8 to 7, got 8"),
    ("quantized", (X, 0.1, -9, 4), ValueError,
     "zero_point: expected an integer, at least -8, got -9"),
    ("quantization_grid", (X[:0],), ShapeError, "x: expected at least one number, got (0, 3)"),
    ("quantization_grid", (np.inf * X,), ValueError, "x: expected a finite number, got inf"),
    ("quantization_grid", (np.nan * X,), ValueError, "x: expected a finite number, got nan"),
    ("magnitude_mask", (X, 1.5), ValueError, "share: expected a number in [0, 1], got 1.5"),
    ("pruned", (X, -0.5), ValueError, "share: expected a number in [0, 1], got -0.5"),
    ("distillation_loss", (LOGITS, LOGITS[:4]), ShapeError,
     "teacher: expected (B, K) = (5, 3), got (4, 3)"),
    ("distillation_loss", (LOGITS[0], LOGITS), ShapeError, "logits: expected (B, K), got (3,)"),
    ("distillation_loss", (LOGITS, LOGITS, 0.0), ValueError,
     "temperature: expected a positive number, got 0.0"),
    ("low_rank_factors", (X, 4), ValueError, "rank: expected an integer, at most 3, got 4"),
    ("low_rank_factors", (X, 0), ValueError, "rank: expected an integer, at least 1, got 0"),
    ("low_rank_factors", (X[0], 1), ShapeError, "weight: expected (O, D), got (3,)"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "given", "error", "message"), BAD)
@pytest.mark.parametrize("name", ("reference", *WINGS))
def test_bad_input_is_refused(name, function, given, error, message):
    place = compression if name == "reference" else wing_of(name)
    if name != "reference":
        given = [tensor(name, x) if isinstance(x, np.ndarray) else x for x in given]
    assert_raises(error, message, lambda: getattr(place, function)(*given))
