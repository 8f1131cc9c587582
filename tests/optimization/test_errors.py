"""Bad input to steps, schedules and smoothed losses: the same error in all three."""

import numpy as np
import pytest

from mmref.errors import ChoiceError, ShapeError
from mmref.reference import optimization
from tests.messages import assert_raises
from tests.wings import WINGS, tensor, wing_of

W, G = np.ones(2, "float32"), np.ones((3, 2), "float32")
LOGITS, LABELS = np.ones((2, 3), "float32"), np.array([0, 2])
BAD = [
    ("sgd_steps", (W, G[0], 0.1), {}, ShapeError, "gradients: expected (T, 2), got (2,)"),
    ("sgd_steps", (W, G[:0], 0.1), {}, ShapeError,
     "gradients: expected at least one step, got (0, 2)"),
    ("sgd_steps", (W.astype(int), G, 0.1), {}, ShapeError,
     "weights: expected floating-point numbers, got int64"),
    ("adam_steps", (W, G.astype("float64"), 0.1), {}, ShapeError,
     "gradients: expected float32 as the weights, got float64"),
    ("adam_steps", (W, G, -0.1), {}, ValueError,
     "rate: expected a finite number, at least 0, got -0.1"),
    ("adam_steps", (W, G, (0.1, 0.1)), {}, ShapeError,
     "rate: expected a number, or one for each of 3 steps, got 2 of them"),
    ("rmsprop_steps", (W, G, (0.1, 0.1, None)), {}, TypeError,
     "rate[2]: expected a finite number, at least 0, got None"),
    ("rmsprop_steps", (W, G, 0.1), {"rho": 1.0}, ValueError,
     "rho: expected a number in [0, 1), got 1.0"),
    ("adam_steps", (W, G, 0.1), {"beta2": -1}, ValueError,
     "beta2: expected a number in [0, 1), got -1"),
    ("sgd_steps", (W, G, 0.1), {"momentum": 1}, ValueError,
     "momentum: expected a number in [0, 1), got 1"),
    ("sgd_steps", (W, G, 0.1), {"nesterov": 1}, ChoiceError,
     "nesterov: expected one of True, False; got 1"),
    ("adam_steps", (W, G, 0.1), {"decay": -1}, ValueError,
     "decay: expected a finite number, at least 0, got -1"),
    ("smoothed_cross_entropy", (LOGITS, LABELS, 1.5), {}, ValueError,
     "smoothing: expected a number in [0, 1], got 1.5"),
    ("smoothed_cross_entropy", (LOGITS, LABELS + 1), {}, ValueError,
     "labels: expected 0 to 2, got 1 to 3 (K is 3)"),
    ("smoothed_cross_entropy", (LOGITS, LABELS[:1]), {}, ShapeError,
     "labels: expected (2,), got (1,)"),
    ("smoothed_cross_entropy", (LOGITS[:0], LABELS[:0]), {}, ShapeError,
     "logits: expected at least one row and one class, got (0, 3)"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "given", "options", "error", "message"), BAD)
@pytest.mark.parametrize("name", ("reference", *WINGS))
def test_bad_input_is_refused(name, function, given, options, error, message):
    place = optimization if name == "reference" else wing_of(name)
    if name != "reference":
        given = [tensor(name, x) if isinstance(x, np.ndarray) else x for x in given]
    assert_raises(error, message, lambda: getattr(place, function)(*given, **options))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((3, 1.0, 3), "warmup: expected fewer than the 3 steps, got 3"),
        ((0, 1.0), "steps: expected an integer, at least 1, got 0"),
        ((3, 0.0), "peak: expected a positive number, got 0.0"),
        ((3, 1.0, 0, -1.0), "floor: expected a finite number, at least 0, got -1.0"),
    ],
)
def test_a_schedule_needs_steps_and_a_peak(given, message):
    assert_raises(ValueError, message, lambda: optimization.warmup_cosine(*given))


def test_the_gradient_must_have_the_shape_of_the_path():
    with pytest.raises(ShapeError, match=r"grad: expected \(3, 2\), got \(2,\)"):
        optimization.adam_steps_gradient(np.ones(2), W, G, 0.1)
