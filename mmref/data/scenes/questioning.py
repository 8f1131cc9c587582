"""Questions with known answers, which no question gives away.

Each question is drawn first, then its answer, uniformly and whatever the question; then a scene
in which that is the answer. So a guess from the question alone is right once in as many times as
there are answers: 2 for "existence" and "comparison", 5 for "count" (none to four) and "shape",
6 for "color", 9 for "position". The thing that a question is about is the only one of its kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmref.contract.settings import check_choice, check_seed, text_list
from mmref.data.scenes.attributes import (
    COLORS,
    LANGUAGES,
    MAX_OBJECTS,
    PLACES,
    RELATIONS,
    SHAPES,
    SIZES,
    check_number_of_scenes,
)
from mmref.data.scenes.claims import OPPOSITE, Thing, related
from mmref.data.scenes.generation import compose
from mmref.data.scenes.language import PLACE_WORDS, RELATION_WORDS, ZH, measure, noun
from mmref.data.scenes.world import Item, Scenes

COUNTS = tuple("01234")
ANSWERS = {
    "existence": ("yes", "no"),
    "count": COUNTS,
    "color": COLORS,
    "shape": SHAPES,
    "position": PLACES,
    "comparison": ("yes", "no"),
}
_PAIRS = [Thing(None, color, shape) for color in COLORS for shape in SHAPES]


@dataclass(frozen=True, eq=False)
class Questions:
    """One question about each scene; entry i of every field belongs together.

    scenes: the Scenes, with one to four objects.
    texts, answers: in the chosen language.
    kinds: "existence", "count", "color", "shape", "position" or "comparison".
    things: what it is about: Things, one, or two in comparisons.
    """

    scenes: Scenes
    texts: tuple[str, ...]
    answers: tuple[str, ...]
    kinds: tuple[str, ...]
    things: tuple[tuple[Thing, ...], ...]

    def __len__(self) -> int:
        return len(self.texts)


def questions(
    n: int,
    seed: int,
    kinds: str | Sequence[str] = tuple(ANSWERS),
    side: int = 32,
    language: str = "en",
) -> Questions:
    """Draw n scenes with a question and its answer each. Row i depends on the seed and on i.

    kinds: the kinds to draw from, uniformly; a name or several.
    language: "en" or "zh"; scenes and questions are the same in both.
    Raises ChoiceError for other kinds, sides or languages.

    >>> data = questions(3, seed=2)
    >>> for text, answer in zip(data.texts, data.answers): print(text, answer)
    are there more blue objects than red objects? yes
    how many circles are there? 4
    what shape is the green object? star
    >>> data = questions(3, seed=2, language="zh")
    >>> for text, answer in zip(data.texts, data.answers): print(text, answer)
    蓝色的物体比红色的物体多吗？ 是
    图中有几个圆形？ 4
    绿色的物体是什么形状的？ 五角星
    """
    check_number_of_scenes(n, side)
    check_seed(seed)
    check_choice("language", language, LANGUAGES)
    kinds = (kinds,) if isinstance(kinds, str) else text_list("kinds", kinds)
    for kind in kinds or (None,):
        check_choice("kinds", kind, tuple(ANSWERS))
    rows = [_ask(np.random.default_rng((seed, i)), kinds, language) for i in range(n)]
    objects, texts, answers, asked, things = zip(*rows, strict=True) if rows else [()] * 5
    return Questions(compose(objects, seed, side), texts, answers, asked, things)


def answers(kind: str, language: str = "en") -> tuple[str, ...]:
    """All answers to questions of a kind.

    >>> answers("shape", "zh")
    ('圆形', '正方形', '三角形', '十字形', '五角星')
    """
    check_choice("kind", kind, tuple(ANSWERS))
    check_choice("language", language, LANGUAGES)
    return tuple(_say(answer, language) for answer in ANSWERS[kind])


def _ask(rng, kinds, language):
    """One question: objects for ``compose``, text, answer, kind, things."""
    kind = _pick(rng, kinds)
    answer = _pick(rng, ANSWERS[kind])
    things, needed, allowed, text = _BUILDERS[kind](rng, answer, language)
    total = rng.integers(max(len(needed), 1), MAX_OBJECTS, endpoint=True)
    needed = needed + [(pair, None, None) for pair in _some(rng, allowed, total - len(needed))]
    taken = [place for _, _, place in needed]
    free = iter(_some(rng, [place for place in PLACES if place not in taken], total))
    objects = [
        (size or _pick(rng, SIZES), pair.color, pair.shape, place or next(free))
        for pair, size, place in needed
    ]
    # In any order: the first must not be what the question is about.
    return _some(rng, objects, total), text, _say(answer, language), kind, things


def _pick(rng, sequence):
    return sequence[rng.integers(len(sequence))]


def _some(rng, sequence, count):
    return [sequence[i] for i in rng.permutation(len(sequence))[:count]]


def _say(answer, language):
    if language == "en":
        return answer
    return {**ZH, **PLACE_WORDS["zh"], "yes": "是", "no": "否"}.get(answer, answer)


# Each builder returns the things in question; the objects that the answer needs, as (pair, size
# or None, place or None); the pairs that other objects may have; and the text.


def _existence(rng, answer, language):
    thing = _pick(rng, _PAIRS)
    if answer == "yes":
        needed = thing
    else:  # something like it: of the same color or the same shape
        alike = [p for p in _PAIRS if (p.color == thing.color) != (p.shape == thing.shape)]
        needed = _pick(rng, alike)
    allowed = [pair for pair in _PAIRS if pair not in (thing, needed)]
    name = noun(thing, language)
    text = f"is there a {name}?" if language == "en" else f"图中有{name}吗？"
    return (thing,), [(needed, None, None)], allowed, text


def _count(rng, answer, language):
    thing = _property(rng)
    inside = [pair for pair in _PAIRS if thing.fits(pair)]
    outside = [pair for pair in _PAIRS if not thing.fits(pair)]
    needed = [(pair, None, None) for pair in _some(rng, inside, int(answer))]
    if language == "en":
        text = f"how many {noun(thing, 'en', 2)} are there?"
    else:
        text = f"图中有几{measure(thing)}{noun(thing, 'zh')}？"
    return (thing,), needed, outside, text


def _color(rng, answer, language):
    thing = Thing(shape=_pick(rng, SHAPES))
    return _which(thing, thing._replace(color=answer), language, {"en": "color", "zh": "颜色"})


def _shape(rng, answer, language):
    thing = Thing(color=_pick(rng, COLORS))
    return _which(thing, thing._replace(shape=answer), language, {"en": "shape", "zh": "形状"})


def _which(thing, pair, language, asked):
    """Which color or shape a thing has; the pair is the only one that fits it."""
    name, word = noun(thing, language), asked[language]
    text = f"what {word} is the {name}?" if language == "en" else f"{name}是什么{word}的？"
    return (thing,), [(pair, None, None)], [p for p in _PAIRS if not thing.fits(p)], text


def _position(rng, answer, language):
    pair = _pick(rng, _PAIRS)
    name = noun(pair, language)
    text = f"where is the {name}?" if language == "en" else f"{name}在哪里？"
    return (pair,), [(pair, None, answer)], [p for p in _PAIRS if p != pair], text


def _comparison(rng, answer, language):
    return _pick(rng, (_more, _larger, _related))(rng, answer == "yes", language)


def _more(rng, yes, language):
    """More of one color than of another, or of one shape."""
    kind, names = _pick(rng, (("color", COLORS), ("shape", SHAPES)))
    things = tuple(Thing(**{kind: name}) for name in _some(rng, names, 2))
    fewer, more = _pick(rng, [(0, 1), (0, 2), (1, 2), (1, 3)])
    needed = []
    for thing, count in zip(things, (more, fewer) if yes else (fewer, more), strict=True):
        inside = [pair for pair in _PAIRS if thing.fits(pair)]
        needed += [(pair, None, None) for pair in _some(rng, inside, count)]
    outside = [pair for pair in _PAIRS if not any(thing.fits(pair) for thing in things)]
    if language == "en":
        first, second = (noun(thing, "en", 2) for thing in things)
        return things, needed, outside, f"are there more {first} than {second}?"
    first, second = (noun(thing, "zh") for thing in things)
    return things, needed, outside, f"{first}比{second}多吗？"


def _larger(rng, yes, language):
    """One object larger, or smaller, than another."""
    a, b = _some(rng, _PAIRS, 2)
    larger = rng.random() < 0.5
    sizes = ("large", "small") if larger == yes else ("small", "large")
    others = [pair for pair in _PAIRS if pair not in (a, b)]
    needed = [(a, sizes[0], None), (b, sizes[1], None)]
    first, second = noun(a, language), noun(b, language)
    if language == "en":
        word = "larger" if larger else "smaller"
        return (a, b), needed, others, f"is the {first} {word} than the {second}?"
    return (a, b), needed, others, f"{first}比{second}{'大' if larger else '小'}吗？"


def _related(rng, yes, language):
    """One object left of, right of, above or below another; a no means the opposite."""
    a, b = _some(rng, _PAIRS, 2)
    asked = _pick(rng, RELATIONS)
    true = asked if yes else OPPOSITE[asked]
    here, there = _pick(rng, _PLACES_RELATED[true])
    others = [pair for pair in _PAIRS if pair not in (a, b)]
    needed = [(a, None, here), (b, None, there)]
    first, second = noun(a, language), noun(b, language)
    where = RELATION_WORDS[language][asked]
    if language == "en":
        return (a, b), needed, others, f"is the {first} {where} the {second}?"
    return (a, b), needed, others, f"{first}在{second}的{where}吗？"


def _property(rng):
    """Any color, or any shape."""
    if rng.random() < 0.5:
        return Thing(color=_pick(rng, COLORS))
    return Thing(shape=_pick(rng, SHAPES))


_CELLS = [Item("", "", "", *divmod(i, 3)) for i in range(len(PLACES))]
_PLACES_RELATED = {
    relation: [
        (PLACES[i], PLACES[j])
        for i, a in enumerate(_CELLS)
        for j, b in enumerate(_CELLS)
        if related(a, relation, b)
    ]
    for relation in RELATIONS
}
_BUILDERS = {
    "existence": _existence,
    "count": _count,
    "color": _color,
    "shape": _shape,
    "position": _position,
    "comparison": _comparison,
}
