"""Bad input to contrastive losses: the same error in all three."""

import numpy as np
import pytest

from mmref.errors import ShapeError
from mmref.reference import contrastive
from tests.adversarial.everywhere import everywhere, ones
from tests.contrastive.losses import LOSSES
from tests.messages import assert_raises
from tests.wings import wing_of

BAD = {
    "another batch": ((ones(4, 3), ones(5, 3)), "texts: expected (4, 3), got (5, 3)"),
    "another width": ((ones(4, 3), ones(4, 2)), "texts: expected (M, 3), got (4, 2)"),
    "an axis less": ((ones(4), ones(4)), "images: expected (N, D), got (4,)"),
    "integers": (
        (ones(4, 3, dtype="int32"), ones(4, 3)),
        "images: expected floating-point numbers, got int32",
    ),
    "two dtypes": (
        (ones(4, 3), ones(4, 3, dtype="float16")),
        "texts: expected float32 as images, got float16",
    ),
    "no row": ((ones(0, 3), ones(0, 3)), "images: expected at least one row, got (0, 3)"),
    "no feature": ((ones(2, 0), ones(2, 0)), "images: expected at least one feature, got (2, 0)"),
}
BAD_POSITIVES = {
    "numbers": (np.eye(4), "positives: expected dtype bool (True = a right answer), got float64"),
    "another batch": (np.eye(3, dtype=bool), "positives: expected (4, 4), got (3, 3)"),
}


def of(loss):
    return lambda wing: getattr(wing or contrastive, loss)


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("loss", LOSSES)
def test_vectors_that_do_not_go_together(loss, case):
    arguments, message = BAD[case]
    everywhere(of(loss), arguments, ShapeError, message)
    gradient = getattr(contrastive, f"{loss}_gradient")
    assert_raises(ShapeError, message, lambda: gradient(1.0, *arguments))


@pytest.mark.parametrize("case", BAD_POSITIVES)
@pytest.mark.parametrize("loss", LOSSES)
def test_positives_that_are_none(loss, case):
    positives, message = BAD_POSITIVES[case]
    between = (0.1,)  # a temperature or a margin
    everywhere(of(loss), (ones(4, 3), ones(4, 3), *between, positives), ShapeError, message)


@pytest.mark.parametrize("bad", [0, -0.1, float("nan"), float("inf")])
def test_a_temperature_that_is_none(bad):
    message = f"temperature: expected a positive number, got {bad!r}"
    everywhere(of("info_nce"), (ones(2, 3), ones(2, 3), bad), ValueError, message)
    message = "temperature: expected a positive number, got 'warm'"
    everywhere(of("info_nce"), (ones(2, 3), ones(2, 3), "warm"), TypeError, message)
    message = "temperature: expected (), got (2,)"
    everywhere(of("info_nce"), (ones(2, 3), ones(2, 3), ones(2)), ShapeError, message)


def test_a_margin_that_is_none():
    message = "margin: expected a finite number, at least 0, got -0.1"
    arguments = (ones(2, 3), ones(2, 3), -0.1)
    everywhere(of("hardest_negative_triplet"), arguments, ValueError, message)


def test_cosines_of_two_widths():
    message = "items: expected (M, 3), got (5, 2)"
    everywhere(of("cosine_similarities"), (ones(4, 3), ones(5, 2)), ShapeError, message)


def test_what_is_no_tensor():
    message = "images: expected a torch.Tensor, got ndarray"
    assert_raises(TypeError, message, lambda: wing_of("torch").info_nce(ones(2, 3), ones(2, 3)))
    message = "images: expected an array, got list"
    assert_raises(TypeError, message, lambda: wing_of("keras").info_nce([[0.1]], ones(1, 1)))


@pytest.mark.parametrize("loss", LOSSES)
def test_nan_comes_through(loss):
    images = ones(3, 2)
    images[1, 0] = np.nan
    assert np.isnan(getattr(contrastive, loss)(images, ones(3, 2)))
