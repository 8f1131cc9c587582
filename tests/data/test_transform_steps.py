"""Single steps on images, judged by Pillow."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mmref.data import emoji
from mmref.data.transforms import crop, cutout, flip, recolor, resize, rotate
from mmref.errors import ChoiceError, ShapeError

few = settings(max_examples=40)


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


@few
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


def test_sizes_and_methods_that_do_not_fit_are_refused():
    images = random_images((1, 12, 20, 3))
    with pytest.raises(ChoiceError, match="method: expected one of 'mean', 'bilinear'; got 'area'"):
        resize(images, 4, "area")
    with pytest.raises(ShapeError, match=r"images: expected square.*got \(1, 12, 20, 3\)"):
        resize(images, 4, "bilinear")
    with pytest.raises(ChoiceError, match="size, from 20 .*got 6"):
        resize(images, (4, 6))
    for size, error, message in (
        (0, ValueError, "size: expected an integer, at least 1, got 0"),
        (-8, ValueError, "size: expected an integer, at least 1, got -8"),
        (2.5, TypeError, "size: expected an integer, at least 1, got 2.5"),
        (True, TypeError, "size: expected an integer, at least 1, got True"),
        ((3,), ShapeError, r"size: expected an integer or a pair of them, got \(3,\)"),
        ((3, 0), ValueError, r"size\[1\]: expected an integer, at least 1, got 0"),
    ):
        with pytest.raises(error, match=f"^{message}"):
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


def test_about_half_of_the_images_are_flipped():
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


def test_recolor_turns_hues_and_shifts_brightness():
    images = random_images((3, 4, 4, 3)) * 0.2 + 0.4
    np.testing.assert_allclose(recolor(images), images, atol=1e-6)
    np.testing.assert_allclose(recolor(images, hue=1 / 3), np.roll(images, 1, 3), atol=1e-6)
    np.testing.assert_allclose(recolor(images, brightness=0.1), images + 0.1, atol=1e-6)
    means = images.mean((1, 2, 3), keepdims=True)
    factors = np.array([0.5, 1, 2])
    expected = means + factors.reshape(3, 1, 1, 1) * (images - means)
    np.testing.assert_allclose(recolor(images, contrast=factors), expected, atol=1e-6)
    assert recolor(images, brightness=1).max() == 1


def test_cutout_fills_a_square_at_the_border_too():
    images = random_images((2, 5, 6, 3)) * 0.9
    result = cutout(images, top=np.array([0, 3]), left=np.array([2, 4]), side=2, fill=0.5)
    expected = images.copy()
    expected[0, 0:2, 2:4] = expected[1, 3:5, 4:6] = 0.5
    np.testing.assert_array_equal(result, expected)
    with pytest.raises(ShapeError, match=r"top, left, side.*\(5, 6\), got \(4, 0, 2\) for image 0"):
        cutout(images, top=np.array([4, 0]), left=0, side=2)
    with pytest.raises(ShapeError, match="top: expected whole numbers"):
        cutout(images, top=0.5, left=0, side=1)
