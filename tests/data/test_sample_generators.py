"""A generator for each sample: no result depends on the batch."""

import numpy as np
import pytest

from mmref.data import emoji, transforms
from mmref.data.transforms import augment, crop, flip, sample_generators, to_float
from mmref.errors import ShapeError


@pytest.fixture(scope="module")
def images():
    return to_float(emoji.load(split="test").images[:20])


def rng(seed=0):
    return np.random.default_rng(seed)


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
    "arguments, error, named",
    [
        ({"index": [-1]}, ValueError, "index: expected an integer, at least 0, got -1"),
        ({"index": [0.5]}, ShapeError, "index: expected integers, got float64"),
        ({"index": 3}, ShapeError, r"index: expected \(N,\), got \(\)"),
        ({"seed": -1}, ValueError, "seed: expected an integer, at least 0, got -1"),
        ({"epoch": 1.0}, TypeError, "epoch"),
        ({"seed": None}, TypeError, "seed.*None"),
    ],
)
def test_bad_sample_generators(arguments, error, named):
    with pytest.raises(error, match=named):
        sample_generators(**({"index": [0], "seed": 0} | arguments))
    assert sample_generators([], 0) == []


def test_as_many_generators_as_images(images):
    with pytest.raises(ShapeError, match="rng: expected 20 generators, one for each .*, got 19"):
        augment(images, sample_generators(range(19), 0))
    with pytest.raises(TypeError, match="rng: expected a numpy.random.Generator, or .*, got int"):
        flip(images, [1] * 20)
