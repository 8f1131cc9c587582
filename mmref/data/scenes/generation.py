"""Random scenes, composed scenes, mirrored scenes."""

from collections.abc import Iterable, Sequence

import numpy as np

from mmref.contract.settings import check_choice, check_count, check_kind, check_seed
from mmref.data.scenes.attributes import (
    CELL_CENTERS,
    COLORS,
    JITTER,
    MAX_OBJECTS,
    PLACES,
    SHAPES,
    SIZES,
    UNITS,
    check_names,
    check_number_of_scenes,
    check_side,
)
from mmref.data.scenes.rendering import CHUNK, render
from mmref.data.scenes.world import Objects, Scenes
from mmref.errors import ShapeError
from mmref.types import Pair

_JITTER = np.array([JITTER[size] for size in SIZES])


def generate(
    n: int,
    seed: int,
    side: int = 32,
    objects: Pair = (1, 4),
    shapes: Sequence[str] = SHAPES,
    colors: Sequence[str] = COLORS,
    sizes: Sequence[str] = SIZES,
    start: int = 0,
) -> Scenes:
    """Draw n random scenes: rows start to start + n of the endless sequence that ``seed`` names.

    The number of objects is uniform in ``objects`` = (fewest, most), 1 to 4. They stand in
    different cells of the 3 x 3 grid, and no two of a scene share both shape and color, so
    "the red circle" means one object. Cells, pairs of shape and color, and sizes are uniform;
    shapes, colors, sizes: the names to choose from.

    Row i depends on the seed, on i, and on what may be drawn, but not on n, start or side.
    Raises ValueError for numbers out of range, and for more pictures than the memory holds,
    TypeError for what is no number, ChoiceError for unknown names or sides.

    >>> scenes = generate(3, seed=0)
    >>> scenes.images.shape, scenes.images.dtype, scenes.objects.mask.sum(1)
    ((3, 32, 32, 3), dtype('uint8'), array([3, 4, 2]))
    >>> bool((generate(1, seed=0, start=2).images == scenes.images[2:]).all())
    True
    """
    check_number_of_scenes(n, side)
    check_seed(seed)
    check_count("start", start, 0)
    low, high = _check_range(objects)
    shapes = check_names("shapes", shapes, SHAPES)
    colors = check_names("colors", colors, COLORS)
    sizes = check_names("sizes", sizes, SIZES)
    pairs = len(shapes) * len(colors)
    if pairs < high:
        raise ShapeError("shapes, colors", f"{high} or more pairs, one an object", pairs)

    # One number of the stream for each choice, so each scene takes as many, whatever it holds.
    splits = np.cumsum([1, len(PLACES), pairs, high])
    width = splits[-1] + 2 * high
    bits = np.random.PCG64(seed)
    bits.advance(start * int(width))
    rng = np.random.Generator(bits)
    parts = []
    for first in range(0, max(n, 1), CHUNK):
        draws = rng.random((min(CHUNK, n - first), width))
        count, cell, pair, size, shift = np.split(draws, splits, axis=1)
        mask = np.arange(high) < low + (count * (high - low + 1)).astype(np.int64)
        # The order of independent numbers is a random permutation.
        cell, pair = cell.argsort(1)[:, :high], pair.argsort(1)[:, :high]
        size = sizes[(size * len(sizes)).astype(np.int64)]
        jitter = _JITTER[size][..., None]
        shift = (shift.reshape(-1, high, 2) * (2 * jitter + 1)).astype(np.int64) - jitter
        middle = np.stack([CELL_CENTERS[cell % 3], CELL_CENTERS[cell // 3]], -1)
        parts.append((mask, shapes[pair // len(colors)], colors[pair % len(colors)], size,
                      middle + shift))  # fmt: skip
    mask, shape, color, size, middle = map(np.concatenate, zip(*parts, strict=True))
    return _scenes(mask, shape, color, size, middle, side)


def compose(scenes: Sequence[Sequence[Sequence[str]]], seed: int, side: int = 32) -> Scenes:
    """Draw the scenes that you say: for each a list of (size, color, shape, place) in words.

    ``seed`` decides where in its cell an object stands; row i depends on the seed and on i.
    Raises ChoiceError for an unknown word and ShapeError for two objects in one place or for
    more than 4 in a scene.

    >>> scenes = compose([[("large", "red", "star", "center")], []], seed=0)
    >>> scenes.objects.items(0)
    [Item(size='large', color='red', shape='star', row=1, column=1)]
    >>> scenes.objects.mask
    array([[ True, False, False, False],
           [False, False, False, False]])
    """
    check_seed(seed)
    check_side(side)
    expected = "a sequence of objects as (size, color, shape, place)"
    check_kind("scenes", scenes, Iterable, "a sequence of scenes")
    scenes = list(scenes)
    for i, scene in enumerate(scenes):
        check_kind(f"scenes[{i}]", scene, (list, tuple), expected)
    fields = np.full((4, len(scenes), MAX_OBJECTS), -1)
    for i, scene in enumerate(scenes):
        if not all(isinstance(words, list | tuple) and len(words) == 4 for words in scene):
            raise ShapeError(f"scenes[{i}]", expected, scene)
        places = [place for *_, place in scene]
        if len(scene) > MAX_OBJECTS or any(places.count(place) > 1 for place in places):
            raise ShapeError(
                f"scenes[{i}]", f"at most {MAX_OBJECTS} objects, in different places", scene
            )
        for slot, words in enumerate(scene):
            for field, word, choices in zip(
                fields, words, (SIZES, COLORS, SHAPES, PLACES), strict=True
            ):
                check_choice(f"scenes[{i}][{slot}]", word, choices)
                field[i, slot] = choices.index(word)
    size, color, shape, place = fields
    jitter = _JITTER[size][..., None]
    shift = np.random.default_rng(seed).random((len(scenes), MAX_OBJECTS, 2))
    shift = (shift * (2 * jitter + 1)).astype(np.int64) - jitter
    middle = np.stack([CELL_CENTERS[place % 3], CELL_CENTERS[place // 3]], -1)
    return _scenes(place >= 0, shape, color, size, middle + shift, side)


def mirror(scenes: Scenes) -> Scenes:
    """Swap left and right in the pictures and in what is known of them.

    ``mmref.data.transforms.mirror_words`` does the same to a caption; a mirrored picture with its
    old caption is wrong wherever the caption says "left" or "right".

    >>> scenes = compose([[("large", "red", "star", "top left")]], seed=0)
    >>> PLACES[mirror(scenes).objects.places[0, 0]]
    'top right'
    """
    check_kind("scenes", scenes, Scenes, "mmref.data.scenes.Scenes")
    old = scenes.objects
    positions = old.positions.copy()
    positions[..., 0] = np.where(old.mask, UNITS - positions[..., 0], -1)
    objects = Objects(old.mask, old.shapes, old.colors, old.sizes, positions, old.side)
    return Scenes(np.ascontiguousarray(scenes.images[:, :, ::-1]), objects)


def _scenes(mask, shapes, colors, sizes, positions, side):
    fields = [np.where(mask, field, -1) for field in (shapes, colors, sizes)]
    positions = np.where(mask[..., None], positions, -1)
    objects = Objects(mask, *fields, positions, side)
    return Scenes(render(objects), objects)


def _check_range(objects):
    expected = f"(fewest, most), 1 to {MAX_OBJECTS}"
    if not isinstance(objects, list | tuple) or len(objects) != 2:
        raise ShapeError("objects", expected, repr(objects))
    low, high = objects
    check_count("objects[0]", low)
    check_count("objects[1]", high, low)
    if high > MAX_OBJECTS:
        raise ValueError(f"objects: expected {expected}, got {objects}")
    return low, high
