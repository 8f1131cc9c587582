"""Bad input to patches and to the vision transformer: the same error everywhere."""

import numpy as np
import pytest

from mmref.errors import ShapeError
from mmref.reference import vision
from tests.attention.arrays import floats
from tests.messages import assert_raises, error_of
from tests.wings import WINGS, tensor, wing_of

CONSTRUCTED = {
    "heads of a vision transformer": (
        lambda wing: wing.VisionTransformer((4, 4), 2, 10, 1, 3),
        "heads: expected a divisor of dim = 10, got 3",
    ),
    "patches that do not fit": (
        lambda wing: wing.PatchEmbedding((32, 30), 4, 5),
        "size: expected multiples of 4, the width of a patch, got (32, 30)",
    ),
    "a patch larger than the image": (
        lambda wing: wing.VisionTransformer((4, 4), 8, 6, 1, 3),
        "size: expected multiples of 8, the width of a patch, got (4, 4)",
    ),
    "one number for a size": (
        lambda wing: wing.PatchEmbedding(32, 4, 5),
        "size: expected (H, W), got 32",
    ),
    "fewer than no blocks": (
        lambda wing: wing.VisionTransformer((4, 4), 2, 6, -1, 3),
        "blocks: expected an integer, at least 0, got -1",
    ),
}


@pytest.mark.parametrize("case", CONSTRUCTED)
@pytest.mark.parametrize("name", WINGS)
def test_images_and_patches_that_do_not_fit_are_refused(name, case):
    make, message = CONSTRUCTED[case]
    assert_raises(error_of(message), message, lambda: make(wing_of(name)))


def test_the_reference_refuses_patches_that_do_not_fit():
    message = "size: expected multiples of 4, the width of a patch, got (6, 8)"
    assert_raises(
        error_of(message),
        message,
        lambda: vision.patch_embedding(floats(1, 3, 6, 8), floats(5, 48), floats(5), 4),
    )


@pytest.mark.parametrize("name", WINGS)
def test_images_of_another_size_or_of_bytes_are_refused(name):
    layer = wing_of(name).PatchEmbedding((4, 8), 2, 5, 3)
    shape = (3, 4, 8) if name == "torch" else (4, 8, 3)
    expected = f"images: expected (B, {', '.join(map(str, shape))}), got (2, 9, 8, 3)"
    assert_raises(ShapeError, expected, lambda: layer(tensor(name, floats(2, 9, 8, 3))))
    message = "images: expected floating-point numbers, got uint8"
    images = tensor(name, np.zeros((2, *shape), dtype="uint8"))
    assert_raises(ShapeError, message, lambda: layer(images))
    whole = np.zeros((2, 3, 4, 8), dtype="uint8")
    assert_raises(
        ShapeError, message, lambda: vision.patch_embedding(whole, floats(5, 12), floats(5), 2)
    )
