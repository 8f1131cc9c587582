"""The grammar: from claims to English and Chinese, and back.

Each kind of caption has two templates in each language. ``write`` and ``parse`` are inverse:
``parse`` accepts exactly what ``write`` can produce.
"""

import re
from collections.abc import Sequence
from functools import cache

from mmref.contract.settings import check_choice, check_count, check_kind
from mmref.data.scenes.attributes import (
    COLORS,
    LANGUAGES,
    MAX_OBJECTS,
    PLACES,
    RELATIONS,
    SHAPES,
    SIZES,
)
from mmref.data.scenes.claims import Claim, Thing
from mmref.errors import ShapeError

TEMPLATES = 2
NUMBERS = ("zero", "one", "two", "three", "four")
# Before a measure word two is liang, not er.
ZH_NUMBERS = ("零", "一", "两", "三", "四")
ZH = {
    **dict(zip(SHAPES, ("圆形", "正方形", "三角形", "十字形", "五角星"), strict=True)),
    **dict(zip(COLORS, ("红色", "绿色", "蓝色", "黄色", "紫色", "黑色"), strict=True)),
    **dict(zip(SIZES, ("小", "大"), strict=True)),
}
RELATION_WORDS = {
    "en": dict(
        zip(RELATIONS, ("to the left of", "to the right of", "above", "below"), strict=True)
    ),
    "zh": dict(zip(RELATIONS, ("左边", "右边", "上方", "下方"), strict=True)),
}
PLACE_WORDS = {
    "en": {
        **{place: f"at the {place}" for place in PLACES},
        **{"left": "on the left", "center": "in the center", "right": "on the right"},
    },
    "zh": dict(
        zip(
            PLACES,
            ("左上角", "上方", "右上角", "左边", "中间", "右边", "左下角", "下方", "右下角"),
            strict=True,
        )
    ),
}


def noun(thing: Thing, language: str, number: int = 1) -> str:
    """A thing's name, without article or number.

    >>> noun(Thing("large", "red", "star"), "en"), noun(Thing("large", "red", "star"), "zh")
    ('large red star', '红色的大五角星')
    >>> noun(Thing(shape="cross"), "en", number=2), noun(Thing(color="red"), "zh")
    ('crosses', '红色的物体')
    """
    if language == "zh":
        color = f"{ZH[thing.color]}的" if thing.color else ""
        size = ZH[thing.size] if thing.size else ""
        return color + size + (ZH[thing.shape] if thing.shape else "物体")
    plural = "" if number == 1 else "es" if thing.shape == "cross" else "s"
    return " ".join([*filter(None, (thing.size, thing.color)), (thing.shape or "object") + plural])


def measured(thing: Thing, number: int = 1) -> str:
    """A thing with its number and measure word in Chinese: a star takes another one.

    >>> measured(Thing(shape="star"), 2), measured(Thing(shape="circle"))
    ('两颗五角星', '一个圆形')
    """
    return ZH_NUMBERS[number] + measure(thing) + noun(thing, "zh")


def measure(thing: Thing) -> str:
    """The measure word."""
    return "颗" if thing.shape == "star" else "个"


def write(claims: Sequence[Claim], language: str = "en", template: int = 0) -> str:
    """Say claims in words: one about a number, one relation, or a list of things that there are.

    >>> red, blue = Thing(color="red", shape="star"), Thing(color="blue", shape="cross")
    >>> write([Claim(red, relation="left of", other=blue)])
    'the red star is to the left of the blue cross'
    >>> write([Claim(red, relation="left of", other=blue)], "zh")
    '红色的五角星在蓝色的十字形的左边'
    >>> write([Claim(red), Claim(blue)], "zh", template=1)
    '图中有一颗红色的五角星和一个蓝色的十字形'
    """
    check_choice("language", language, LANGUAGES)
    check_choice("template", template, tuple(range(TEMPLATES)))
    check_kind("claims", claims, (list, tuple), "a sequence of Claims")
    if not claims:
        raise ShapeError("claims", "at least one", claims)
    for i, claim in enumerate(claims):
        _check_claim(f"claims[{i}]", claim)
    if len(claims) > 1 and (claims[0].number is not None or claims[0].relation):
        raise ShapeError("claims", "one, where it is about a number or a relation", claims)
    return say(claims, language, template)


def say(claims: Sequence[Claim], language: str, template: int) -> str:
    """``write`` for claims that are known to be right, as thousands of them are made here."""
    sort = _count if claims[0].number is not None else _relate if claims[0].relation else _list
    return sort(claims, language, template)


def _check_claim(name, claim):
    check_kind(name, claim, Claim, "a mmref.data.scenes.Claim")
    _check_thing(f"{name}.thing", claim.thing)
    check_choice(f"{name}.place", claim.place, (None, *PLACES))
    check_choice(f"{name}.relation", claim.relation, (None, *RELATIONS))
    if claim.relation is not None:
        _check_thing(f"{name}.other", claim.other)
    if claim.number is not None:
        check_count(f"{name}.number", claim.number, 0)
        check_choice(f"{name}.number", int(claim.number), tuple(range(MAX_OBJECTS + 1)))


def _check_thing(name, thing):
    check_kind(name, thing, Thing, "a mmref.data.scenes.Thing")
    for field, choices in (("size", SIZES), ("color", COLORS), ("shape", SHAPES)):
        check_choice(f"{name}.{field}", getattr(thing, field), (None, *choices))


def _count(claims, language, template):
    thing, number = claims[0].thing, claims[0].number
    name = noun(thing, language, number)
    if language == "zh":
        if template == 0:
            return f"图中共有{measured(thing, number)}" if number else f"图中没有{name}"
        unit = measure(thing)
        return f"{name}共有{ZH_NUMBERS[number]}{unit}" if number else f"{name}一{unit}也没有"
    if template == 1:
        return f"the number of {noun(thing, language, 2)} is {NUMBERS[number]}"
    return f"there {'is' if number == 1 else 'are'} {NUMBERS[number] if number else 'no'} {name}"


def _relate(claims, language, template):
    claim = claims[0]
    where = RELATION_WORDS[language][claim.relation]
    name, other = noun(claim.thing, language), noun(claim.other, language)
    if language == "zh":
        if template == 0:
            return f"{name}在{other}的{where}"
        return f"{other}的{where}有{measured(claim.thing)}"
    if template == 0:
        return f"the {name} is {where} the {other}"
    return f"{_article(name)} {where} {_article(other)}"


def _list(claims, language, template):
    words = PLACE_WORDS[language]
    if language == "en":
        parts = [
            _article(noun(claim.thing, "en")) + (f" {words[claim.place]}" if claim.place else "")
            for claim in claims
        ]
        return ("there is " if template else "") + _enumerate(parts, ", ", " and ")
    if claims[0].place:
        parts = [f"{words[claim.place]}有{measured(claim.thing)}" for claim in claims]
        return ("图的" if template else "") + "，".join(parts)
    return ("图中有" if template else "") + _enumerate(
        [measured(c.thing) for c in claims], "、", "和"
    )


def _article(name):
    return ("an " if name[0] in "aeiou" else "a ") + name


def _enumerate(parts, comma, last):
    return last.join(filter(None, (comma.join(parts[:-1]), parts[-1])))


def parse(text: str, language: str = "en") -> tuple[Claim, ...]:
    """Read a caption back: the tuple of claims that ``write`` made it from.

    Raises ShapeError for a text that this grammar does not produce.

    >>> parse("a small red star")
    (Claim(thing=Thing(size='small', color='red', shape='star'), place=None, number=None, \
relation=None, other=None),)
    >>> parse("圆形共有两个", "zh")[0].number
    2
    """
    check_choice("language", language, LANGUAGES)
    check_kind("text", text, str, "one text")
    for claims in (_read(text, language), _read_list(text, language)):
        # The patterns are lenient about number, measure word and article; writing is not.
        if claims and any(text == say(claims, language, i) for i in range(TEMPLATES)):
            return claims
    raise ShapeError("text", f"a caption of the grammar, in {language!r}", repr(text))


def _read(text, language):
    """The claim about a number or a relation; () where it is neither."""
    for pattern in _patterns(language):
        if match := pattern.fullmatch(text):
            found = match.groupdict()
            if found.get("relation"):
                relation = _name(RELATION_WORDS[language], found["relation"])
                other = _thing(found, language, "other")
                return (Claim(_thing(found, language), relation=relation, other=other),)
            words = ZH_NUMBERS if language == "zh" else NUMBERS
            number = words.index(found["number"]) if found.get("number") else 0
            return (Claim(_thing(found, language), number=number),)
    return ()


def _read_list(text, language):
    """The claims of a list of things; () where there is something else in it."""
    if language == "zh":
        parts = re.split("[，、和]", re.sub("^图[中的]", "", text))
    else:
        parts = re.split(", | and ", text.removeprefix("there is "))
    matches = [_item_pattern(language).fullmatch(part) for part in parts]
    if not all(matches):
        return ()
    return tuple(
        Claim(
            _thing(match.groupdict(), language),
            place=match["place"] and _name(PLACE_WORDS[language], match["place"]),
        )
        for match in matches
    )


def _thing(found, language, prefix="thing"):
    words = [found[f"{prefix}_{kind}"] for kind in Thing._fields]
    names = [_name(ZH, word) if language == "zh" else word for word in words]
    return Thing(*(None if name in ("object", "物体") else name for name in names))


def _name(words, wanted):
    """The name that has this word; None for None, and the word itself for the open shape."""
    return next((name for name, word in words.items() if word == wanted), wanted)


def _either(words):
    # The longest first, or "at the top" would hide "at the top left".
    return "|".join(sorted(words, key=len, reverse=True))


def _thing_pattern(language, prefix="thing"):
    def group(kind, words):
        return f"(?P<{prefix}_{kind}>{_either(words)})"

    if language == "en":
        shape = group("shape", (*SHAPES, "object")) + "(?:es|s)?"
        return f"(?:{group('size', SIZES)} )?(?:{group('color', COLORS)} )?{shape}"
    size, color, shape = ([ZH[name] for name in names] for names in (SIZES, COLORS, SHAPES))
    return f"(?:{group('color', color)}的)?{group('size', size)}?{group('shape', (*shape, '物体'))}"


@cache
def _patterns(language):
    thing, other = _thing_pattern(language), _thing_pattern(language, "other")
    relation = f"(?P<relation>{_either(RELATION_WORDS[language].values())})"
    if language == "en":
        number = f"(?P<number>{_either(NUMBERS)})"
        texts = (
            f"there (?:is|are) (?:no|{number}) {thing}",
            f"the number of {thing} is {number}",
            f"the {thing} is {relation} the {other}",
            f"an? {thing} {relation} an? {other}",
        )
    else:
        number = f"(?P<number>{_either(ZH_NUMBERS)})"
        texts = (
            f"图中共有{number}[个颗]{thing}",
            f"图中没有{thing}",
            f"{thing}共有{number}[个颗]",
            f"{thing}一[个颗]也没有",
            f"{thing}在{other}的{relation}",
            f"{other}的{relation}有一[个颗]{thing}",
        )
    return [re.compile(text) for text in texts]


@cache
def _item_pattern(language):
    place = f"(?P<place>{_either(PLACE_WORDS[language].values())})"
    thing = _thing_pattern(language)
    return re.compile(
        f"an? {thing}(?: {place})?" if language == "en" else f"(?:{place}?有)?一[个颗]{thing}"
    )
