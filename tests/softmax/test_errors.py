"""Bad input to the masked softmax: the same error in all three."""

import numpy as np
import pytest

from mmref.errors import ShapeError
from mmref.reference.softmax import masked_softmax, masked_softmax_gradient
from tests.messages import assert_raises
from tests.wings import WINGS, features, tensor, wing_of


@pytest.mark.parametrize("masked", [True, False])
def test_scores_that_are_no_floats_or_no_tensors_are_refused(masked):
    scores = np.array([[1, 2]], "int32")
    mask = np.array([[True, False]]) if masked else None
    message = "scores: expected floating-point numbers, got int32"
    assert_raises(ShapeError, message, lambda: masked_softmax(scores, mask))
    for name in WINGS:
        given = None if mask is None else tensor(name, mask)
        softmax = wing_of(name).masked_softmax
        assert_raises(
            ShapeError, message, lambda f=softmax, n=name, k=given: f(tensor(n, scores), k)
        )
    scores = tensor("torch", scores * 1.0)
    softmax = wing_of("torch").masked_softmax
    message = "scores: expected a torch.Tensor, got ndarray"
    assert_raises(TypeError, message, lambda: softmax(scores.numpy(), mask))
    if masked:
        message = "mask: expected a torch.Tensor, got ndarray"
        assert_raises(TypeError, message, lambda: softmax(scores, mask))


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.ones((2, 4)), "mask: expected dtype bool (True = keep), got "),
        (
            np.ones((3, 4), dtype=bool),
            "mask: expected a shape that broadcasts to (2, 4), got (3, 4)",
        ),
        (
            np.ones((1, 2, 4), dtype=bool),
            "mask: expected a shape that broadcasts to (2, 4), got (1, 2, 4)",
        ),
        (np.ones(3, dtype=bool), "mask: expected a shape that broadcasts to (2, 4), got (3,)"),
    ],
)
def test_masks_of_other_kinds_and_shapes_are_refused(mask, message):
    scores = np.zeros((2, 4), dtype="float32")
    with pytest.raises(ShapeError) as caught:
        masked_softmax(scores, mask)
    assert str(caught.value).startswith(message)
    for name in WINGS:
        wing = wing_of(name)
        with pytest.raises(ShapeError) as caught:
            wing.masked_softmax(tensor(name, scores), tensor(name, mask))
        assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda x: masked_softmax_gradient(np.zeros(2), np.zeros(3)),
            ShapeError,
            "grad: expected (3,), got (2,)",
        ),
    ],
)
def test_the_reference_refuses_a_gradient_of_another_shape(call, error, message):
    assert_raises(error, message, lambda: call(features()))
