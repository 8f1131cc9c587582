"""Bad input to pooling: one error, word for word, in all three."""

import numpy as np
import pytest

from mmref.errors import ChoiceError, ShapeError
from mmref.reference.pooling import (
    avg_pool2d_gradient,
    max_pool2d,
    max_pool2d_gradient,
)
from tests.convolution.windows import BATCH, CHANNELS, cases, give, images, max_wing, refused, take
from tests.wings import WINGS, wing_of


@pytest.mark.parametrize(("case", "operation"), cases("max", "average"))
def test_pooling_refuses_the_same_in_all_three(case, operation):
    refused(case, operation)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda x: max_pool2d_gradient(np.ones((BATCH, CHANNELS, 2, 2)), x, 2),
            "grad: expected (2, 4, 2, 3), got (2, 4, 2, 2)",
        ),
        (
            lambda x: avg_pool2d_gradient(np.ones((BATCH, CHANNELS, 2)), x, 2),
            "grad: expected (2, 4, 2, 3), got (2, 4, 2)",
        ),
        (
            lambda x: max_pool2d_gradient(np.ones((BATCH, CHANNELS, 2, 3), int), x, 2),
            "grad: expected floating-point numbers, got int64",
        ),
        (
            lambda x: avg_pool2d_gradient(np.ones((BATCH, CHANNELS, 2, 3), int), x, 2),
            "grad: expected floating-point numbers, got int64",
        ),
        (
            lambda x: avg_pool2d_gradient(x[..., :2, :3], x, 2, count_padding=1),
            "count_padding: expected one of True, False; got 1",
        ),
    ],
)
def test_the_reference_alone(call, message):
    with pytest.raises((ShapeError, ChoiceError)) as caught:
        call(images())
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("name", ["reference", *WINGS])
def test_minus_infinity_is_a_pixel_like_any_other(name):
    x = np.full((1, 1, 2, 2), -np.inf, "float32")
    if name == "reference":
        assert max_pool2d(x, 2) == -np.inf
        assert max_pool2d_gradient(np.ones((1, 1, 1, 1)), x, 2)[0].ravel().tolist() == [1, 0, 0, 0]
    else:
        assert take(name, max_wing(wing_of(name), give(name, x))).item() == -np.inf


@pytest.mark.parametrize("name", ["reference", *WINGS])
def test_padding_never_wins(name):
    """Where all pixels are -inf, the first of them has the gradient, not the padding."""
    x = np.full((1, 1, 3, 3), -np.inf, "float32")
    if name == "reference":
        found = max_pool2d_gradient(np.ones((1, 1, 2, 2)), x, 2, padding=1)[0]
    else:
        pool = wing_of(name).MaxPool2d(2, padding=1)
        found = take(name, gradient_of_sum(name, pool, give(name, x)))
    # The four windows hold one pixel, two in a row, two in a column, and four.
    assert found[0, 0].tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 0]]


def gradient_of_sum(name, function, x):
    if name == "torch":
        x.requires_grad_()
        function(x).sum().backward()
        return x.grad
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            total = keras.ops.sum(function(x))
        return tape.gradient(total, x)
    if keras.backend.backend() == "torch":
        x = x.detach().requires_grad_()
        keras.ops.sum(function(x)).backward()
        return x.grad
    pytest.skip("gradients in TensorFlow and PyTorch")
