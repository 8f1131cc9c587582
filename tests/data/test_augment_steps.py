"""Augment is made of the single steps, and stays what stored studies used."""

import numpy as np
import pytest

from mmref.data import emoji
from mmref.data.transforms import OFF, augment, flip, recolor, rotate, to_float


@pytest.fixture(scope="module")
def images():
    return to_float(emoji.load(split="test").images[:20])


def rng(seed=0):
    return np.random.default_rng(seed)


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


@pytest.mark.parametrize("axis", [1, 2])
def test_shifts_are_shares_of_the_height_and_of_the_width(axis):
    """A bar on an image that is eight times as long as it is wide."""
    bars = np.ones((200, 4, 32, 3), np.float32)
    bars[:, :, 15:17] = 0
    moved = 1 - augment(bars if axis == 2 else bars.swapaxes(1, 2), rng(), **OFF | {"shift": 0.25})
    ink = moved.sum((3 - axis, 3))  # (N, 32)
    shift = ink @ np.arange(32) / ink.sum(1) - 15.5
    assert 7.5 < np.abs(shift).max() <= 8


def test_holes_and_borders_have_the_color_of_fill():
    black = np.zeros((30, 16, 16, 3), np.float32)
    result = augment(black, rng(), shift=0.4, hue=0, contrast=0, brightness=0, cutout=0.5, fill=0.5)
    assert result.max() == 0.5 and result[:, ::15, ::15].max() == 0.5
    with pytest.raises(ValueError, match=r"fill: expected a number in \[0, 1\], got 2"):
        augment(black, rng(), fill=2)


def test_augment_gives_what_the_stored_studies_were_trained_with():
    y, x, c = np.mgrid[:32, :32, :3]
    picture = (np.sin(y / 3 + c) * np.cos(x / 5 - c) / 2 + 0.5).astype(np.float32)
    result = augment(np.repeat(picture[None], 40, 0), np.random.default_rng(7), cutout=0.3)
    measured = result.mean((1, 2, 3))[[0, 1, 31, 32, 39]]
    np.testing.assert_allclose(measured, [0.63021, 0.50509, 0.5484, 0.55058, 0.54039], atol=1e-4)
