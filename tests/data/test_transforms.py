"""Image transforms."""

import numpy as np
import pytest

from mmref.data import emoji
from mmref.data.transforms import augment, resize, to_float
from mmref.errors import ChoiceError, ShapeError

STEPS = ("shift", "scale", "rotation", "flip", "brightness", "contrast", "hue", "cutout")
NOTHING = dict.fromkeys(STEPS, 0) | {"flip": False}


@pytest.fixture(scope="module")
def images():
    return to_float(resize(emoji.load(split="test").images, 32))


def only(**settings):
    return NOTHING | settings


def rng(seed=0):
    return np.random.default_rng(seed)


def test_bytes_become_numbers_from_0_to_1():
    result = to_float(np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1))
    assert result.ctypes.data % 64 == 0  # what TensorFlow takes without a copy
    assert result.dtype == np.float32
    np.testing.assert_allclose(result.ravel(), np.arange(256) / 255, rtol=1e-6)
    with pytest.raises(ShapeError, match="images: expected .*uint8, got .*float32"):
        to_float(result)


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_resize_is_the_mean_of_blocks(size):
    images = rng().integers(0, 256, (2, 6, 6, 3), np.uint8)
    step = 6 // size
    expected = np.empty((2, size, size, 3))
    for n, i, j, c in np.ndindex(expected.shape):
        block = images[n, i * step : (i + 1) * step, j * step : (j + 1) * step, c]
        expected[n, i, j, c] = block.mean()
    exact = resize(images.astype(np.float32), size)
    assert exact.dtype == np.float32
    np.testing.assert_allclose(exact, expected, rtol=1e-6)
    rounded = resize(images, size)
    assert rounded.dtype == np.uint8
    assert np.abs(rounded - expected).max() <= 0.5


@pytest.mark.parametrize("size", [24, 128])
def test_resize_lists_the_sizes(size):
    with pytest.raises(ChoiceError, match=rf"size, from 64 .*: .* 1, 2, 4, .*64; got {size}"):
        resize(np.zeros((1, 64, 64, 3), np.uint8), size)


def test_resize_wants_squares():
    with pytest.raises(ShapeError, match="square"):
        resize(np.zeros((1, 64, 32, 3), np.uint8), 16)


def test_augment_keeps_shape_type_range_and_input(images):
    before = images.copy()
    result = augment(images, rng(), cutout=0.3)
    assert result.shape == images.shape and result.dtype == np.float32
    assert result.min() >= 0 and result.max() <= 1
    np.testing.assert_array_equal(images, before)
    assert (result != images).any((1, 2, 3)).all()


def test_augment_depends_on_the_generator_alone(images):
    np.testing.assert_array_equal(augment(images, rng(3)), augment(images, rng(3)))
    assert (augment(images, rng(3)) != augment(images, rng(4))).any()


def test_all_off_changes_nothing(images):
    np.testing.assert_array_equal(augment(images, rng(), **NOTHING), images)


@pytest.mark.parametrize("step", STEPS)
def test_each_step_alone_changes_images(images, step):
    amount = {"flip": True, "rotation": 20.0}.get(step, 0.3)
    changed = augment(images, rng(), **only(**{step: amount})) != images
    share = changed.any((1, 2, 3)).mean()
    if step == "flip":
        assert 0.3 < share < 0.6
    else:
        assert share > 0.75  # not 1: a white square on white, a level image without colors


def test_images_change_independently():
    images = np.repeat(np.linspace(0, 1, 32, dtype=np.float32)[None, None, :, None], 32, 1)
    images = np.repeat(np.repeat(images, 3, 3), 20, 0)
    for step in ("shift", "scale", "rotation", "brightness", "contrast"):
        amount = 20.0 if step == "rotation" else 0.2
        result = augment(images, rng(), **only(**{step: amount}))
        assert len(np.unique(result.reshape(20, -1), axis=0)) == 20


def test_flip_mirrors_left_and_right(images):
    result = augment(images, rng(), **only(flip=True))
    for before, after in zip(images, result):
        assert (after == before).all() or (after == before[:, ::-1]).all()


def center(images):
    """Center of mass of the ink, in pixels: (N, 2), rows then columns."""
    ink = (1 - images).sum(3)
    total = ink.sum((1, 2))
    places = np.arange(images.shape[1])
    return np.stack([ink.sum(2) @ places / total, ink.sum(1) @ places / total], 1)


def disc(n=200, size=32, row=15.5, column=15.5, radius=5.0):
    y, x = np.mgrid[:size, :size]
    inside = (y - row) ** 2 + (x - column) ** 2 <= radius**2
    return np.repeat(np.where(inside, 0, 1)[None, ..., None], 3, 3).repeat(n, 0).astype(np.float32)


def test_shift_moves_both_ways_by_at_most_its_share():
    moved = center(augment(disc(), rng(), **only(shift=0.25))) - 15.5
    assert np.abs(moved).max() <= 8.01
    assert (moved.min(0) < -7).all() and (moved.max(0) > 7).all()
    assert abs(np.corrcoef(moved.T)[0, 1]) < 0.2


def test_scale_changes_the_area():
    ink = (1 - augment(disc(), rng(), **only(scale=0.3))).sum((1, 2, 3))
    ratio = ink / (1 - disc(1)).sum()
    assert 0.45 < ratio.min() < 0.55 and 1.6 < ratio.max() < 1.75


def test_rotation_turns_about_the_center():
    dots = disc(row=15.5, column=25.5, radius=3)
    y, x = (center(augment(dots, rng(), **only(rotation=90))) - 15.5).T
    np.testing.assert_allclose(np.hypot(y, x), 10, atol=0.2)
    angles = np.degrees(np.arctan2(y, x))
    assert angles.min() < -80 and angles.max() > 80 and np.abs(angles).max() < 91


def test_border_is_white():
    black = np.zeros((50, 32, 32, 3), np.float32)
    result = augment(black, rng(), **only(shift=0.5))
    assert set(np.unique(result[:, ::31, ::31].max((1, 2, 3)))) == {1}
    white = np.ones((20, 32, 32, 3), np.float32)
    result = augment(white, rng(), **only(shift=0.3, scale=0.3, rotation=45, hue=0.3))
    np.testing.assert_allclose(result, 1, atol=1e-5)


def test_hue_keeps_grays_and_the_mean_of_the_channels():
    images = rng().uniform(0.4, 0.6, (50, 8, 8, 3)).astype(np.float32)
    result = augment(images, rng(), **only(hue=0.4))
    np.testing.assert_allclose(result.mean(3), images.mean(3), atol=1e-6)
    gray = images[..., :1].repeat(3, 3)
    np.testing.assert_allclose(augment(gray, rng(), **only(hue=0.4)), gray, atol=1e-6)
    # A third of a turn, the largest here, sends each channel to another one.
    red = np.tile(np.float32([0.9, 0.1, 0.1]), (500, 1, 1, 1))
    turned = augment(red, rng(), **only(hue=1 / 3)).reshape(-1, 3)
    assert turned[:, 1].max() > 0.88 and turned[:, 2].max() > 0.88


def test_brightness_adds_and_contrast_stretches():
    images = rng().uniform(0.4, 0.6, (200, 8, 8, 3)).astype(np.float32)
    added = augment(images, rng(), **only(brightness=0.2)) - images
    assert np.ptp(added, axis=(1, 2, 3)).max() < 1e-6
    assert added.min() < -0.18 and added.max() > 0.18
    result = augment(images, rng(), **only(contrast=0.5))
    means = (1, 2, 3)
    np.testing.assert_allclose(result.mean(means), images.mean(means), atol=1e-5)
    factor = result.std(means) / images.std(means)
    assert 0.5 <= factor.min() < 0.52 and 1.48 < factor.max() < 1.51


def test_cutout_paints_one_white_square():
    black = np.zeros((200, 32, 32, 3), np.float32)
    white = augment(black, rng(), **only(cutout=0.5))[..., 0] == 1
    rows, columns = white.any(2).sum(1), white.any(1).sum(1)
    np.testing.assert_array_equal(rows, columns)
    np.testing.assert_array_equal(white.sum((1, 2)), rows * columns)
    assert rows.max() == 16 and rows.min() <= 1
    assert white.any(0).mean() > 0.95


@pytest.mark.parametrize(
    "arguments, error, named",
    [
        ({"images": np.zeros((1, 8, 8, 3))}, ShapeError, "images.*float64"),
        ({"images": np.zeros((8, 8, 3), np.float32)}, ShapeError, "images"),
        ({"images": np.zeros((1, 3, 8, 8), np.float32)}, ShapeError, r"images.*\(N, H, W, 3\)"),
        ({"images": [1]}, TypeError, "images.*list"),
        ({"rng": 3}, TypeError, "rng.*Generator.*int"),
        ({"shift": -0.1}, ValueError, r"shift: expected a number in \[0, 1\), got -0.1"),
        ({"scale": 1.0}, ValueError, r"scale: expected a number in \[0, 1\), got 1.0"),
        ({"rotation": 200}, ValueError, r"rotation: expected a number in \[0, 180\], got 200"),
    ],
)
def test_images_and_settings_that_do_not_fit_are_refused(arguments, error, named):
    given = {"images": np.zeros((1, 8, 8, 3), np.float32), "rng": rng()} | arguments
    with pytest.raises(error, match=named) as caught:
        augment(**given)
    assert type(caught.value) is error


def test_no_images_give_no_images():
    assert augment(np.zeros((0, 8, 8, 3), np.float32), rng()).shape == (0, 8, 8, 3)
