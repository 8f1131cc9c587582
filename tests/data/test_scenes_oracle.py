"""The oracle: exact on clean scenes, measured on others."""

import numpy as np
import pytest

from mmref.data import scenes
from mmref.data.scenes.corruption import blur_matrix
from mmref.data.transforms import to_float
from mmref.errors import ShapeError

SIDES = [32, 64]


def by_place(objects):
    """For each scene its objects in reading order, with their exact positions."""
    return [
        sorted(zip(objects.items(row), positions[mask].tolist()), key=lambda x: x[0][3:])
        for row, (positions, mask) in enumerate(zip(objects.positions, objects.mask))
    ]


def by_item(objects):
    """For each scene its objects in words, in reading order."""
    return [[item for item, _ in row] for row in by_place(objects)]


@pytest.mark.parametrize("side", SIDES)
def test_clean_scenes_are_read_without_a_mistake(side):
    data = scenes.generate(2500, seed=21, side=side)
    reading = scenes.read(data.images)
    assert by_place(reading.objects) == by_place(data.objects)
    assert reading.errors.max() == 0
    mirrored = scenes.mirror(data[:300])
    reading = scenes.read(to_float(mirrored.images))
    assert by_place(reading.objects) == by_place(mirrored.objects)
    assert reading.errors.max() == 0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pictures_and_captions(language):
    """From pixels and text alone: true captions score 1, false ones less."""
    data = scenes.generate(600, seed=22)
    seen = scenes.read(data.images).objects
    assert (
        scenes.agreement(seen, scenes.captions(data, 0, language=language).texts, language) == 1
    ).all()
    pairs = scenes.match(data, 1, language=language)
    assert ((scenes.agreement(seen, pairs.texts, language) == 1) == pairs.matches).all()


def test_other_float_types_and_values_outside():
    data = scenes.generate(50, seed=23)
    truth = by_place(data.objects)
    images = data.images / 255
    noise = np.random.default_rng(0).normal(0, 0.05, images.shape)
    assert by_place(scenes.read(images).objects) == truth
    for changed in (images.astype(np.float16), images + noise):  # positions may be a unit off
        assert by_item(scenes.read(changed).objects) == by_item(data.objects)


def test_nothing_in_a_white_picture_and_errors_elsewhere():
    white = scenes.read(np.full((2, 32, 32, 3), 255, np.uint8))
    assert not white.objects.mask.any() and (white.errors == 0).all()
    faint = scenes.read(np.full((1, 32, 32, 3), 0.9))
    assert not faint.objects.mask.any() and faint.errors == pytest.approx(0.1)
    # Of a tinted background, the objects are still read.
    data = scenes.generate(200, seed=24)
    tinted = scenes.read(to_float(data.images) * np.float32(0.97))
    assert by_item(tinted.objects) == by_item(data.objects)
    black = scenes.read(np.zeros((1, 32, 32, 3), np.float32))
    static = scenes.read(np.random.default_rng(0).random((1, 64, 64, 3)))
    assert black.errors[0] > 0.5 and static.errors[0] > 0.3
    assert scenes.read(np.zeros((0, 64, 64, 3))).objects.mask.shape == (0, 9)


@pytest.mark.parametrize("color", scenes.COLORS)
def test_an_even_tint_is_no_object(color):
    """However strong: no object of that color is nearer to it than the tint itself."""
    (ink,) = (
        1 - scenes.compose([[("large", color, "square", "center")]], 0).images.min((1, 2)) / 255
    )
    strengths = np.linspace(0, 1, 21)[:, None, None, None]
    images = np.broadcast_to(1 - strengths * ink, (21, 32, 32, 3))
    assert not scenes.read(images).objects.mask.any()


def test_faded_objects_are_seen():
    """A third of the ink is nearer to an object than to nothing; which shape it has is lost."""
    told = [("small", color, shape, "center") for shape in scenes.SHAPES for color in scenes.COLORS]
    data = scenes.compose([[words] for words in told], seed=4)
    seen = scenes.read(1 - np.float32(0.35) * (1 - to_float(data.images))).objects
    assert (seen.mask.sum(1) == 1).all()
    assert (seen.colors[:, 0] == data.objects.colors[:, 0]).all()


def test_one_changed_thing_is_one_changed_reading():
    """Each property on its own: what is redrawn is what is read."""
    base = ("large", "red", "star", "center")
    choices = (scenes.SIZES, scenes.COLORS, scenes.SHAPES, scenes.PLACES)
    told = [(*base[:i], name, *base[i + 1 :]) for i, names in enumerate(choices) for name in names]
    data = scenes.compose([[words] for words in told], seed=3)
    seen = scenes.read(data.images).objects
    places = [scenes.PLACES[place] for place in seen.places[:, 0]]
    assert [(*seen.items(i)[0][:3], place) for i, place in enumerate(places)] == told


def test_noise_and_blur():
    """Loose bounds of a small measurement; benchmarks/scenes.py measures at length."""
    rows = scenes.robustness(n=200, seed=1, noise=[0, 0.1, 0.3], blur=[0, 1])
    scores = {(row["noise"], row["blur"]): row for row in rows}
    assert len(rows) == 6 and {row["side"] for row in rows} == {32}
    clean = dict.fromkeys(("scenes", "found", "color", "size", "shape"), 1.0)
    assert {key: scores[0, 0][key] for key in clean} == clean and scores[0, 0]["spurious"] == 0
    assert scores[0.1, 0]["scenes"] > 0.97 and scores[0, 1]["scenes"] > 0.97
    assert 0.6 < scores[0.1, 1]["scenes"] < 0.99
    assert scores[0.3, 0]["scenes"] < 0.9 and scores[0.3, 0]["found"] > 0.97
    assert scores[0.3, 1]["scenes"] < scores[0.3, 0]["scenes"]
    assert scores[0.3, 0]["spurious"] > 0
    large = scenes.robustness(n=100, side=64, noise=[0.3], blur=[0])[0]
    assert large["side"] == 64 and large["scenes"] > 0.95


def test_mistakes_are_counted():
    """The shares of the table, counted once more from what was read."""
    row = scenes.robustness(n=100, seed=2, noise=[0.35], blur=[0.5])[0]
    data = scenes.generate(100, seed=2)
    changed = scenes.corrupt(to_float(data.images), np.random.default_rng(2), 0.35, 0.5)
    truth, seen = by_item(data.objects), by_item(scenes.read(changed).objects)
    assert row["scenes"] == np.mean([a == b for a, b in zip(truth, seen)])
    at = [({i[3:]: i for i in a}, {i[3:]: i for i in b}) for a, b in zip(truth, seen)]
    pairs = [(item, b.get(cell)) for a, b in at for cell, item in a.items()]
    assert row["found"] == pytest.approx(np.mean([b is not None for _, b in pairs]))
    for i, name in enumerate(("size", "color", "shape")):
        assert row[name] == pytest.approx(
            np.mean([b is not None and a[i] == b[i] for a, b in pairs])
        )
    assert row["spurious"] == sum(len(b.keys() - a.keys()) for a, b in at) / 100
    assert 0 < row["scenes"] < 0.9 and 0 < row["spurious"] and row["shape"] < row["color"] < 1


def test_corruption_follows_its_settings_and_its_seed():
    images = to_float(scenes.generate(20, 0).images)
    same = scenes.corrupt(images, np.random.default_rng(0))
    assert (same == images).all()
    noisy = scenes.corrupt(images, np.random.default_rng(0), noise=0.2) - images
    assert abs(noisy.std() - 0.2) < 0.002 and abs(noisy.mean()) < 0.003
    # A dot spreads to the Gaussian: unit mass, variance blur^2 in each direction.
    dot = np.ones((1, 32, 32, 3), np.float32)
    dot[0, 15, 15] = 0
    ink = 1 - scenes.corrupt(dot, np.random.default_rng(0), blur=1.5)[0, :, :, 0]
    steps = np.arange(32) - 15
    assert ink.sum() == pytest.approx(1, abs=1e-4)
    assert ink.sum(0) @ steps**2 == pytest.approx(1.5**2, rel=0.02)
    assert ink.sum(1) @ steps**2 == pytest.approx(1.5**2, rel=0.02)
    np.testing.assert_allclose(blur_matrix(32, 2.0)[10:20].sum(1), 1, atol=2e-3)
    # At the edge ink is lost to the white outside: nothing there is made darker for it.
    matrix = blur_matrix(32, 1.5)
    np.testing.assert_array_equal(matrix[:8, :8], matrix[12:20, 12:20])
    assert matrix[0].sum() == pytest.approx(0.5 + matrix[0, 0] / 2, abs=1e-4)


@pytest.mark.parametrize(
    "images, error, named",
    [
        ([1], TypeError, "images: expected an array .*got list"),
        (np.zeros((32, 32, 3)), ShapeError, r"images: expected \(N, side, side, 3\)"),
        (np.zeros((1, 48, 48, 3)), ShapeError, "images.*48"),
        (np.zeros((1, 3, 32, 32)), ShapeError, r"images.*\(1, 3, 32, 32\)"),
        (np.zeros((1, 32, 64, 3)), ShapeError, "images"),
        (np.zeros((1, 32, 32, 3), np.int64), ShapeError, "images.*int64"),
        (np.full((1, 32, 32, 3), np.nan), ValueError, "images: expected finite numbers"),
    ],
)
def test_what_is_no_image_is_refused(images, error, named):
    with pytest.raises(error, match=named):
        scenes.read(images)


def test_corruption_out_of_range_is_refused():
    rng = np.random.default_rng(0)
    for settings in ({"noise": -1}, {"blur": float("nan")}, {"noise": float("inf")}):
        named = f"{list(settings)[0]}: expected a finite number, at least 0"
        with pytest.raises(ValueError, match=named):
            scenes.corrupt(np.zeros((1, 32, 32, 3)), rng, **settings)
    with pytest.raises(ShapeError, match="images: expected float32 or float64, got uint8"):
        scenes.corrupt(np.zeros((1, 32, 32, 3), np.uint8), rng)
    with pytest.raises(ValueError, match="n: "):
        scenes.robustness(n=0)
