"""Bad input to the generator and the discriminator: the same error in both wings."""

import numpy as np
import pytest

from mmref.errors import ShapeError
from tests.adversarial.everywhere import FLOATS, ones
from tests.messages import assert_raises, error_of
from tests.wings import WINGS, tensor, wing_of


@pytest.mark.parametrize("name", WINGS)
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda w: w.Generator(0), "classes: expected an integer, at least 1, got 0"),
        (lambda w: w.Generator(2, size=24), "size: expected a power of 2, at least 8, got 24"),
        (lambda w: w.Discriminator(2, size=4), "size: expected an integer, at least 8, got 4"),
        (lambda w: w.Generator(2, latent=0), "latent: expected an integer, at least 1, got 0"),
    ],
)
def test_sizes_that_no_network_can_have_are_refused(name, make, message):
    assert_raises(error_of(message), message, lambda: make(wing_of(name)))


@pytest.mark.each_backend
@pytest.mark.parametrize(("low", "high"), [(0, 4), (-1, 0)])
def test_keras_refuses_labels_out_of_range_on_every_backend(low, high):
    """JAX's own lookup would give NaN, or count from the end."""
    wing = wing_of("keras")
    noise, labels = tensor("keras", ones(2, 5)), tensor("keras", np.array([low, high]))
    images = tensor("keras", np.zeros((2, 8, 8, 3), FLOATS))
    message = f"labels: expected 0 to 3, got {low} to {high} (classes is 4)"
    draw = wing.Generator(4, 8, latent=5, embedding=3, width=2)
    assert_raises(ValueError, message, lambda: draw(noise, labels))
    assert_raises(ValueError, message, lambda: wing.Discriminator(4, 8, width=2)(images, labels))


@pytest.mark.parametrize("name", WINGS)
def test_inputs_of_the_networks(name):
    wing = wing_of(name)
    noise, labels = tensor(name, ones(4, 5)), tensor(name, np.arange(4))
    draw = wing.Generator(4, 8, latent=5, embedding=3, width=2)
    wide = tensor(name, ones(4, 6))
    assert_raises(ShapeError, "noise: expected (B, 5), got (4, 6)", lambda: draw(wide, labels))
    short = tensor(name, np.arange(3))
    with pytest.raises(ShapeError, match=r"labels: expected \(4,\), got \(3,\)"):
        draw(noise, short)
    real = tensor(name, np.zeros(4, FLOATS))
    message = "labels: expected integers, got float32"
    assert_raises(ShapeError, message, lambda: draw(noise, real))
    judge = wing.Discriminator(4, 8, width=2)
    images = draw(noise, labels)
    assert tuple(judge(images, labels).shape) == (4,)
    with pytest.raises(ShapeError, match=r"labels: expected \(4,\), got \(3,\)"):
        judge(images, short)
    for wrong in ([0, 1, 2, -1], [0, 1, 2, 4]):
        message = f"labels: expected 0 to 3, got {min(wrong)} to {max(wrong)} (classes is 4)"
        given = tensor(name, np.array(wrong))
        assert_raises(ValueError, message, lambda labels=given: draw(noise, labels))
        assert_raises(ValueError, message, lambda labels=given: judge(images, labels))
    with pytest.raises(ShapeError, match="images: expected"):
        judge(images[:, :, :4], labels)
