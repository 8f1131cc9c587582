"""Weights of a vision transformer across layouts."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
keras = pytest.importorskip("keras")

import mmref.keras  # noqa: E402
import mmref.torch  # noqa: E402
from mmref import convert  # noqa: E402
from tests.multi_head.weights import random  # noqa: E402

pytestmark = pytest.mark.each_backend


def test_a_vision_transformer_sees_the_same_in_both_layouts():
    arguments = dict(size=(8, 4), patch=2, dim=6, blocks=2, heads=3, in_channels=2)
    one, two = (
        mmref.torch.VisionTransformer(**arguments),
        mmref.keras.VisionTransformer(**arguments),
    )
    convert.set_arrays(one, random(one))
    convert.copy(one, two)
    images = np.random.default_rng(3).normal(size=(3, 2, 8, 4)).astype("float32")
    last = convert.to_channels_last(images, 2)
    for function in ("tokens", "__call__"):
        expected = getattr(one, function)(torch.tensor(images)).detach().numpy()
        found = keras.ops.convert_to_numpy(getattr(two, function)(last))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
