"""True captions for scenes, and false ones that differ in one word."""

from dataclasses import dataclass

import numpy as np

from mmref.contract.settings import check_choice, check_kind, check_seed
from mmref.data.scenes.attributes import (
    COLORS,
    LANGUAGES,
    RELATIONS,
    SHAPES,
    SIZES,
)
from mmref.data.scenes.claims import Claim, Thing, falsify, place_of, related
from mmref.data.scenes.language import TEMPLATES, noun, say
from mmref.data.scenes.world import Scenes
from mmref.errors import ShapeError
from mmref.types import Array

KINDS = ("one", "all", "places", "relation", "count")
_DRAWS = 6  # random numbers for each caption


@dataclass(frozen=True)
class Captions:
    """One caption for each scene; entry i of every field belongs together.

    texts: the captions.
    claims: for each the tuple of Claims that it makes.
    mentions: for each the tuple of (object, start, stop), in the order of the claims:
        ``text[start:stop]`` names object number ``object`` of the scene, whose center and box
        ``Objects`` holds. The first is the described object. Empty for captions that count.
    """

    texts: tuple[str, ...]
    claims: tuple[tuple[Claim, ...], ...]
    mentions: tuple[tuple[tuple[int, int, int], ...], ...]

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class Pairs:
    """One caption for each scene, which is true of it or not.

    texts: the captions.
    matches: (N,) bool, True where the caption is true; of half of the scenes, drawn at random.
    changed: what makes it false: "size", "color", "shape", "place" or "relation"; else "".
    """

    texts: tuple[str, ...]
    matches: Array
    changed: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)


def captions(scenes: Scenes, seed: int, kind: str = "mixed", language: str = "en") -> Captions:
    """Describe each scene truthfully.

    kind: "one" names one object with size, color and shape, "all" names all objects, "places"
        adds where they are, "relation" relates two objects, "count" says how many objects have a
        color or a shape. "mixed" takes any that the scene allows: a relation needs two objects.
    language: "en" or "zh"; the claims are the same in both.

    Caption i depends on the scene, the seed and i. Raises ChoiceError for another kind or
    language, ShapeError where a relation is wanted of a single object.

    >>> from mmref.data import scenes
    >>> data = scenes.generate(3, seed=0)
    >>> for text in scenes.captions(data, seed=0).texts: print(text)
    the green circle is to the right of the purple square
    a blue star above a red circle
    there are two circles
    >>> scenes.captions(data, seed=0, language="zh").texts[0]
    '绿色的圆形在紫色的正方形的右边'
    """
    _check(scenes, seed, kind, language)
    texts, claims, mentions = [], [], []
    for row, draws in enumerate(_draws(scenes, seed)):
        items = scenes.objects.items(row)
        true, template = _describe(items, kind, draws, row)
        texts.append(say(true, language, template))
        claims.append(true)
        mentions.append(_mentions(texts[-1], true, items, language))
    return Captions(tuple(texts), tuple(claims), tuple(mentions))


def match(scenes: Scenes, seed: int, kind: str = "mixed", language: str = "en") -> Pairs:
    """Caption each scene, half of them wrongly, by one changed word.

    The true captions are those of ``captions`` with the same seed. Those that do not match are as
    plausible: they name no thing twice and put no two things in one place, and a text alone does
    not tell. Half of the scenes, rounded down, match. Arguments and errors are those of
    ``captions``; which half it is depends on their number as well.

    >>> from mmref.data import scenes
    >>> data = scenes.generate(4, seed=0)
    >>> pairs = scenes.match(data, seed=0, kind="places")
    >>> pairs.matches
    array([False,  True, False,  True])
    >>> pairs.texts[2], pairs.changed[2]
    ('a small yellow circle at the bottom right and a large black cross at the bottom left', \
'shape')
    """
    _check(scenes, seed, kind, language)
    rng = np.random.default_rng((seed, 1))
    matches = rng.permutation(len(scenes)) < len(scenes) // 2
    vocabulary = _vocabulary(scenes.objects)
    texts, changes = [], []
    for row, draws in enumerate(_draws(scenes, seed)):
        items = scenes.objects.items(row)
        claims, template = _describe(items, kind, draws, row)
        changed = ""
        if not matches[row]:
            rest = iter(draws[4:])
            result = falsify(claims, items, vocabulary, lambda xs, rest=rest: _pick(xs, next(rest)))
            if result is None:
                raise ShapeError(
                    "scenes", "shapes, colors and sizes enough for a false caption", vocabulary
                )
            claims, changed = result
        texts.append(say(claims, language, template))
        changes.append(changed)
    return Pairs(tuple(texts), matches, tuple(changes))


def _check(scenes, seed, kind, language):
    check_kind("scenes", scenes, Scenes, "mmref.data.scenes.Scenes")
    check_seed(seed)
    check_choice("kind", kind, (*KINDS, "mixed"))
    check_choice("language", language, LANGUAGES)


def _draws(scenes, seed):
    return np.random.default_rng(seed).random((len(scenes), _DRAWS))


def _pick(sequence, draw):
    return sequence[int(draw * len(sequence))]


def _describe(items, kind, draws, row):
    """Claims about one scene, and the number of the template that says them."""
    kinds = KINDS if kind == "mixed" else (kind,)
    if len(items) < 2:
        kinds = [kind for kind in kinds if kind != "relation"]
    if not items or not kinds:
        wanted = "two objects or more for a relation" if items else "an object"
        raise ShapeError(f"scenes[{row}]", wanted, len(items))
    kind = _pick(kinds, draws[0])
    template = _pick(range(TEMPLATES), draws[1])
    things = [Thing(*item[:3]) for item in items]
    if kind == "one":
        return (Claim(_pick(things, draws[2])),), template
    if kind == "all":
        return tuple(map(Claim, things)), template
    if kind == "places":
        return tuple(
            Claim(t, place=place_of(i)) for t, i in zip(things, items, strict=True)
        ), template
    if kind == "count":
        return (_counted(items, draws),), template
    pairs = [(a, b) for a in items for b in items if a != b]
    a, b = _pick(pairs, draws[2])
    relation = _pick([name for name in RELATIONS if related(a, name, b)], draws[3])
    return (Claim(Thing(None, *a[1:3]), relation=relation, other=Thing(None, *b[1:3])),), template


def _counted(items, draws):
    """How many objects share a color or a shape with one of them, or nothing with any."""
    by_color = draws[2] < 0.5
    names = COLORS if by_color else SHAPES
    thing = Thing(**{"color" if by_color else "shape": _pick(names, draws[3])})
    return Claim(thing, number=sum(map(thing.fits, items)))


def _mentions(text, claims, items, language):
    """Where the text names which object. No scene has two of one shape and color, so the name of
    one is never part of another's."""
    if claims[0].number is not None:
        return ()
    mentions = []
    for claim in claims:
        for thing in filter(None, (claim.thing, claim.other)):
            name = noun(thing, language)
            slot = next(i for i, item in enumerate(items) if thing.fits(item))
            mentions.append((slot, text.index(name), text.index(name) + len(name)))
    return tuple(mentions)


def _vocabulary(objects):
    """The sizes, colors and shapes that occur in these scenes."""
    fields = {
        "size": (objects.sizes, SIZES),
        "color": (objects.colors, COLORS),
        "shape": (objects.shapes, SHAPES),
    }
    return {
        kind: [names[i] for i in np.unique(values[objects.mask])]
        for kind, (values, names) in fields.items()
    }
