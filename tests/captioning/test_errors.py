"""Bad input to the losses of captions: the same error in all three."""

import numpy as np
import pytest

from mmref.errors import ShapeError
from mmref.reference import captioning
from tests.adversarial.everywhere import everywhere, ones
from tests.messages import assert_raises

LABELS = np.ones((2, 3), int)
BAD_LOSS = {
    "labels of another length": (
        (ones(2, 3, 5), np.ones((2, 4), int)),
        "labels: expected (B, T) = (2, 3), got (2, 4)",
    ),
    "labels of floats": ((ones(2, 3, 5), ones(2, 3)), "labels: expected integers, got float32"),
    "logits without words": ((ones(2, 3), LABELS), "logits: expected (B, T, V), got (2, 3)"),
    "whole logits": (
        (ones(2, 3, 5, dtype="int32"), LABELS),
        "logits: expected floating-point numbers, got int32",
    ),
    "no row": (
        (ones(0, 3, 5), np.ones((0, 3), int)),
        "logits: expected at least one row, got (0, 3, 5)",
    ),
    "a mask of numbers": (
        (ones(2, 3, 5), LABELS, ones(2, 3)),
        "mask: expected dtype bool (True = keep), got float32",
    ),
    "a mask of the words before": (
        (ones(2, 3, 5), LABELS, np.ones((2, 4), bool)),
        "mask: expected (B, T) = (2, 3), got (2, 4)",
    ),
}
BAD_PENALTY = {
    "one step": ((ones(2, 3),), "weights: expected (B, T, N), got (2, 3)"),
    "no place": ((ones(2, 3, 0),), "weights: expected at least one place, got (2, 3, 0)"),
    "a mask of the places": (
        (ones(2, 3, 4), np.ones((2, 4), bool)),
        "mask: expected (B, T) = (2, 3), got (2, 4)",
    ),
}
CASES = [("next_word_loss", case, *call) for case, call in BAD_LOSS.items()]
CASES += [("doubly_stochastic_penalty", case, *call) for case, call in BAD_PENALTY.items()]


@pytest.mark.parametrize(("loss", "case", "arguments", "message"), CASES)
def test_what_does_not_go_together(loss, case, arguments, message):
    everywhere(lambda wing: getattr(wing or captioning, loss), arguments, ShapeError, message)
    gradient = getattr(captioning, f"{loss}_gradient")
    assert_raises(ShapeError, message, lambda: gradient(1.0, *arguments))


@pytest.mark.parametrize(("label", "said"), [(5, "1 to 5"), (-1, "-1 to 1")])
def test_a_label_that_is_no_word(label, said):
    labels = LABELS.copy()
    labels[0, 1] = label
    message = f"labels: expected 0 to 4, got {said} (V is 5)"
    arguments = (ones(2, 3, 5), labels)
    everywhere(lambda wing: (wing or captioning).next_word_loss, arguments, ValueError, message)
