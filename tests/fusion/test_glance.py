"""The glance of a fusion at its features passes nothing that the check refuses."""

from itertools import product

import numpy as np
import pytest

from mmref.contract.fusion import check_features, plainly_fit

DIMS = {"image": 3, "text": 2}
FLOAT = np.dtype("float32")


def arrays(width):
    """One that is right, and many that are not, or not beside others."""
    right = np.ones((4, width), FLOAT)
    return [
        right,
        right[:2],
        right[:0],
        right[:, :1],
        right[0],
        right[None],
        right[0, 0],
        right.astype("float64"),
        right.astype(int),
        right.tolist(),
        None,
    ]


PRESENT = [
    None,
    *(np.ones(shape, bool) for shape in [(4, 2), (2, 2), (0, 2), (4, 3), (4,), ()]),
    np.ones((4, 2)),
    [[True] * 2] * 4,
]


def passes(features, present):
    try:
        check_features(DIMS, features, present, np.ndarray, FLOAT)
    except (TypeError, ValueError):
        return False
    return True


def test_what_it_passes_the_check_passes_and_the_other_way_around():
    right = 0
    for image, text, present in product(arrays(3), arrays(2), PRESENT):
        features = {"text": text, "image": image}
        fits = plainly_fit(DIMS, features, present, np.ndarray, FLOAT)
        assert fits == passes(features, present), (image, text, present)
        right += fits
    assert right == 6  # 4, 2 or no rows, with present or without


@pytest.mark.parametrize(
    "features", [{"image": arrays(3)[0]}, {m: arrays(3)[0] for m in (*DIMS, "audio")}, [1, 2], {}]
)
def test_other_modalities_do_not_fit(features):
    assert not plainly_fit(DIMS, features, None, np.ndarray, FLOAT)
