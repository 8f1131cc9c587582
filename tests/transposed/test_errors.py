"""Bad input to transposed convolution: the same error in all three."""

import pytest

from mmref.errors import ShapeError
from mmref.reference import transposed
from tests.adversarial.everywhere import everywhere, ones
from tests.messages import assert_raises, error_of
from tests.wings import WINGS, tensor, wing_of


def convolved(wing):
    """As a function of images (B, C, H, W) and weight (C, O, h, w) in every wing."""
    if wing is None:
        return transposed.conv_transpose2d
    if wing.__name__ == "mmref.torch":
        return wing.conv_transpose2d
    from keras import ops

    def last(images, weight, *bias, **options):
        kernel = ops.transpose(weight, (2, 3, 1, 0))
        axes = (0, 2, 3, 1) if len(images.shape) == 4 else None
        return wing.conv_transpose2d(ops.transpose(images, axes), kernel, *bias, **options)

    return last


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stride": 0}, "stride: expected an integer, at least 1, got 0"),
        ({"stride": (2, 2, 2)}, "stride: expected an integer or a pair of them, got (2, 2, 2)"),
        ({"padding": -1}, "padding: expected an integer, at least 0, got -1"),
        ({"padding": (1, 0.5)}, "padding[1]: expected an integer, at least 0, got 0.5"),
        ({"padding": 4}, "padding: expected less, so that H' is at least 1, got (4, 4)"),
        (
            {"output_padding": 1},
            "output_padding: expected less than the stride (1, 1), got (1, 1)",
        ),
    ],
)
def test_sizes_of_a_transposed_convolution(options, message):
    arguments = ones(2, 3, 4, 5), ones(3, 6, 3, 2)
    everywhere(convolved, arguments, error_of(message), message, options)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (ones(2, 4, 4, 5), "images: expected 3 channels, got 4"),
        (ones(2, 3, 4, 5, dtype="uint8"), "images: expected floating-point numbers, got uint8"),
        (ones(2, 3, 4, 5, 6), "images: expected 4 axes, got 5"),
        (ones(2, 3, 0, 5), "images: expected at least (1, 1), got (0, 5)"),
    ],
)
def test_images_of_a_transposed_convolution(images, message):
    """Told as a convolution tells it."""
    everywhere(convolved, (images, ones(3, 6, 3, 2)), ShapeError, message)


@pytest.mark.parametrize("name", WINGS)
def test_images_of_the_layer(name):
    layer = wing_of(name).ConvTranspose2d(3, 6, (3, 2))
    with pytest.raises(ShapeError, match="images: expected 3 channels, got 4"):
        layer(tensor(name, ones(2, 4, 4, 4)))
    for bad in (ones(2, 3, 3, 3, 3), ones(2, 3, 0, 3)):
        with pytest.raises(ShapeError, match="images: expected"):
            layer(tensor(name, bad))


HALF = "float16"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (ones(2, 3, 4, 5), ones(3, 6, 3, 2, dtype=HALF)),
            "images: expected float16 as in the layer, got float32",
        ),
        (
            (ones(2, 3, 4, 5, dtype=HALF), ones(3, 6, 3, 2)),
            "images: expected float32 as in the layer, got float16",
        ),
        (
            (ones(2, 3, 4, 5), ones(3, 6, 3, 2), ones(6, dtype=HALF)),
            "bias: expected float32 as in the layer, got float16",
        ),
        ((ones(2, 3, 4, 5), ones(3, 6, 3, 2), ones(5)), "bias: expected (6,), got (5,)"),
        ((ones(2, 3, 4, 5), ones(3, 6, 3, 2), ones(6, 1)), "bias: expected (6,), got (6, 1)"),
        (
            (ones(2, 3, 4, 5), ones(3, 6, 3, 2), ones(6, dtype="int32")),
            "bias: expected floating-point numbers, got int32",
        ),
    ],
)
def test_weights_of_a_transposed_convolution(arguments, message):
    everywhere(convolved, arguments, ShapeError, message)


@pytest.mark.parametrize("name", WINGS)
def test_weights_of_a_transposed_convolution_that_are_no_tensors(name):
    convolve = wing_of(name).conv_transpose2d
    kind = {"torch": "a torch.Tensor", "keras": "an array"}[name]
    x, w = tensor(name, ones(1, 1, 1, 1)), tensor(name, ones(1, 1, 1, 1))
    message = f"weight: expected {kind}, got list"
    assert_raises(TypeError, message, lambda: convolve(x, [[[[1.0]]]]))
    message = f"bias: expected {kind}, got list"
    assert_raises(TypeError, message, lambda: convolve(x, w, [1.0]))
    layout = "C, O, h, w" if name == "torch" else "h, w, O, C"
    message = f"weight: expected ({layout}), got (1, 1)"
    assert_raises(ShapeError, message, lambda: convolve(x, w[0, 0]))
    if name == "torch":
        message = "weight: expected a torch.Tensor, got ndarray"
        assert_raises(TypeError, message, lambda: convolve(x, ones(1, 1, 1, 1)))


@pytest.mark.parametrize("name", WINGS)
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda w: w.ConvTranspose2d(0, 2, 3),
            "in_channels: expected an integer, at least 1, got 0",
        ),
    ],
)
def test_a_layer_of_no_channels_is_refused(name, make, message):
    assert_raises(error_of(message), message, lambda: make(wing_of(name)))
