"""Decoders: the same in both wings, and the way back of their encoders."""

import numpy as np
import pytest

from mmref import convert
from mmref.errors import ShapeError
from tests.messages import assert_raises
from tests.wings import WINGS, numpy, tensor, wing_of

NAMES = pytest.mark.parametrize("name", WINGS)
pytestmark = pytest.mark.each_backend


def decoders(wing):
    return wing.ImageDecoder(5, 16, width=4, channels=2), wing.TableDecoder(5, 4, hidden=6)


def test_both_wings_decode_alike():
    code = np.random.default_rng(0).normal(size=(3, 5)).astype("float32")
    image, table = [], []
    for name in WINGS:
        rng = np.random.default_rng(0)
        for decoder, found in zip(decoders(wing_of(name)), (image, table)):
            drawn = {n: rng.normal(size=a.shape) for n, a in convert.arrays(decoder).items()}
            drawn = {n: abs(a) + 0.5 if "variance" in n else a for n, a in drawn.items()}
            convert.set_arrays(decoder, drawn)
            decoder = decoder.eval() if name == "torch" else decoder
            found.append(numpy(decoder(tensor(name, code))))
    np.testing.assert_allclose(*table, rtol=1e-4, atol=1e-5)
    assert image[0].shape == (3, 2, 16, 16) and image[1].shape == (3, 16, 16, 2)
    np.testing.assert_allclose(image[0].transpose(0, 2, 3, 1), image[1], rtol=1e-4, atol=1e-5)
    assert image[0].min() >= 0 and image[0].max() <= 1 and image[0].std() > 0.1


@NAMES
def test_an_autoencoder_of_images_gives_back_their_shape(name):
    wing = wing_of(name)
    model = wing.Autoencoder(wing.ImageEncoder((16, 16), (4,), 5), wing.ImageDecoder(5, 16, 4))
    shape = (2, 3, 16, 16) if name == "torch" else (2, 16, 16, 3)
    assert tuple(model(tensor(name, np.zeros(shape, "float32"))).shape) == shape


@NAMES
def test_what_is_no_code_and_no_size(name):
    wing = wing_of(name)
    for decoder in decoders(wing):
        wrong = tensor(name, np.zeros((3, 4), "float32"))
        message = "code: expected (B, 5), got (3, 4)"
        assert_raises(ShapeError, message, lambda d=decoder, w=wrong: d(w))
    message = "size: expected a power of 2, at least 8, got 12"
    assert_raises(ValueError, message, lambda: wing.ImageDecoder(5, 12))
