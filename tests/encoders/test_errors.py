"""Bad input to the encoders: the same error in both wings."""

import numpy as np
import pytest

from mmref.errors import ShapeError
from tests.messages import assert_raises, error_of
from tests.wings import WINGS, tensor, wing_of

# What the constructors refuse, in both wings.
CONSTRUCTED = [
    (lambda wing: wing.ImageEncoder(16), ShapeError, "size: expected (H, W), got 16"),
    (lambda wing: wing.ImageEncoder((8, 8, 8)), ShapeError, "size: expected (H, W), got (8, 8, 8)"),
    (
        lambda wing: wing.ImageEncoder((0, 0)),
        ValueError,
        "size[0]: expected an integer, at least 1, got 0",
    ),
    (
        lambda wing: wing.ImageEncoder((8, 8), 16),
        TypeError,
        "channels: expected a list or tuple of integers, got int",
    ),
    (
        lambda wing: wing.ImageEncoder((8, 8), in_channels=0),
        ValueError,
        "in_channels: expected an integer, at least 1, got 0",
    ),
    (
        lambda wing: wing.TextEncoder(0),
        ValueError,
        "vocabulary_size: expected an integer, at least 1, got 0",
    ),
]


@pytest.mark.parametrize(("make", "error", "message"), CONSTRUCTED)
@pytest.mark.parametrize("name", WINGS)
def test_sizes_that_no_encoder_can_have_are_refused(name, make, error, message):
    assert_raises(error, message, lambda: make(wing_of(name)))


@pytest.mark.parametrize("cell", ["bag", "lstm"])
@pytest.mark.parametrize("name", WINGS)
def test_ids_outside_the_vocabulary_are_refused(name, cell):
    encoder = wing_of(name).TextEncoder(11, 3, 4, 5, cell=cell)
    for ids, got in (([[-1, 2]], "-1 to 2"), ([[2, 11]], "2 to 11")):
        ids = tensor(name, np.array(ids))
        message = f"ids: expected 0 to 10, got {got} (vocabulary_size is 11)"
        assert_raises(error_of(message), message, lambda ids=ids: encoder(ids))
    assert tuple(encoder(tensor(name, np.array([[0, 10]], "uint8"))).shape) == (1, 5)
    with pytest.raises(ShapeError, match="ids: expected integers, got bool"):
        encoder(tensor(name, np.array([[True, False]])))


@pytest.mark.parametrize("name", WINGS)
def test_images_of_bytes_are_refused(name):
    encoder = wing_of(name).ImageEncoder((8, 8), (2,), dim=3, in_channels=8)
    images = tensor(name, np.zeros((2, 8, 8, 8), "uint8"))
    message = "images: expected floating-point numbers, got uint8"
    assert_raises(ShapeError, message, lambda: encoder(images))
    if name == "torch":
        message = "images: expected a torch.Tensor, got ndarray"
        assert_raises(TypeError, message, lambda: encoder(np.zeros((2, 8, 8, 8))))
