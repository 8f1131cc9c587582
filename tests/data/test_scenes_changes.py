"""A picture, the words of a change, and the picture that it leads to."""

import numpy as np
import pytest

from mmref.data import scenes
from tests.messages import assert_raises

FIELDS = ("shapes", "colors", "sizes", "places")


def test_the_text_says_what_and_the_source_where():
    some = scenes.changes(300, seed=3)
    found = scenes.read(some.targets.images / 255).objects
    assert (scenes.agreement(found, some.texts) == 1).all()
    assert (found.places[:, 0] == some.sources.objects.places[:, 0]).all()
    assert (found.mask.sum(axis=1) == 1).all()
    assert len(some) == 300


def test_nothing_but_the_place_is_shared():
    """Every value of the one meets every value of the other, as often as chance would have it."""
    some = scenes.changes(4000, seed=0)
    for field in FIELDS[:3]:
        old, new = (
            getattr(objects, field)[:, 0]
            for objects in (some.sources.objects, some.targets.objects)
        )
        kinds = old.max() + 1
        counts = np.bincount(kinds * old + new, minlength=kinds**2)
        expected = 4000 / kinds**2
        assert ((counts - expected) ** 2 / expected).sum() < kinds**2 + 6 * kinds, field
    moved = some.sources.objects.positions != some.targets.objects.positions
    assert 0.5 < moved.any(axis=2).mean() < 1


@pytest.mark.parametrize("side", [32, 64])
def test_rows_depend_on_seed_and_number_alone(side):
    some, later = scenes.changes(5, seed=1, side=side), scenes.changes(2, 1, side, start=3)
    assert some.texts[3:] == later.texts
    for part in ("sources", "targets"):
        rows = getattr(some, part).images[3:]
        np.testing.assert_array_equal(rows, getattr(later, part).images)
    assert scenes.changes(5, seed=2).texts != some.texts


def test_small_objects_stay_within_the_picture():
    """A source that is large may be followed by a small object, which strays further."""
    boxes = scenes.changes(2000, seed=5).targets.objects.boxes[:, 0]
    assert boxes.min() >= 0 and boxes.max() <= 32


def test_bad_numbers():
    message = "n: expected an integer, at least 0, got -1"
    assert_raises(ValueError, message, lambda: scenes.changes(-1, seed=0))
    message = "start: expected an integer, at least 0, got -1"
    assert_raises(ValueError, message, lambda: scenes.changes(1, seed=0, start=-1))
    assert len(scenes.changes(0, seed=0)) == 0
