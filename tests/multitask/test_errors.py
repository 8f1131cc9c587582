"""Bad input to losses of several tasks: the same error in all three."""

import numpy as np
import pytest

from mmref.errors import ChoiceError, ShapeError
from mmref.reference import multitask
from tests.messages import assert_raises
from tests.wings import WINGS, tensor, wing_of

KINDS = ("regression", "classification")
YES = np.ones((2, 3), bool)
BAD = [
    ("masked_task_loss", (np.ones(3), YES), ShapeError, "losses: expected (B, K), got (3,)"),
    (
        "masked_task_loss",
        (np.ones((2, 0)), YES[:, :0]),
        ShapeError,
        "losses: expected at least one task, got (2, 0)",
    ),
    (
        "masked_task_loss",
        (np.ones((2, 3)), YES[:1]),
        ShapeError,
        "labelled: expected (B, K) = (2, 3), got (1, 3)",
    ),
    (
        "masked_task_loss",
        (np.ones((2, 3)), YES.astype(int)),
        ShapeError,
        "labelled: expected dtype bool (True = has a label), got int64",
    ),
    ("project_conflicts", (np.ones(3),), ShapeError, "gradients: expected (K, P), got (3,)"),
    (
        "project_conflicts",
        (np.ones((2, 3)), (0, 2)),
        ValueError,
        "order: expected the numbers 0 to 1, each once, got (0, 2)",
    ),
    (
        "project_conflicts",
        (np.ones((2, 3)), (0, 1.0)),
        TypeError,
        "order[1]: expected an integer, at least 0, got 1.0",
    ),
    (
        "project_conflicts",
        (np.ones((2, 3)), 1),
        TypeError,
        "order: expected a list or tuple of integers, got int",
    ),
]


@pytest.mark.parametrize(("function", "given", "error", "message"), BAD)
@pytest.mark.parametrize("name", ("reference", *WINGS))
def test_bad_input_is_refused(name, function, given, error, message):
    place = multitask if name == "reference" else wing_of(name)
    if name != "reference":
        given = [tensor(name, x) if isinstance(x, np.ndarray) else x for x in given]
    assert_raises(error, message, lambda: getattr(place, function)(*given))


WEIGHTING = [
    (("ranking",), np.ones(1), None, ChoiceError,
     "kinds[0]: expected one of 'regression', 'classification'; got 'ranking'"),
    ((), np.ones(0), None, ShapeError, "kinds: expected at least one task, got []"),
    ("regression", np.ones(1), None, TypeError,
     "kinds: expected a sequence of texts, got the text 'regression'"),
    (KINDS, np.ones(3), None, ShapeError, "losses: expected (2,), got (3,)"),
    (KINDS, np.ones(2), np.ones(1, bool), ShapeError, "present: expected (2,), got (1,)"),
    (KINDS, np.ones(2), np.ones(2), ShapeError,
     "present: expected dtype bool (True = there), got float32"),
]  # fmt: skip


@pytest.mark.parametrize(("kinds", "losses", "present", "error", "message"), WEIGHTING)
@pytest.mark.parametrize("name", ("reference", *WINGS))
def test_bad_losses_and_kinds_are_refused(name, kinds, losses, present, error, message):
    losses = losses.astype("float32")
    present = present if present is None or present.dtype == bool else present.astype("float32")

    def call():
        if name == "reference":
            return multitask.uncertainty_weighting(losses, np.zeros(len(kinds)), kinds, present)
        given = [None if x is None else tensor(name, x) for x in (losses, present)]
        return wing_of(name).UncertaintyWeighting(kinds)(*given)

    assert_raises(error, message, call)


def test_the_reference_alone():
    with pytest.raises(ShapeError, match=r"log_variances: expected \(2,\), got \(1,\)"):
        multitask.uncertainty_weighting(np.ones(2), np.zeros(1), KINDS)
    with pytest.raises(ShapeError, match=r"grad: expected \(3,\), got \(2,\)"):
        multitask.masked_task_loss_gradient(np.ones(2), np.ones((2, 3)), YES)
