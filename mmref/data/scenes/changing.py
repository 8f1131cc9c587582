"""A picture, the words of a change, and the picture that it leads to."""

from dataclasses import dataclass

import numpy as np

from mmref.contract.settings import check_count
from mmref.data.scenes.attributes import CELL_CENTERS, check_number_of_scenes
from mmref.data.scenes.captioning import captions
from mmref.data.scenes.generation import generate
from mmref.data.scenes.language import write
from mmref.data.scenes.rendering import render
from mmref.data.scenes.world import Objects, Scenes


@dataclass(frozen=True, eq=False)
class Changes:
    """N changes; row i of every field belongs together.

    sources: pictures of one object.
    texts: size, color and shape of another object: "a small red circle".
    targets: pictures of that object, in the place of the source's.
    """

    sources: Scenes
    texts: tuple[str, ...]
    targets: Scenes

    def __len__(self) -> int:
        return len(self.texts)


def changes(n: int, seed: int, side: int = 32, start: int = 0) -> Changes:
    """Draw n changes: rows start to start + n of the endless sequence that ``seed`` names.

    Place, size, color and shape of both objects are uniform and independent, but for the place,
    which both share: what is to be drawn is in the text, where in the picture. Within its cell
    each has a position of its own, so a source cannot be copied even where its object is asked for.

    Row i depends on the seed and on i, not on n, start or side. Raises ValueError for numbers out
    of range, TypeError for what is no number.

    >>> some = changes(1, seed=0)
    >>> some.sources.objects.items(0)
    [Item(size='large', color='green', shape='circle', row=0, column=2)]
    >>> some.texts
    ('a large red square',)
    >>> some.targets.objects.items(0)
    [Item(size='large', color='red', shape='square', row=0, column=2)]
    """
    check_number_of_scenes(n, side)
    check_count("start", start, 0)
    both = generate(2 * n, seed, side, objects=(1, 1), start=2 * start)
    even, odd = np.arange(0, 2 * n, 2), np.arange(1, 2 * n, 2)
    sources, targets = both[even], both[odd].objects
    cells, wanted = (
        CELL_CENTERS[np.stack([objects.columns, objects.rows], axis=-1)]
        for objects in (targets, sources.objects)
    )
    fields = targets.mask, targets.shapes, targets.colors, targets.sizes
    moved = Objects(*fields, targets.positions - cells + wanted, side)
    targets = Scenes(render(moved), moved)
    # Claims of "one" are the same whatever is drawn; the wording would hang on the row's number.
    texts = tuple(write(claims) for claims in captions(targets, seed, "one").claims)
    return Changes(sources, texts, targets)
