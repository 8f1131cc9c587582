"""Scenes: what is drawn, and that it depends on the seed and the row alone."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from mmref.data import scenes
from mmref.data.scenes import COLORS, PLACES, RGB, SHAPES, SIZES
from mmref.errors import ChoiceError, ShapeError

few = settings(max_examples=25)
SIDES = [32, 64]
FIELDS = ("mask", "shapes", "colors", "sizes", "positions", "rows", "columns", "places")
# The outlines once more, as corners in multiples of the radius, y down.
SPIKES = [1.07 * np.exp(2j * np.pi * k / 5) for k in range(5)]
NOTCHES = [0.5 * np.exp(2j * np.pi * (k + 0.5) / 5) for k in range(5)]
CORNERS = {
    "square": [(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)],
    "triangle": [(0, -0.96), (1.76 * 0.568, 0.8), (-1.76 * 0.568, 0.8)],
    "cross": [
        *((-0.32, -0.98), (0.32, -0.98), (0.32, -0.32), (0.98, -0.32)),
        *((0.98, 0.32), (0.32, 0.32), (0.32, 0.98), (-0.32, 0.98)),
        *((-0.32, 0.32), (-0.98, 0.32), (-0.98, -0.32), (-0.32, -0.32)),
    ],
    "star": [(z.imag, 0.08 - z.real) for pair in zip(SPIKES, NOTCHES) for z in pair],
}


@pytest.fixture(scope="module", params=SIDES)
def data(request):
    return scenes.generate(2000, seed=1, side=request.param)


def same(a, b):
    return all((getattr(a, field) == getattr(b, field)).all() for field in FIELDS)


def inside(shape, x, y):
    """Whether points lie in a shape: crossings of a ray, edge by edge."""
    if shape == "circle":
        return np.hypot(x, y) <= 1
    corners = CORNERS[shape]
    odd = np.zeros(x.shape, bool)
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]]):
        between = (y0 > y) != (y1 > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            odd ^= between & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return odd


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("shape", SHAPES)
def test_pixels_are_the_covered_share_of_the_outline(side, shape):
    rows = [[(size, "blue", shape, place)] for size in SIZES for place in ("top left", "right")]
    drawn = scenes.compose(rows, seed=4, side=side)
    fine = 1024 // side  # samples of a pixel, in each direction
    for row, image in enumerate(drawn.images):
        left, top, right, bottom = drawn.objects.boxes[row, 0]
        y, x = (np.mgrid[top * fine : bottom * fine, left * fine : right * fine] + 0.5) / fine
        center, size = drawn.objects.centers[row, 0], drawn.objects.sizes[row, 0]
        radius = (11, 16)[size] * side / 128
        covered = inside(shape, (x - center[0]) / radius, (y - center[1]) / radius)
        share = covered.reshape(bottom - top, fine, right - left, fine).mean((1, 3))[..., None]
        expected = 255 * (1 - share) + share * np.array(RGB["blue"])
        assert np.abs(image[top:bottom, left:right] - expected).max() < 255 * 0.04
        image[top:bottom, left:right] = 255
        assert (image == 255).all()


@pytest.mark.parametrize("side", SIDES)
def test_no_two_objects_touch(side):
    """As many blobs of ink as objects, each one color's: counted by others' code."""
    data = scenes.generate(300, seed=2, side=side)
    for image, there in zip(data.images, data.objects.mask):
        _, blobs = ndimage.label((image != 255).any(2), np.ones((3, 3)))
        assert blobs == there.sum()


def test_objects_are_distinct(data):
    objects = data.objects
    pairs = np.where(objects.mask, objects.colors * len(SHAPES) + objects.shapes, -1)
    for values in (pairs, objects.places):
        for row, there in zip(values, objects.mask):
            assert len(set(row[there])) == there.sum() and (row[~there] == -1).all()
    # Objects first, so that items and arrays count alike.
    assert (objects.mask[:, 1:] <= objects.mask[:, :-1]).all()


def test_everything_is_uniform(data):
    objects, mask = data.objects, data.objects.mask
    for values, kinds in [
        (mask.sum(1) - 1, 4),
        (objects.shapes[mask], len(SHAPES)),
        (objects.colors[mask], len(COLORS)),
        (objects.sizes[mask], len(SIZES)),
        (objects.places[mask], len(PLACES)),
    ]:
        counts = np.bincount(values, minlength=kinds)
        expected = len(values) / kinds
        assert ((counts - expected) ** 2 / expected).sum() < kinds + 5 * np.sqrt(2 * kinds)


def test_boxes_hold_all_pixels_and_no_more(data):
    boxes, side = data.objects.boxes, data.objects.side
    for image, row, there in zip(data.images[:200], boxes, data.objects.mask):
        inked = (image != 255).any(2)
        outside = inked.copy()
        for left, top, right, bottom in row[there]:
            assert 0 <= left < right <= side and 0 <= top < bottom <= side
            box = inked[top:bottom, left:right]
            # An outermost pixel can be covered too little to change its byte.
            assert box[1:-1].any(1).all() and box[:, 1:-1].any(0).all()
            outside[top:bottom, left:right] = False
        assert not outside.any()
    assert (boxes[~data.objects.mask] == -1).all()


@pytest.mark.parametrize("side", SIDES)
def test_centers_are_where_the_ink_is(side):
    circles = scenes.generate(200, seed=3, side=side, objects=(1, 1), shapes="circle")
    ink = 255.0 - circles.images.min(3)
    places = np.arange(side) + 0.5
    x, y = ink.sum(1) @ places / ink.sum((1, 2)), ink.sum(2) @ places / ink.sum((1, 2))
    np.testing.assert_allclose(np.stack([x, y], 1), circles.objects.centers[:, 0], atol=0.02)
    assert (circles.objects.columns[:, 0] == (x * 3 / side).astype(int)).all()
    assert (circles.objects.rows[:, 0] == (y * 3 / side).astype(int)).all()


def test_a_large_picture_shrinks_to_the_small_one():
    small, large = (scenes.generate(300, 5, side).images for side in SIDES)
    means = large.reshape(300, 32, 2, 32, 2, 3).mean((2, 4))
    assert np.abs(means - small).max() <= 1


@few
@given(st.integers(0, 2**40), st.integers(0, 700), st.integers(0, 30))
def test_rows_depend_on_seed_and_number_alone(seed, start, n):
    part = scenes.generate(n, seed, start=start)
    whole = scenes.generate(start + n, seed)[start:]
    assert same(part.objects, whole.objects) and (part.images == whole.images).all()


def test_seeds_differ_and_sides_agree():
    first, other = scenes.generate(100, 0), scenes.generate(100, 1)
    assert (first.images != other.images).any((1, 2, 3)).mean() > 0.95
    assert same(first.objects, scenes.generate(100, 0, side=64).objects)


def test_what_may_be_drawn():
    data = scenes.generate(
        200, 0, objects=(2, 3), shapes=("star", "circle"), colors=("black", "red"), sizes="large"
    )
    items = [data.objects.items(row) for row in range(200)]
    assert {len(row) for row in items} == {2, 3} and data.objects.mask.shape == (200, 3)
    assert {item.shape for row in items for item in row} == {"star", "circle"}
    assert {item.color for row in items for item in row} == {"black", "red"}
    assert {item.size for row in items for item in row} == {"large"}


def test_compose_draws_what_it_is_told():
    rows = [
        [("small", "red", "star", "top left"), ("large", "black", "cross", "bottom")],
        [],
        [(size, "green", "circle", place) for size, place in zip(SIZES, ("left", "center"))],
    ]
    drawn = scenes.compose(rows, seed=0)
    for row, told in enumerate(rows):
        items = drawn.objects.items(row)
        assert [(*i[:3], PLACES[3 * i.row + i.column]) for i in items] == told
    assert (drawn.images[1] == 255).all()
    assert (drawn.images == scenes.render(drawn.objects)).all()
    assert (drawn.images[:1] == scenes.compose(rows[:1], seed=0).images).all()
    assert scenes.compose([], seed=0).images.shape == (0, 32, 32, 3)


def test_mirror_is_what_would_be_drawn(data):
    mirrored = scenes.mirror(data)
    assert (mirrored.images == data.images[:, :, ::-1]).all()
    assert (mirrored.images == scenes.render(mirrored.objects)).all()
    assert (mirrored.images != data.images).any((1, 2, 3)).mean() > 0.95
    mask = data.objects.mask
    assert (mirrored.objects.columns[mask] == 2 - data.objects.columns[mask]).all()
    side = data.objects.side
    left, _, right, _ = np.moveaxis(data.objects.boxes, 2, 0)
    assert (mirrored.objects.boxes[..., 0][mask] == side - right[mask]).all()
    assert (mirrored.objects.boxes[..., 2][mask] == side - left[mask]).all()
    again = scenes.mirror(mirrored)
    assert same(again.objects, data.objects) and (again.images == data.images).all()


def test_some_rows_are_scenes_too(data):
    for rows in (slice(3, 9), np.array([5, 1]), np.arange(2000) % 7 == 0):
        part = data[rows]
        assert (part.images == data.images[rows]).all()
        assert (part.objects.boxes == data.objects.boxes[rows]).all()
        assert len(part) == len(part.objects) == len(part.images)
    with pytest.raises(ShapeError, match="rows: expected a slice or an array"):
        data[3]


# What red, green and blue become without red, green or blue cones (Machado et al. 2009).
VISION = {
    "all cones": np.eye(3),
    "no red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
    "no blue": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.3039],
    ],
}


@pytest.mark.parametrize("vision", VISION)
def test_colors_can_be_told_apart(vision):
    """Distances in CIELAB; 2 is just visible, 20 plainly different."""
    colors = np.array([*RGB.values(), (255, 255, 255)]) / 255
    linear = np.where(colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(VISION[vision]).T, 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = seen @ np.array(to_xyz).T / [0.9505, 1, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116).T
    lab = np.stack([116 * f[1], 500 * (f[0] - f[1]), 200 * (f[1] - f[2])], 1)
    assert min(np.linalg.norm(a - b) for a, b in combinations(lab, 2)) > 20


@pytest.mark.parametrize(
    "arguments, error, named",
    [
        ({"n": -1}, ValueError, "n: expected an integer, at least 0, got -1"),
        ({"n": 2.0}, TypeError, "n: .*got 2.0"),
        ({"seed": None}, TypeError, "seed"),
        ({"start": -2}, ValueError, "start"),
        ({"side": 48}, ChoiceError, "side: expected one of 32, 64; got 48"),
        ({"objects": (0, 2)}, ValueError, r"objects\[0\]: expected an integer, at least 1, got 0"),
        ({"objects": (3, 2)}, ValueError, r"objects\[1\]: expected an integer, at least 3, got 2"),
        ({"objects": (1, 5)}, ValueError, r"objects: expected \(fewest, most\), 1 to 4, got"),
        ({"objects": (True, 4)}, TypeError, r"objects\[0\]: expected an integer.* got True"),
        ({"objects": 3}, ShapeError, "objects"),
        ({"objects": (1, 2, 3)}, ShapeError, "objects"),
        ({"shapes": ("heart",)}, ChoiceError, "shapes: .*'star'; got 'heart'"),
        ({"colors": ()}, ShapeError, "colors: expected one or more names"),
        ({"sizes": ("large", "large")}, ShapeError, "sizes"),
        ({"shapes": "star", "colors": "red"}, ShapeError, "shapes, colors: expected 4 or more"),
    ],
)
def test_what_no_scenes_can_be_drawn_from_is_refused(arguments, error, named):
    with pytest.raises(error, match=named):
        scenes.generate(**({"n": 2, "seed": 0} | arguments))


@pytest.mark.parametrize(
    "objects, error, named",
    [
        ([("large", "pink", "star", "top")], ChoiceError, r"scenes\[0\]\[0\]: .*got 'pink'"),
        ([("large", "red", "star", "top")] * 2, ShapeError, r"scenes\[0\]: .*different places"),
        ([("large", "red", "star", p) for p in PLACES[:5]], ShapeError, "at most 4"),
        ([("large", "red", "star")], ShapeError, r"\(size, color, shape, place\)"),
        (["star"], ShapeError, r"\(size, color, shape, place\)"),
    ],
)
def test_objects_that_do_not_exist_are_refused(objects, error, named):
    with pytest.raises(error, match=named):
        scenes.compose([objects], seed=0)
