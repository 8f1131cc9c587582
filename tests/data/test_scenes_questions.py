"""Questions: answered once more from their words, and not to be guessed."""

import re
from collections import Counter, defaultdict

import numpy as np
import pytest

from mmref.data import scenes
from mmref.data.scenes import ANSWERS, COLORS, PLACES, SHAPES, SIZES
from mmref.errors import ChoiceError

ZH = dict(zip(("圆形", "正方形", "三角形", "十字形", "五角星"), SHAPES))
ZH |= dict(zip(("红色", "绿色", "蓝色", "黄色", "紫色", "黑色"), COLORS))
EN = {name: name for name in (*SHAPES, *COLORS)}
EN |= {f"{shape}s": shape for shape in SHAPES} | {"crosses": "cross"}
RELATIONS = {"left": "column", "左边": "column", "right": "-column", "右边": "-column"}
RELATIONS |= {"above": "row", "上方": "row", "below": "-row", "下方": "-row"}
PLACES_ZH = ("左上角", "上方", "右上角", "左边", "中间", "右边", "左下角", "下方", "右下角")


@pytest.fixture(scope="module", params=["en", "zh"])
def data(request):
    return request.param, scenes.questions(6000, seed=31, language=request.param)


def answer(text, items, language):
    """Answer a question from its words alone; unique referents are insisted on."""
    names = EN if language == "en" else ZH
    found = re.findall("|".join(sorted((rf"{n}" for n in names), key=len, reverse=True)), text)
    found = [names[word] for word in found]
    words = "yes no".split() if language == "en" else "是 否".split()

    def among(*properties):
        return [item for item in items if set(properties) <= {item.color, item.shape}]

    def one(*properties):
        (item,) = among(*properties)
        return item

    if "how many" in text or "几" in text:
        return str(len(among(*found)))
    if "there a " in text or "图中有" in text:
        return words[not among(*found)]
    if "color is" in text or "颜色" in text:
        color = one(*found).color
        return color if language == "en" else dict(zip(ZH.values(), ZH))[color]
    if "what shape" in text or "形状" in text:
        shape = one(*found).shape
        return shape if language == "en" else dict(zip(ZH.values(), ZH))[shape]
    if "where" in text or "哪里" in text:
        cell = 3 * one(*found).row + one(*found).column
        return (PLACES if language == "en" else PLACES_ZH)[cell]
    if "more" in text or "多" in text:
        first, second = (len(among(name)) for name in found)
        assert first != second
        return words[first < second]
    a, b = one(*found[:2]), one(*found[2:])
    assert a != b
    for word, axis in RELATIONS.items():
        if word in text:
            first, second = (getattr(x, axis.strip("-")) for x in (a, b))
            assert first != second
            return words[(first > second) != axis.startswith("-")]
    assert a.size != b.size
    larger = "larger" in text or "大吗" in text
    return words[(a.size == "large") != larger]


def test_answers_are_right_and_well_posed(data):
    language, asked = data
    for row, (text, given) in enumerate(zip(asked.texts, asked.answers)):
        assert answer(text, asked.scenes.objects.items(row), language) == given, text
        assert given in scenes.answers(asked.kinds[row], language)


def test_answers_follow_from_the_pixels(data):
    language, asked = data
    seen = scenes.read(asked.scenes.images[:500]).objects
    for row in range(500):
        assert answer(asked.texts[row], seen.items(row), language) == asked.answers[row]


def test_kinds_and_answers_are_uniform(data):
    language, asked = data
    kinds = Counter(asked.kinds)
    assert set(kinds) == set(ANSWERS) and min(kinds.values()) > 880
    for kind, total in kinds.items():
        counts = Counter(a for a, k in zip(asked.answers, asked.kinds) if k == kind)
        choices = scenes.answers(kind, language)
        assert set(counts) == set(choices)
        expected = total / len(choices)
        statistic = sum((count - expected) ** 2 / expected for count in counts.values())
        assert statistic < len(choices) + 5 * np.sqrt(2 * len(choices)), kind


@pytest.mark.parametrize("kind", ANSWERS)
def test_questions_alone_tell_nothing(kind):
    """The answer that was most frequent for the same question stays at chance; a part of the
    question (its first two words, its last) does as well."""
    asked = scenes.questions(6000, seed=32, kinds=kind)
    chance = 1 / len(ANSWERS[kind])
    parts = (
        lambda t: t,
        lambda t: t.split()[:2],
        lambda t: t.split()[-1],
        lambda t: t.split()[1:4],
    )
    for part in parts:
        seen = defaultdict(Counter)
        for text, given in zip(asked.texts[:4000], asked.answers[:4000]):
            seen[str(part(text))][given] += 1
        guesses = [
            seen[str(part(text))].most_common(1)[0][0] if str(part(text)) in seen else None
            for text in asked.texts[4000:]
        ]
        right = np.mean([guess == given for guess, given in zip(guesses, asked.answers[4000:])])
        assert right < chance + 4 * np.sqrt(chance * (1 - chance) / 2000)


def test_all_kinds_of_comparison(data):
    language, asked = data
    texts = " ".join(t for t, kind in zip(asked.texts, asked.kinds) if kind == "comparison")
    en = ("more", "larger", "smaller", "left", "right", "above", "below")
    for word in en if language == "en" else ("多", "大吗", "小吗", "左边", "右边", "上方", "下方"):
        assert 50 < texts.count(word) < 500


def test_a_no_is_a_hard_one():
    """Something of the same color or the same shape is there."""
    asked = scenes.questions(600, 33, kinds="existence")
    for row, (things, given) in enumerate(zip(asked.things, asked.answers)):
        items = asked.scenes.objects.items(row)
        if given == "no":
            assert any(things[0].color == i.color or things[0].shape == i.shape for i in items)
        assert any(things[0].fits(item) for item in items) == (given == "yes")


def test_languages_ask_the_same():
    en, zh = (scenes.questions(300, 34, language=language) for language in ("en", "zh"))
    assert (en.scenes.images == zh.scenes.images).all()
    assert en.kinds == zh.kinds and en.things == zh.things
    for kind, a, b in zip(en.kinds, en.answers, zh.answers):
        assert scenes.answers(kind).index(a) == scenes.answers(kind, "zh").index(b)


def test_rows_depend_on_seed_and_number_alone():
    whole, part = scenes.questions(200, 35), scenes.questions(30, 35)
    assert part.texts == whole.texts[:30] and part.answers == whole.answers[:30]
    assert (part.scenes.images == whole.scenes.images[:30]).all()
    large = scenes.questions(30, 35, side=64)
    assert large.texts == part.texts and large.scenes.images.shape == (30, 64, 64, 3)
    assert scenes.questions(30, 36).texts != part.texts
    assert len(scenes.questions(0, 0)) == 0


def test_objects_stand_in_any_order():
    """What the question is about must not be known by its number, nor by size or place."""
    asked = scenes.questions(2000, 37, kinds="color")
    first, sizes = Counter(), Counter()
    for row, (thing,) in enumerate(asked.things):
        items = asked.scenes.objects.items(row)
        if len(items) == 4:
            (slot,) = (i for i, item in enumerate(items) if thing.fits(item))
            first[slot] += 1
            sizes[items[slot].size] += 1
    assert min(first[i] for i in range(4)) > 0.8 * first.total() / 4
    assert min(sizes[size] for size in SIZES) > 0.8 * sizes.total() / 2


def test_unknown_kinds_and_bad_counts_are_refused():
    for arguments, error, named in [
        ({"kinds": "why"}, ChoiceError, "kinds: expected one of 'existence', .*got 'why'"),
        ({"kinds": ()}, ChoiceError, "kinds: .*got None"),
        ({"kinds": ("count", "why")}, ChoiceError, "kinds"),
        ({"n": -1}, ValueError, "n: "),
        ({"seed": "a"}, TypeError, "seed: "),
        ({"side": 16}, ChoiceError, "side"),
        ({"language": "fr"}, ChoiceError, "language"),
    ]:
        with pytest.raises(error, match=named):
            scenes.questions(**({"n": 2, "seed": 0} | arguments))
    with pytest.raises(ChoiceError, match="kind"):
        scenes.answers("why")
    with pytest.raises(ChoiceError, match="language"):
        scenes.answers("count", "fr")
