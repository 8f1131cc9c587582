"""Bad input of texts, transforms and scenes: each mistake once, by its kind, and its message.

What was once accepted and gave wrong results is marked as silent.
"""

import re

import numpy as np
import pytest

from mmref.data import adversarial, emoji, interactions, scenes, sentiment, text, transforms
from mmref.data.scenes import Claim, Thing
from mmref.errors import DataError

NAN = float("nan")
IMAGES = np.random.default_rng(0).uniform(size=(2, 4, 4, 3)).astype("float32")
IDS = np.array([[4, 5, 6, 0], [7, 8, 0, 0]])
MASK = IDS != 0
STAR, CROSS = Thing(shape="star"), Thing(shape="cross")


def rng():
    return np.random.default_rng(0)


def drop(**options):
    return transforms.drop_words(IDS, MASK, rng(), **({"share": 1.0} | options))


def write(thing=STAR, language="en", **claim):
    return scenes.write([Claim(thing, **claim)], language)


VOCABULARY = text.Vocabulary.build(["red car"])
MANY = 10**12

TEXTS = [
    # silent: flags, counts and ids
    (
        lambda: text.Vocabulary.build(["a"], ends="no"),
        "ChoiceError: ends: expected one of True, False; got 'no'",
    ),
    (
        lambda: text.pad([[5]], ends="no"),
        "ChoiceError: ends: expected one of True, False; got 'no'",
    ),
    (
        lambda: text.Vocabulary.build(["a"], min_count=NAN),
        "TypeError: min_count: expected an integer, at least 1, got nan",
    ),
    (lambda: text.pad([[1.7]]), "ShapeError: rows[0]: expected integers, got float64"),
    (
        lambda: text.pad([[3], [-1]]),
        "ValueError: rows[1]: expected 0 to 9223372036854775807, got -1 to -1",
    ),
    (
        lambda: text.Vocabulary("abc"),
        "TypeError: tokens: expected a sequence of texts, got the text 'abc'",
    ),
    (
        lambda: text.Vocabulary(("red", "car", "x")),
        "ValueError: tokens: expected ('[PAD]', '[UNK]') first, got ('red', 'car')",
    ),
    (
        lambda: text.Vocabulary.build(["Red"], str.lower),
        "TypeError: tokenize(text): expected a sequence of texts, got the text 'red'",
    ),
    # texts
    (lambda: text.words(None), "TypeError: text: expected a text, got NoneType"),
    (lambda: text.characters(3), "TypeError: text: expected a text, got int"),
    (lambda: text.words(b"red"), "TypeError: text: expected a text, got bytes"),
    (lambda: transforms.mirror_words(None), "TypeError: text: expected a text, got NoneType"),
    (
        lambda: text.Vocabulary.build(None),
        "TypeError: texts: expected a sequence of texts, got NoneType",
    ),
    (
        lambda: text.Vocabulary.build([b"red"]),
        "TypeError: texts: expected a sequence of texts, got b'red' in it",
    ),
    (
        lambda: VOCABULARY.encode([None]),
        "TypeError: texts: expected a sequence of texts, got None in it",
    ),
    # functions and numbers
    (
        lambda: text.Vocabulary.build(["a"], tokenize=None),
        "TypeError: tokenize: expected a function from a text to its tokens, got None",
    ),
    (
        lambda: text.bag_of_words("words"),
        "TypeError: tokenize: expected a function from a text to its tokens, got 'words'",
    ),
    (
        lambda: text.tf_idf(analyzer="char"),
        "TypeError: analyzer: expected tokenize in its place, got 'char'",
    ),
    (
        lambda: text.character_ngrams("a", "2"),
        "TypeError: low: expected an integer, at least 1, got '2'",
    ),
    (
        lambda: text.Vocabulary.build(["a"], max_size=3.5),
        "TypeError: max_size: expected an integer, at least 2, got 3.5",
    ),
    (
        lambda: text.Subwords.build(["a"], size=300.0),
        "TypeError: size: expected an integer, at least 258, got 300.0",
    ),
    *(
        (
            lambda length=length: VOCABULARY.encode(["red"], length=length),
            f"TypeError: length: expected an integer, at least 1, got {length!r}",
        )
        for length in (2.5, "3", True)
    ),
    (
        lambda: VOCABULARY.encode(["red"], truncate=1),
        "ChoiceError: truncate: expected one of True, False; got 1",
    ),
    # ids
    (lambda: text.pad(None), "TypeError: rows: expected rows of ids, got NoneType"),
    (lambda: text.pad([[2**70]]), "ShapeError: rows[0]: expected integers, got object"),
    (lambda: text.pad([5, 6]), "ShapeError: rows[0]: expected (T,), got ()"),
    (
        lambda: VOCABULARY.decode([[1], [1, 2]]),
        "ShapeError: ids: expected an array, or rows of equal lengths, got ragged ones",
    ),
    (lambda: VOCABULARY.decode([[2.7]]), "ShapeError: ids: expected integers, got float64"),
]

IMAGE_STEPS = [
    # silent: numbers that are none, pixels that would be clipped, flags
    (
        lambda: transforms.cutout(IMAGES, 0, 0, 1, fill=NAN),
        "ValueError: fill: expected a finite number, got nan",
    ),
    (
        lambda: transforms.rotate(IMAGES, 10, fill=NAN),
        "ValueError: fill: expected a finite number, got nan",
    ),
    (
        lambda: transforms.recolor(IMAGES, hue=NAN),
        "ValueError: hue: expected finite numbers, got nan",
    ),
    (
        lambda: transforms.augment(IMAGES, rng(), flip="no"),
        "ChoiceError: flip: expected one of True, False; got 'no'",
    ),
    *(
        (
            lambda change=change, scale=scale: change(scale(np.float32([[[[0, 0.5, 1]]]]))),
            f"ValueError: images: expected values in [0, 1], got {got}",
        )
        for change in (lambda x: transforms.augment(x, rng()), transforms.recolor)
        for scale, got in (
            (lambda x: 255 * x, "0.0 to 255.0"),
            (lambda x: 2 * x - 1, "-1.0 to 1.0"),
            (lambda x: x * np.float32(NAN), "nan to nan"),
        )
    ),
    (
        lambda: drop(replacement=2.5),
        "TypeError: replacement: expected an integer, at least 0, got 2.5",
    ),
    (
        lambda: drop(replacement=-1),
        "ValueError: replacement: expected an integer, at least 0, got -1",
    ),
    # numbers
    (
        lambda: transforms.rotate(IMAGES, NAN),
        "ValueError: degrees: expected finite numbers, got nan",
    ),
    (
        lambda: transforms.cutout(IMAGES, 0, 0, 1, fill="x"),
        "TypeError: fill: expected a finite number, got 'x'",
    ),
    (
        lambda: transforms.augment(IMAGES, rng(), shift=None),
        "TypeError: shift: expected a number in [0, 1), got None",
    ),
    (lambda: drop(keep=5), "TypeError: keep: expected a sequence of ids, got int"),
    (lambda: drop(keep=[0.5]), "ShapeError: keep: expected integers, got float64"),
]

SCENES = [
    # silent: claims that no scene can fulfil, flags among numbers, another layout
    (
        lambda: write(Thing(color="pink", shape="star")),
        "ChoiceError: claims[0].thing.color: expected one of None, 'red', 'green', 'blue', "
        "'yellow', 'purple', 'black'; got 'pink'",
    ),
    (
        lambda: write(number=-1),
        "ValueError: claims[0].number: expected an integer, at least 0, got -1",
    ),
    (
        lambda: scenes.corrupt(np.zeros((1, 3, 8, 8), "float32"), rng(), blur=1),
        "ShapeError: images: expected (N, H, W, 3), got (1, 3, 8, 8)",
    ),
    (
        lambda: scenes.corrupt(IMAGES, rng(), noise=True),
        "TypeError: noise: expected a finite number, at least 0, got True",
    ),
    (
        lambda: scenes.joint("copied", 3, image_hidden=True),
        "TypeError: image_hidden: expected a number in [0, 1], got True",
    ),
    (
        lambda: scenes.generate(1, 0, objects=(True, 4)),
        "TypeError: objects[0]: expected an integer, at least 1, got True",
    ),
    # claims
    (
        lambda: write(number=9),
        "ChoiceError: claims[0].number: expected one of 0, 1, 2, 3, 4; got 9",
    ),
    (
        lambda: write(place="middle"),
        "ChoiceError: claims[0].place: expected one of None, 'top left', 'top', 'top right', "
        "'left', 'center', 'right', 'bottom left', 'bottom', 'bottom right'; got 'middle'",
    ),
    (
        lambda: write(relation="near", other=CROSS),
        "ChoiceError: claims[0].relation: expected one of None, 'left of', 'right of', 'above', "
        "'below'; got 'near'",
    ),
    (
        lambda: write(relation="above"),
        "TypeError: claims[0].other: expected a mmref.data.scenes.Thing, got NoneType",
    ),
    (
        lambda: write(Thing(color="pink"), "zh"),
        "ChoiceError: claims[0].thing.color: expected one of None, 'red', 'green', 'blue', "
        "'yellow', 'purple', 'black'; got 'pink'",
    ),
    (
        lambda: scenes.write("a red star"),
        "TypeError: claims: expected a sequence of Claims, got str",
    ),
    (
        lambda: scenes.write(["a red star"]),
        "TypeError: claims[0]: expected a mmref.data.scenes.Claim, got str",
    ),
    # kinds
    (
        lambda: scenes.captions(scenes.generate(1, 0).objects, 0),
        "TypeError: scenes: expected mmref.data.scenes.Scenes, got Objects",
    ),
    (
        lambda: scenes.match(None, 0),
        "TypeError: scenes: expected mmref.data.scenes.Scenes, got NoneType",
    ),
    (
        lambda: scenes.mirror(None),
        "TypeError: scenes: expected mmref.data.scenes.Scenes, got NoneType",
    ),
    (
        lambda: scenes.render(None),
        "TypeError: objects: expected mmref.data.scenes.Objects, got NoneType",
    ),
    (
        lambda: scenes.agreement(scenes.generate(1, 0), ["a red star"]),
        "TypeError: objects: expected mmref.data.scenes.Objects, got Scenes",
    ),
    (
        lambda: scenes.corrupt([[0.0]], rng()),
        "TypeError: images: expected a numpy.ndarray, got list",
    ),
    (
        lambda: scenes.corrupt(IMAGES.astype("float16"), rng(), noise=0.1),
        "ShapeError: images: expected float32 or float64, got float16",
    ),
    (
        lambda: scenes.corrupt(IMAGES, None, noise=0.1),
        "TypeError: rng: expected a numpy.random.Generator, got NoneType",
    ),
    (
        lambda: scenes.robustness(n=2, noise=0.1),
        "TypeError: noise: expected a sequence of numbers, got float",
    ),
    # names, numbers and rows
    (
        lambda: scenes.generate(1, 0, side=32.0),
        "TypeError: side: expected an integer, at least 1, got 32.0",
    ),
    (
        lambda: scenes.generate(1, 0, shapes=None),
        "TypeError: shapes: expected a sequence of texts, got NoneType",
    ),
    (
        lambda: scenes.questions(2, 0, kinds=None),
        "TypeError: kinds: expected a sequence of texts, got NoneType",
    ),
    (
        lambda: scenes.joint("copied", 3.0),
        "TypeError: values: expected an integer, at least 1, got 3.0",
    ),
    (
        lambda: scenes.joint("copied", 2, image_noise=None),
        "TypeError: image_noise: expected a number in [0, 0.5], got None",
    ),
    (
        lambda: scenes.two_views(2, 0, pixel_noise="x"),
        "TypeError: pixel_noise: expected a finite number, at least 0, got 'x'",
    ),
    (
        lambda: scenes.compose(None, 0),
        "TypeError: scenes: expected a sequence of scenes, got NoneType",
    ),
    (
        lambda: scenes.compose([3], 0),
        "TypeError: scenes[0]: expected a sequence of objects as (size, color, shape, "
        "place), got int",
    ),
    (
        lambda: scenes.compose([[3]], 0),
        "ShapeError: scenes[0]: expected a sequence of objects as (size, color, shape, "
        "place), got [3]",
    ),
    (lambda: scenes.generate(4, 0)[np.ones(3, bool)], "ShapeError: rows: expected (4,), got (3,)"),
    (lambda: scenes.generate(4, 0)[[1, 4]], "ValueError: rows: expected 0 to 3, got 1 to 4"),
    (
        lambda: scenes.answers(["shape"]),
        "ChoiceError: kind: expected one of 'existence', 'count', 'color', 'shape', 'position', "
        "'comparison'; got ['shape']",
    ),
    (lambda: emoji.load(fold=True), "ChoiceError: fold: expected one of 0, 1, 2, 3, 4; got True"),
]


@pytest.mark.parametrize(("call", "message"), [*TEXTS, *IMAGE_STEPS, *SCENES])
def test_each_mistake_is_told(call, message):
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert f"{type(caught.value).__name__}: {caught.value}" == message


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: scenes.generate(MANY, 0), "n"),
        (lambda: scenes.questions(MANY, 0), "n"),
        (lambda: scenes.two_views(MANY, 0), "n"),
        (lambda: scenes.robustness(MANY), "n"),
        (lambda: adversarial.ring(MANY), "count"),
        (lambda: interactions.draw(MANY, 0, "parity", {"image": 0.1, "text": 0.1}), "n"),
        (lambda: sentiment.draw(MANY, 0), "n"),
        (lambda: text.pad([[1]], length=MANY), "length"),
        (lambda: transforms.resize(IMAGES, 10**6, "bilinear"), "size"),
    ],
)
def test_what_no_memory_holds_is_refused_at_once(call, name):
    with pytest.raises(ValueError) as caught:
        call()
    message = rf"{name}: expected at most \d+, as this machine has [\d,]+ bytes of memory, "
    assert re.fullmatch(message + r"got \d+, which need [\d,]+ bytes", str(caught.value))


def test_numbers_and_texts_of_numpy_are_numbers_and_texts():
    ours = scenes.generate(3, 0, 32, colors=("red", "blue"))
    theirs = scenes.generate(
        np.int64(3), np.int64(0), np.int64(32), colors=np.array(["red", "blue"])
    )
    np.testing.assert_array_equal(ours.images, theirs.images)
    assert text.Vocabulary.build(np.array(["red car"])).tokens == VOCABULARY.tokens


def test_pixels_just_beyond_one_are_rounding():
    transforms.augment(np.full((1, 8, 8, 3), 1 + 1e-6, np.float32), rng())


def test_files_of_vocabularies_are_named(tmp_path):
    for kind in (text.Vocabulary, text.Subwords):
        with pytest.raises(DataError, match=f"^{tmp_path.name}: no file: expected a file, got a"):
            kind.load(tmp_path)
        with pytest.raises(DataError, match="^none.json: missing file: not found in"):
            kind.load(tmp_path / "none.json")
    VOCABULARY.save(tmp_path / "new" / "v.json")
    assert text.Vocabulary.load(tmp_path / "new" / "v.json") == VOCABULARY
    with pytest.raises(DataError, match="v.json: no folder: a file has its name"):
        VOCABULARY.save(tmp_path / "new" / "v.json" / "w.json")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["v.json"]
