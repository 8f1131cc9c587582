"""Captions: true, read back, mirrored; and false ones that a text alone does not give away."""

import re

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from mmref.data import scenes
from mmref.data.scenes import COLORS, KINDS, PLACES, SHAPES, SIZES, Claim, Thing
from mmref.data.text import words
from mmref.data.transforms import mirror_words
from mmref.errors import ChoiceError, ShapeError

LANGUAGES = ("en", "zh")
both = pytest.mark.parametrize("language", LANGUAGES)
CHINESE = dict(zip(SHAPES, ("圆形", "正方形", "三角形", "十字形", "五角星")))
CHINESE |= dict(zip(COLORS, ("红色", "绿色", "蓝色", "黄色", "紫色", "黑色")))
every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def data():
    return scenes.generate(1000, seed=11, objects=(2, 4))


@both
@every_kind
def test_captions_are_true_and_read_back(data, kind, language):
    said = scenes.captions(data, seed=1, kind=kind, language=language)
    assert len(said) == len(data) and len(set(said.texts)) > 20
    for row, (text, claims) in enumerate(zip(said.texts, said.claims)):
        assert scenes.parse(text, language) == claims
        assert all(claim.holds(data.objects.items(row)) for claim in claims)
    assert (scenes.agreement(data.objects, said.texts, language) == 1).all()


@every_kind
def test_both_languages_say_the_same(data, kind):
    en, zh = (scenes.captions(data, 1, kind, language) for language in LANGUAGES)
    assert en.claims == zh.claims
    assert [[m[0] for m in row] for row in en.mentions] == [
        [m[0] for m in row] for row in zh.mentions
    ]


def test_every_word_is_known(data):
    """Both languages, all kinds: nothing but the words of the grammar."""
    en, zh = set(), set()
    for kind in KINDS:
        for row in scenes.captions(data, 3, kind, "en").texts:
            en |= set(words(row))
        for row in scenes.captions(data, 3, kind, "zh").texts:
            zh |= set(words(row))
    plurals = {f"{shape}{'es' if shape == 'cross' else 's'}" for shape in SHAPES} | {"objects"}
    grammar = "a the there is are and number of to at on in left right above below top bottom"
    numbers = "no zero one two three four center"
    assert en | {"four"} == {"object"} | {
        *COLORS,
        *SHAPES,
        *SIZES,
        *plurals,
        *grammar.split(),
        *numbers.split(),
    }
    assert zh | {"四"} == set(
        "红绿蓝黄紫黑色的大小圆正方三角十字五星形物体个颗图中有没共也一两三四和在左右上下角边间"
    )


def test_chinese_measure_words(data):
    """A star takes another measure word, and two of anything are liang."""
    shape = "(圆形|正方形|三角形|十字形|五角星|物体)"
    before = re.compile(f"[一两三四]([个颗])(?:.色的)?[大小]?{shape}")
    after = re.compile(f"{shape}(?:共有.|一)([个颗])")
    seen = 0
    for kind in KINDS:
        for text in scenes.captions(data, 2, kind, "zh").texts:
            found = [*before.findall(text), *(pair[::-1] for pair in after.findall(text))]
            assert len(found) == len(re.findall("[个颗]", text))
            assert all((unit == "颗") == (name == "五角星") for unit, name in found), text
            assert "二" not in text and "零" not in text
            seen += len(found)
    assert seen > 3000


def test_plain_captions_name_everything_once(data):
    for kind in ("all", "places"):
        said = scenes.captions(data, 4, kind)
        for row, claims in enumerate(said.claims):
            named = [claim.thing for claim in claims]
            assert named == [Thing(*item[:3]) for item in data.objects.items(row)]


def test_mentions_point_at_the_words_and_the_object(data):
    for kind in KINDS:
        for language in LANGUAGES:
            said = scenes.captions(data[:300], 5, kind, language)
            for row, (text, mentions) in enumerate(zip(said.texts, said.mentions)):
                assert bool(mentions) == (kind != "count")
                things = [t for c in said.claims[row] for t in (c.thing, c.other) if t]
                for (slot, start, stop), thing in zip(mentions, things):
                    item = data.objects.items(row)[slot]
                    assert thing.fits(item)
                    assert [thing.fits(other) for other in data.objects.items(row)].count(True) == 1
                    if language == "en":
                        assert text[start:stop].split()[-2:] == [item.color, item.shape]
                    else:
                        color, shape = CHINESE[item.color], CHINESE[item.shape]
                        assert re.fullmatch(f"{color}的[大小]?{shape}", text[start:stop])


def test_all_relations_places_and_numbers_occur(data):
    claims = [scenes.captions(data, 6, kind).claims for kind in ("relation", "places", "count")]
    assert {row[0].relation for row in claims[0]} == {"left of", "right of", "above", "below"}
    assert {claim.place for row in claims[1] for claim in row} == set(PLACES)
    assert {row[0].number for row in claims[2]} >= {0, 1, 2, 3}


@both
def test_one_object_has_no_relation(language):
    data = scenes.generate(400, 0, objects=(1, 1))
    said = scenes.captions(data, 0, language=language)
    assert not any(claims[0].relation for claims in said.claims)
    with pytest.raises(ShapeError, match=r"scenes\[0\]: expected two objects .*got 1"):
        scenes.captions(data, 0, kind="relation")


def test_captions_depend_on_seed_and_row(data):
    whole = scenes.captions(data, 7)
    assert scenes.captions(data[:100], 7).texts == whole.texts[:100]
    other = scenes.captions(data, 8).texts
    assert sum(a != b for a, b in zip(whole.texts, other)) > 800


@both
@every_kind
def test_the_captions_of_mirrored_scenes_are_mirrored(data, kind, language):
    said = scenes.captions(data, 9, kind, language)
    texts = [mirror_words(text) for text in said.texts]
    mirrored = scenes.mirror(data)
    assert texts == list(scenes.captions(mirrored, 9, kind, language).texts)
    assert (scenes.agreement(mirrored.objects, texts, language) == 1).all()
    # The bug of an image that is flipped without its caption.
    stale = scenes.agreement(mirrored.objects, said.texts, language)
    side = re.compile("left|right|左|右")
    assert [score < 1 for score in stale] == [bool(side.search(text)) for text in said.texts]


@both
@every_kind
def test_false_captions_are_false_by_one_word(data, kind, language):
    pairs = scenes.match(data, 10, kind, language)
    true = scenes.captions(data, 10, kind, language)
    assert pairs.matches.sum() == len(data) // 2
    scores = scenes.agreement(data.objects, pairs.texts, language)
    assert ((scores == 1) == pairs.matches).all()
    for text, match, changed, said, claims in zip(
        pairs.texts, pairs.matches, pairs.changed, true.texts, true.claims
    ):
        assert match == (text == said) == (changed == "")
        if not match:
            differences = [
                field
                for old, new in zip(claims, scenes.parse(text, language), strict=True)
                for field in differing(old, new)
            ]
            assert differences == [changed]
    names = {"one": {"size", "color", "shape"}, "count": {"color", "shape"}}
    names["all"], names["places"] = names["one"], names["one"] | {"place"}
    names["relation"] = names["count"] | {"relation"}
    assert set(pairs.changed) == names[kind] | {""}


def test_which_captions_match_depends_on_the_seed_and_on_their_number(data):
    matches = scenes.match(data, 10).matches
    assert (scenes.match(data, 10).matches == matches).all()
    for other in (scenes.match(data, 11).matches, scenes.match(data[:-2], 10).matches):
        agreeing = (other == matches[: len(other)]).mean()
        assert abs(agreeing - 0.5) < 0.07  # about four standard errors


def differing(old, new):
    """The names of what two claims say differently."""
    for field in ("place", "number", "relation"):
        if getattr(old, field) != getattr(new, field):
            yield field
    for a, b in zip((old.thing, old.other), (new.thing, new.other)):
        if a:
            yield from (name for name in Thing._fields if getattr(a, name) != getattr(b, name))


@every_kind
def test_text_alone_does_not_tell(kind):
    """A linear model on words, pairs and triples of words stays at chance."""
    data = scenes.generate(5000, seed=12, objects=(2, 4))
    pairs = scenes.match(data, 13, kind)
    features = CountVectorizer(ngram_range=(1, 3), token_pattern=r"\w+").fit_transform(pairs.texts)
    model = LogisticRegression(C=0.1, solver="liblinear").fit(features[:3000], pairs.matches[:3000])
    accuracy = model.score(features[3000:], pairs.matches[3000:])
    assert abs(accuracy - 0.5) < 4 * np.sqrt(0.25 / 2000)
    for text in pairs.texts:
        claims = scenes.parse(text)
        assert len({claim.thing[1:] for claim in claims}) == len(claims)
        if kind == "places":
            assert len({claim.place for claim in claims}) == len(claims)


def test_match_without_another_word():
    data = scenes.generate(4, 0, objects=(1, 1), shapes="star", colors="red", sizes="small")
    with pytest.raises(ShapeError, match="scenes: expected .* enough for a false caption"):
        scenes.match(data, 0, kind="one")


@pytest.mark.parametrize(
    "text, language",
    [
        ("", "en"),
        ("a red", "en"),
        ("a red circle.", "en"),
        ("an red circle", "en"),
        ("a object", "en"),
        ("A red circle", "en"),
        ("there are one circle", "en"),
        ("there is two circles", "en"),
        ("there are two circle", "en"),
        ("there are no crosss", "en"),
        ("there are zero circles", "en"),
        ("a red circle and a blue star and a black star", "en"),
        ("the red circle is left of the blue star", "en"),
        ("一颗红色的圆形", "zh"),
        ("一个五角星", "zh"),
        ("图中共有二个圆形", "zh"),
        ("图中共有零个圆形", "zh"),
        ("红色圆形", "zh"),
        ("a red circle", "zh"),
        ("一个红色的圆形", "en"),
    ],
)
def test_what_is_no_caption(text, language):
    with pytest.raises(ShapeError, match="text: expected a caption of the grammar"):
        scenes.parse(text, language)
    objects = scenes.generate(1, 0).objects
    assert scenes.agreement(objects, [text], language, strict=False) == [0]
    with pytest.raises(ShapeError, match="text"):
        scenes.agreement(objects, [text], language)


@both
def test_every_sentence_is_its_own(language):
    """No two claims are said alike, so a caption means one thing."""
    colors, shapes = (None, *COLORS), (None, *SHAPES)
    things = [Thing(s, c, h) for s in (None, *SIZES) for c in colors for h in shapes]
    pairs = [Thing(None, "red", "star"), Thing(None, "blue", "cross")]
    claims = [Claim(t, place=place) for t in things for place in (None, *PLACES)]
    claims += [Claim(t, number=n) for t in things for n in range(5)]
    claims += [
        Claim(a, relation=r, other=b)
        for r in ("left of", "right of", "above", "below")
        for a, b in (pairs, pairs[::-1])
    ]
    texts = {}
    for claim in claims:
        for template in (0, 1):
            text = scenes.write([claim], language, template)
            assert texts.setdefault(text, claim) == claim
            assert scenes.parse(text, language) == (claim,)


def test_relations_are_strict():
    row = [("small", "red", "star", "top left"), ("small", "blue", "star", "left")]
    items = scenes.compose([row], 0).objects.items(0)
    red, blue = Thing(color="red"), Thing(color="blue")
    true = [r for r in scenes.RELATIONS if Claim(red, relation=r, other=blue).holds(items)]
    assert true == ["above"]
    true = [r for r in scenes.RELATIONS if Claim(blue, relation=r, other=red).holds(items)]
    assert true == ["below"]


def test_agreement_is_a_share():
    row = [("small", "red", "star", "top left"), ("large", "blue", "star", "left")]
    objects = scenes.compose([row] * 3, 0).objects
    texts = ["a small red star, a large red star and a small blue star"]
    texts += ["there are two stars", "the blue star is above the red star"]
    assert scenes.agreement(objects, texts) == pytest.approx([1 / 3, 1, 0])


def test_unknown_kinds_and_languages_are_refused(data):
    with pytest.raises(ChoiceError, match="kind: expected one of 'one', .*got 'poem'"):
        scenes.captions(data, 0, kind="poem")
    for function in (scenes.captions, scenes.match):
        with pytest.raises(ChoiceError, match="language: .*got 'fr'"):
            function(data, 0, language="fr")
        with pytest.raises(ValueError, match="seed"):
            function(data, -1)
    with pytest.raises(TypeError, match="texts: expected a sequence of texts, got the text"):
        scenes.agreement(data.objects, "a red star")
    with pytest.raises(ShapeError, match="texts: expected 1000, one a scene, got 1"):
        scenes.agreement(data.objects, ["a red star"])
    with pytest.raises(ShapeError, match="claims: expected at least one"):
        scenes.write([])
    with pytest.raises(ShapeError, match="claims: expected one, where"):
        scenes.write([Claim(Thing(), number=1), Claim(Thing(), number=2)])
    with pytest.raises(ChoiceError, match="template"):
        scenes.write([Claim(Thing())], template=2)
    with pytest.raises(TypeError, match="text: expected one text, got list"):
        scenes.parse(["a red star"])
    empty = scenes.compose([[]], 0)
    with pytest.raises(ShapeError, match=r"scenes\[0\]: expected an object, got 0"):
        scenes.captions(empty, 0)
