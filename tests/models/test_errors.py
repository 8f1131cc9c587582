"""Bad input to a classifier and to the encoders in it: the same error in both wings."""

import numpy as np
import pytest

from mmref.errors import ChoiceError, ModalityError, ShapeError
from tests.messages import assert_raises
from tests.wings import WINGS, tensor, wing_of

# What the constructors refuse, in both wings.
CONSTRUCTED = [
    (
        lambda wing: wing.FusionClassifier(
            {"image": wing.ImageEncoder((8, 8))}, wing.ConcatFusion({"image": 128}, 4), 0
        ),
        ValueError,
        "num_classes: expected an integer, at least 1, got 0",
    ),
]


@pytest.mark.parametrize(("make", "error", "message"), CONSTRUCTED)
@pytest.mark.parametrize("name", WINGS)
def test_a_classifier_of_no_classes_is_refused(name, make, error, message):
    assert_raises(error, message, lambda: make(wing_of(name)))


@pytest.mark.parametrize("name", WINGS)
def test_encoders_and_inputs_that_do_not_fit_are_refused(name):
    wing = wing_of(name)
    assert_raises(
        ChoiceError,
        "cell: expected one of 'bag', 'lstm', 'gru'; got 'rnn'",
        lambda: wing.TextEncoder(9, cell="rnn"),
    )
    assert_raises(
        ValueError,
        "size: expected multiples of 8, for 3 blocks, got (64, 60)",
        lambda: wing.ImageEncoder((64, 60)),
    )
    encoder = wing.ImageEncoder((8, 4), (2, 2), dim=3)
    shape = (3, 8, 4) if name == "torch" else (8, 4, 3)
    turned = (2, 3, 4, 8) if name == "torch" else (2, 4, 8, 3)
    assert_raises(
        ShapeError,
        f"images: expected (B, {', '.join(map(str, shape))}), got {turned}",
        lambda: encoder(tensor(name, np.zeros(turned, dtype="float32"))),
    )
    with pytest.raises(ShapeError, match="ids: expected integers"):
        wing.TextEncoder(9)(tensor(name, np.zeros((2, 3), dtype="float32")))
    with pytest.raises(ShapeError, match=r"ids: expected \(B, T\), got \(3,\)"):
        wing.TextEncoder(9)(tensor(name, np.zeros(3, dtype="int64")))
    fusion = wing.ConcatFusion({"image": 3, "text": 2}, 4)
    assert_raises(
        ModalityError,
        "encoders: expected the modalities ['image', 'text'], got ['image']; missing ['text']",
        lambda: wing.FusionClassifier({"image": encoder}, fusion, 2),
    )
    model = wing.FusionClassifier({"image": encoder}, wing.ConcatFusion({"image": 3}, 4), 2)
    image = tensor(name, np.zeros((2, *shape), dtype="float32"))
    model({"image": image})
    with pytest.raises(ModalityError, match=r"inputs: expected the modalities \['image'\], got "):
        model({"image": image, "text": image})
