"""Pictures moved a little: along both axes, equally far, on white."""

import numpy as np
import pytest

from mmref.data.adversarial import nudge


@pytest.mark.parametrize("layout", ["channels_first", "channels_last"])
@pytest.mark.parametrize("most", [1, 3])
def test_pictures_move_along_both_axes_and_white_comes_in(layout, most):
    """Each copy of a picture is the picture at one of the places, and all places come."""
    picture = np.random.default_rng(0).uniform(-1, 0.9, size=(3, 6, 8)).astype("float32")
    framed = np.ones((3, 6 + 2 * most, 8 + 2 * most), "float32")
    framed[:, most:-most, most:-most] = picture
    places = {
        framed[:, i : i + 6, j : j + 8].tobytes(): (i, j)
        for i in range(2 * most + 1)
        for j in range(2 * most + 1)
    }
    images = np.repeat(picture[None], 1000, axis=0)
    axes = (0, 1, 2, 3) if layout == "channels_first" else (0, 2, 3, 1)
    moved = nudge(images.transpose(axes), np.random.default_rng(0), most, layout)
    seen = [places[image.tobytes()] for image in moved.transpose(np.argsort(axes)).copy()]
    counts = np.bincount([i * (2 * most + 1) + j for i, j in seen], minlength=len(places))
    assert counts.min() > 1000 / len(places) / 3


def test_a_nudge_by_nothing_changes_nothing():
    images = np.random.default_rng(0).uniform(-1, 1, size=(5, 3, 4, 4)).astype("float32")
    np.testing.assert_array_equal(nudge(images, np.random.default_rng(0), most=0), images)
