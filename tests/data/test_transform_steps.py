"""Single steps on images, judged by Pillow; layouts; normalization."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.preprocessing import StandardScaler

from mmref.data import emoji, transforms
from mmref.data.transforms import (
    OFF,
    Normalization,
    augment,
    crop,
    cutout,
    flip,
    recolor,
    resize,
    rotate,
    sample_generators,
    to_float,
)
from mmref.errors import ChoiceError, ShapeError

unhurried = settings(deadline=None, max_examples=40)


@pytest.fixture(scope="module")
def images():
    return to_float(emoji.load(split="test").images[:20])


def rng(seed=0):
    return np.random.default_rng(seed)


def random_images(shape, dtype=np.float32, seed=0):
    if dtype == np.uint8:
        return rng(seed).integers(0, 256, shape, np.uint8)
    return rng(seed).random(shape, np.float32)


def by_pillow(images, change):
    """Each channel through Pillow on its own, in floating point."""
    result = [
        [np.asarray(change(Image.fromarray(channel))) for channel in image.transpose(2, 0, 1)]
        for image in images
    ]
    return np.array(result).transpose(0, 2, 3, 1)


# ---- resize ----


@unhurried
@given(st.tuples(*[st.integers(1, 40)] * 4))
def test_bilinear_is_pillows(sides):
    height, width, rows, columns = sides
    images = random_images((2, height, width, 3))
    ours = resize(images, (rows, columns), "bilinear")
    theirs = by_pillow(images, lambda i: i.resize((columns, rows), Image.Resampling.BILINEAR))
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, atol=2e-6)


@pytest.mark.parametrize("size", [1, 16, 48, 64, 100])
def test_bilinear_bytes_are_pillows_to_a_level(size):
    images = emoji.load(split="test").images[:5]
    ours = resize(images, size, "bilinear")
    theirs = [Image.fromarray(i).resize((size, size), Image.Resampling.BILINEAR) for i in images]
    difference = np.abs(ours.astype(int) - np.array([np.asarray(i) for i in theirs]))
    # Pillow rounds after each axis, we once.
    assert ours.dtype == np.uint8 and difference.max() <= 1
    exact = resize(images.astype(np.float32), size, "bilinear")
    assert np.abs(ours - exact).max() <= 0.5


def test_mean_is_pillows_box():
    images = random_images((2, 12, 20, 3))
    theirs = by_pillow(images, lambda i: i.resize((5, 4), Image.Resampling.BOX))
    np.testing.assert_allclose(resize(images, (4, 5)), theirs, atol=2e-6)


def test_resize_settings():
    images = random_images((1, 12, 20, 3))
    with pytest.raises(ChoiceError, match="method: expected one of 'mean', 'bilinear'; got 'area'"):
        resize(images, 4, "area")
    with pytest.raises(ShapeError, match=r"images: expected square.*got \(1, 12, 20, 3\)"):
        resize(images, 4, "bilinear")
    with pytest.raises(ChoiceError, match="size, from 20 .*got 6"):
        resize(images, (4, 6))
    for size in (0, 2.5, (3,), (3, 0), True):
        with pytest.raises(ShapeError, match="size: expected a side of at least 1"):
            resize(random_images((1, 4, 4, 3)), size, "bilinear")


# ---- crop, flip, rotate ----


def test_center_crop_is_pillows():
    images = random_images((2, 9, 14, 3), np.uint8)
    expected = [np.asarray(Image.fromarray(i).crop((4, 2, 9, 6))) for i in images]
    np.testing.assert_array_equal(crop(images, (4, 5)), expected)
    whole = crop(images, (9, 14))
    np.testing.assert_array_equal(whole, images)
    whole[:] = 0
    assert images.any()  # what is returned is a copy


def test_random_crop_comes_from_everywhere():
    height, width = 5, 4
    y, x = np.mgrid[:height, :width]
    images = np.repeat((y * width + x).astype(np.uint8)[None, ..., None], 400, 0)
    cropped = crop(images, (3, 2), rng())
    top, left = np.divmod(cropped[:, 0, 0, 0].astype(int), width)
    assert set(zip(top.tolist(), left.tolist())) == {(i, j) for i in range(3) for j in range(3)}
    for n in range(400):
        expected = images[n, top[n] : top[n] + 3, left[n] : left[n] + 2]
        np.testing.assert_array_equal(cropped[n], expected)


def test_crop_larger_than_the_images():
    with pytest.raises(ShapeError, match=r"size: expected at most .*\(4, 6\), got \(5, 5\)"):
        crop(random_images((1, 4, 6, 3)), 5)


def test_flip_is_pillows():
    images = random_images((3, 5, 4, 3), np.uint8)
    turned = Image.Transpose.FLIP_LEFT_RIGHT
    expected = [np.asarray(Image.fromarray(i).transpose(turned)) for i in images]
    np.testing.assert_array_equal(flip(images), expected)
    np.testing.assert_array_equal(flip(flip(images)), images)


def test_flip_half():
    images = random_images((1000, 2, 3, 1), np.uint8)
    result = flip(images, rng())
    changed = (result != images).any((1, 2, 3))
    np.testing.assert_array_equal(result[changed], images[changed, :, ::-1])
    assert 0.45 < changed.mean() < 0.55


@pytest.mark.parametrize("degrees", [10, -35, 90, 123.4])
@pytest.mark.parametrize("shape", [(33, 33), (20, 31)])
def test_rotate_is_pillows(degrees, shape):
    images = random_images((1, *shape, 3))
    theirs = by_pillow(images, lambda i: i.rotate(degrees, Image.Resampling.BILINEAR, fillcolor=1))
    ours = rotate(images, degrees)
    # Within the circle that stays inside; the two blend differently with what is outside.
    height, width = shape
    y, x = np.mgrid[:height, :width]
    radius = np.hypot(y - (height - 1) / 2, x - (width - 1) / 2)
    inside = radius < min(shape) / 2 - 2
    assert inside.sum() > 100
    np.testing.assert_allclose(ours[:, inside], theirs[:, inside], atol=1e-4)


def test_rotate_each_by_its_own():
    images = random_images((40, 8, 8, 3))
    degrees = np.arange(40) * 90
    expected = np.stack([np.rot90(image, k) for k, image in enumerate(images)])
    np.testing.assert_allclose(rotate(images, degrees), expected, atol=1e-5)
    np.testing.assert_array_equal(rotate(images, 0), images)
    assert rotate(images, 45, fill=0.25)[0, 0, 0, 0] == np.float32(0.25)
    with pytest.raises(ShapeError, match=r"degrees: expected a number, or \(N,\) = \(40,\)"):
        rotate(images, np.arange(3))


# ---- colors, cutout ----


def test_recolor():
    images = random_images((3, 4, 4, 3)) * 0.2 + 0.4
    np.testing.assert_allclose(recolor(images), images, atol=1e-6)
    np.testing.assert_allclose(recolor(images, hue=1 / 3), np.roll(images, 1, 3), atol=1e-6)
    np.testing.assert_allclose(recolor(images, brightness=0.1), images + 0.1, atol=1e-6)
    means = images.mean((1, 2, 3), keepdims=True)
    factors = np.array([0.5, 1, 2])
    expected = means + factors.reshape(3, 1, 1, 1) * (images - means)
    np.testing.assert_allclose(recolor(images, contrast=factors), expected, atol=1e-6)
    assert recolor(images, brightness=1).max() == 1


def test_cutout():
    images = random_images((2, 5, 6, 3)) * 0.9
    result = cutout(images, top=np.array([0, 3]), left=np.array([2, 4]), side=2, fill=0.5)
    expected = images.copy()
    expected[0, 0:2, 2:4] = expected[1, 3:5, 4:6] = 0.5
    np.testing.assert_array_equal(result, expected)
    with pytest.raises(ShapeError, match=r"top, left, side.*\(5, 6\), got \(4, 0, 2\) for image 0"):
        cutout(images, top=np.array([4, 0]), left=0, side=2)
    with pytest.raises(ShapeError, match="top: expected whole numbers"):
        cutout(images, top=0.5, left=0, side=1)


# ---- both layouts ----

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


# ---- normalization ----


@pytest.mark.parametrize("shape", [(7, 5, 6, 3), (600, 4, 4, 2)])
def test_normalization_is_scikit_learns(shape):
    images = random_images(shape) ** 2 * np.float32(3) + np.float32(100)
    train, test = images[: len(images) // 2], images[len(images) // 2 :]
    normalize = Normalization.fit(train)
    judge = StandardScaler().fit(train.reshape(-1, shape[3]).astype(float))
    np.testing.assert_allclose(normalize.mean, judge.mean_)
    np.testing.assert_allclose(normalize.std, judge.scale_)
    expected = judge.transform(test.reshape(-1, shape[3])).reshape(test.shape)
    assert normalize(test).dtype == np.float32
    np.testing.assert_allclose(normalize(test), expected, atol=1e-4)
    np.testing.assert_allclose(normalize.inverse(normalize(test)), test, rtol=1e-6)
    done = normalize(train)
    np.testing.assert_allclose(done.mean((0, 1, 2), dtype=float), 0, atol=1e-4)
    np.testing.assert_allclose(done.std((0, 1, 2), dtype=float), 1, atol=1e-4)
    assert abs(normalize(test).mean((0, 1, 2))).max() > 1e-4  # the test part has its own mean


def test_level_channel():
    images = random_images((4, 3, 3, 2))
    images[..., 1] = np.float32(0.1)
    normalize = Normalization.fit(images)
    assert normalize.std[1] == 1
    np.testing.assert_allclose(normalize(images)[..., 1], 0, atol=1e-6)


def test_normalization_by_given_numbers():
    normalize = Normalization((0.5, 0.25), np.array([0.5, 2]))
    assert normalize == Normalization([0.5, 0.25], (0.5, 2.0))
    images = np.ones((1, 1, 1, 2), np.float32)
    np.testing.assert_allclose(normalize(images).ravel(), [1, 0.375])


@pytest.mark.parametrize(
    "arguments, named",
    [
        (((0.5,), (0.0,)), "std: expected above 0"),
        (((0.5,), (1.0, 1.0)), r"std: expected \(C,\) = \(1,\), as mean, got \(2,\)"),
        (((np.nan,), (1.0,)), "mean: expected .*finite"),
        ((0.5, (1.0,)), "mean"),
    ],
)
def test_bad_normalization(arguments, named):
    with pytest.raises(ShapeError, match=named):
        Normalization(*arguments)


def test_normalization_needs_pixels():
    with pytest.raises(ShapeError, match="at least one pixel"):
        Normalization.fit(np.zeros((0, 4, 4, 3), np.float32))
    with pytest.raises(ChoiceError, match="layout"):
        Normalization((0.0,), (1.0,), "NCHW")


# ---- a generator for each sample ----


RANDOM_STEPS = {
    "augment": lambda x, g: augment(x, g, cutout=0.4),
    "flip": lambda x, g: flip(x, g),
    "crop": lambda x, g: crop(x, 20, g),
    "flip_pairs": lambda x, g: transforms.flip_pairs(x, [""] * len(x), g)[0],
}


@pytest.mark.parametrize("step", RANDOM_STEPS)
def test_sample_does_not_depend_on_its_batch(images, step):
    change = RANDOM_STEPS[step]
    images = np.concatenate([images, images[::-1], images])  # more than are changed at a time
    index = np.arange(100, 100 + len(images))
    whole = change(images, sample_generators(index, seed=5, epoch=2))
    order = rng().permutation(len(images))
    for chosen in (order, order[:1], order[3:40]):
        part = change(images[chosen], sample_generators(index[chosen], seed=5, epoch=2))
        np.testing.assert_array_equal(part, whole[chosen])
    for other in ({"seed": 6, "epoch": 2}, {"seed": 5, "epoch": 3}):
        assert (change(images, sample_generators(index, **other)) != whole).any()


def test_one_generator_does_depend_on_the_batch(images):
    """What the list of generators is for."""
    whole = augment(images, rng())
    assert (augment(images[1:], rng()) != whole[1:]).any((1, 2, 3)).all()


def test_streams_are_unrelated():
    keys = [(s, e, i) for s in range(8) for e in range(8) for i in range(32)]
    draws = np.array([sample_generators([i], s, e)[0].random(4) for s, e, i in keys])
    assert len(np.unique(draws[:, 0])) == len(keys)
    uniform = draws.reshape(-1)
    assert abs(uniform.mean() - 0.5) < 4 / np.sqrt(12 * uniform.size)
    grid = draws[:, 0].reshape(8, 8, 32) - 0.5
    for axis in range(3):  # neighbors in seed, epoch, and index
        a, b = np.delete(grid, 0, axis), np.delete(grid, -1, axis)
        assert abs((a * b).mean() * 12) < 4 / np.sqrt(a.size)


@pytest.mark.parametrize(
    "arguments, named",
    [
        ({"index": [-1]}, "index: expected .*whole numbers from 0"),
        ({"index": [0.5]}, "index"),
        ({"index": 3}, "index"),
        ({"seed": -1}, "seed: expected a whole number from 0, got -1"),
        ({"epoch": 1.0}, "epoch"),
        ({"seed": None}, "seed.*None"),
    ],
)
def test_bad_sample_generators(arguments, named):
    with pytest.raises(ShapeError, match=named):
        sample_generators(**({"index": [0], "seed": 0} | arguments))
    assert sample_generators([], 0) == []


def test_as_many_generators_as_images(images):
    with pytest.raises(ShapeError, match="rng: expected 20 generators, .*got 19 of Generator"):
        augment(images, sample_generators(range(19), 0))
    with pytest.raises(ShapeError, match="rng: expected 20 generators.*int"):
        flip(images, [1] * 20)


# ---- augment ----


def test_augment_is_made_of_the_steps(images):
    """Each step alone is the public one, with numbers drawn in its order."""
    n = len(images)

    def draw(low, high):
        return generator.uniform(low, high, n)

    generator = rng(1)
    np.testing.assert_array_equal(
        augment(images, rng(1), **OFF | {"flip": True}), flip(images, rng(1))
    )
    generator.uniform(size=3 * n)  # shifts and zoom, which are 0 here
    expected = rotate(images, -np.degrees(draw(-np.radians(20), np.radians(20))))
    turned = augment(images, rng(1), **OFF | {"rotation": 20})
    np.testing.assert_allclose(turned, expected, atol=1e-5)
    generator = rng(1)
    expected = recolor(images, draw(-0.2, 0.2), draw(0.7, 1.3), draw(-0.1, 0.1))
    colors = augment(images, rng(1), **OFF | {"hue": 0.2, "contrast": 0.3, "brightness": 0.1})
    np.testing.assert_allclose(colors, expected, atol=1e-6)


def test_fill():
    black = np.zeros((30, 16, 16, 3), np.float32)
    result = augment(black, rng(), shift=0.4, hue=0, contrast=0, brightness=0, cutout=0.5, fill=0.5)
    assert result.max() == 0.5 and result[:, ::15, ::15].max() == 0.5
    with pytest.raises(ShapeError, match="fill: expected 0 to 1, got 2"):
        augment(black, rng(), fill=2)


def test_augment_gives_what_the_stored_studies_were_trained_with():
    y, x, c = np.mgrid[:32, :32, :3]
    picture = (np.sin(y / 3 + c) * np.cos(x / 5 - c) / 2 + 0.5).astype(np.float32)
    result = augment(np.repeat(picture[None], 40, 0), np.random.default_rng(7), cutout=0.3)
    measured = result.mean((1, 2, 3))[[0, 1, 31, 32, 39]]
    np.testing.assert_allclose(measured, [0.63021, 0.50509, 0.5484, 0.55058, 0.54039], atol=1e-4)
