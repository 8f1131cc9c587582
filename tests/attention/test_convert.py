"""Weights of attention, and of what is built from it, there and back."""

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("keras")

import mmref.keras  # noqa: E402
import mmref.torch  # noqa: E402
from mmref import convert  # noqa: E402
from tests.multi_head.weights import random  # noqa: E402

pytestmark = pytest.mark.each_backend


@pytest.mark.parametrize(
    "make",
    [
        lambda wing: wing.LayerNorm(5),
        lambda wing: wing.AdditiveAttention(4, 5, 7),
        lambda wing: wing.PatchEmbedding((4, 6), 2, 5, 3),
        lambda wing: wing.VisionTransformer((8, 4), 2, 6, blocks=2, heads=3, in_channels=2),
    ],
    ids=["layer norm", "additive", "patches", "vision transformer"],
)
def test_weights_come_back_from_a_round_trip_unchanged(make):
    one, two, three = make(mmref.torch), make(mmref.keras), make(mmref.torch)
    convert.set_arrays(one, random(one))
    convert.copy(one, two)
    convert.copy(two, three)
    for name, array in convert.arrays(one).items():
        np.testing.assert_array_equal(convert.arrays(three)[name], array, err_msg=name)
