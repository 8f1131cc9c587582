"""Channels last and first: the same results, never guessed."""

import numpy as np
import pytest

from mmref.data import transforms
from mmref.data.transforms import (
    Normalization,
    augment,
    crop,
    cutout,
    flip,
    recolor,
    resize,
    rotate,
)
from mmref.errors import ChoiceError, ShapeError


def rng(seed=0):
    return np.random.default_rng(seed)


def random_images(shape):
    return np.random.default_rng(0).random(shape, np.float32)


STEPS = {
    "resize mean": lambda x, layout: resize(x, (1, 3), layout=layout),
    "resize bilinear": lambda x, layout: resize(x, (5, 11), "bilinear", layout=layout),
    "crop": lambda x, layout: crop(x, (3, 4), layout=layout),
    "random crop": lambda x, layout: crop(x, (3, 4), rng(), layout=layout),
    "flip": lambda x, layout: flip(x, layout=layout),
    "random flip": lambda x, layout: flip(x, rng(), layout=layout),
    "rotate": lambda x, layout: rotate(x, 30, layout=layout),
    "recolor": lambda x, layout: recolor(x, 0.1, 1.2, 0.1, layout=layout),
    "cutout": lambda x, layout: cutout(x, 0, 2, 3, layout=layout),
    "augment": lambda x, layout: augment(x, rng(), cutout=0.4, layout=layout),
    "normalize": lambda x, layout: Normalization.fit(x, layout)(x),
    "flip_pairs": lambda x, layout: transforms.flip_pairs(x, [""] * len(x), layout=layout)[0],
}


# In the second, a guess from the shape could go wrong.
@pytest.mark.parametrize("shape", [(5, 8, 9, 3), (4, 3, 9, 3)])
@pytest.mark.parametrize("step", STEPS)
def test_both_layouts_give_the_same(step, shape):
    images = random_images(shape)
    before = images.copy()
    last = STEPS[step](images, "channels_last")
    first = STEPS[step](np.ascontiguousarray(images.transpose(0, 3, 1, 2)), "channels_first")
    np.testing.assert_allclose(first, last.transpose(0, 3, 1, 2), atol=1e-6)
    np.testing.assert_array_equal(images, before)
    for result in (first, last):
        assert result.flags.c_contiguous and not np.shares_memory(result, images)


@pytest.mark.parametrize("step", STEPS)
def test_unknown_layouts_and_types(step):
    images = random_images((2, 8, 9, 3))
    with pytest.raises(ChoiceError, match="layout: .*'channels_first'; got 'NCHW'"):
        STEPS[step](images, "NCHW")
    with pytest.raises(ShapeError, match=r"images: expected \(N, (C|3), H, W\).*float64"):
        STEPS[step](images.astype(float), "channels_first")


def test_wrong_layout_is_an_error_where_it_can_be_seen():
    first = random_images((2, 3, 8, 8))
    for step in ("recolor", "augment"):
        with pytest.raises(
            ShapeError, match=r"images: expected \(N, H, W, 3\), got \(2, 3, 8, 8\)"
        ):
            STEPS[step](first, "channels_last")
    normalize = Normalization.fit(first, "channels_first")
    with pytest.raises(ShapeError, match=r"images: expected \(N, 3, H, W\), got \(2, 8, 8, 3\)"):
        normalize(first.transpose(0, 2, 3, 1))
