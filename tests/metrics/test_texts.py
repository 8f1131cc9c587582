"""BLEU and ROUGE beside their definitions; what they miss."""

from collections import Counter

import numpy as np
import pytest

from mmref.data import scenes
from mmref.errors import ChoiceError, ShapeError
from mmref.metrics import bleu, rouge
from tests.messages import assert_raises

pytest.importorskip("sacrebleu")
pytest.importorskip("rouge_score")

TEXTS = ["a small red star at the top", "a large blue cross on the left", "there is a circle"]
REFERENCES = [
    ["a small red star at the top left", "there is a small red star at the top"],
    ["a large blue square on the left", "a blue cross is on the left side"],
    ["there is a black circle in the center", "a black circle in the center"],
]


def runs(text, n):
    words = text.split()
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def by_definition(texts, references):
    logs, c, r = [], 0, 0
    for n in range(1, 5):
        right = total = 0
        for text, several in zip(texts, references):
            most = Counter()
            for reference in several:
                most |= runs(reference, n)
            right += sum((runs(text, n) & most).values())
            total += sum(runs(text, n).values())
        logs.append(np.log(right / total))
    for text, several in zip(texts, references):
        words = len(text.split())
        c += words
        r += min((len(s.split()) for s in several), key=lambda k: (abs(k - words), k))
    return min(1, np.exp(1 - r / c)) * np.exp(np.mean(logs))


def test_bleu_is_what_its_definition_says():
    assert bleu(TEXTS, REFERENCES) == pytest.approx(by_definition(TEXTS, REFERENCES), rel=1e-9)


def longest(a, b):
    table = np.zeros((len(a) + 1, len(b) + 1), int)
    for i, j in np.ndindex(len(a), len(b)):
        same = table[i, j] + 1
        table[i + 1, j + 1] = same if a[i] == b[j] else max(table[i, j + 1], table[i + 1, j])
    return table[-1, -1]


@pytest.mark.parametrize("kind", ["rouge1", "rouge2", "rougeL"])
def test_rouge_is_what_its_definition_says(kind):
    found = []
    for text, several in zip(TEXTS, REFERENCES):
        best = 0
        for reference in several:
            if kind == "rougeL":
                a, b = text.split(), reference.split()
                shared, sizes = longest(a, b), (len(a), len(b))
            else:
                a, b = (runs(s, int(kind[-1])) for s in (text, reference))
                shared, sizes = sum((a & b).values()), (sum(a.values()), sum(b.values()))
            best = max(best, 2 * shared / sum(sizes))
        found.append(best)
    assert rouge(TEXTS, REFERENCES, kind) == pytest.approx(np.mean(found))


def test_one_wrong_word_costs_little_and_makes_the_caption_false():
    data = scenes.generate(100, seed=0, objects=(1, 1))
    right = scenes.captions(data, 0, "places").texts
    other = {"red": "green", "green": "blue", "blue": "yellow", "yellow": "purple",
             "purple": "black", "black": "red"}  # fmt: skip
    wrong = [" ".join(other.get(word, word) for word in text.split()) for text in right]
    references = [[text] for text in right]
    assert scenes.exact(data.objects, right).all() and not scenes.exact(data.objects, wrong).any()
    assert bleu(right, references) == rouge(right, references) == 1
    assert bleu(wrong, references) > 0.5 and rouge(wrong, references) > 0.8


def as_written(texts):
    return [f"{text.capitalize()}." for text in texts]


@pytest.mark.parametrize("side", ["texts", "references"])
def test_capitals_and_full_stops_on_one_side_alone_are_told(side):
    texts, references = TEXTS, REFERENCES
    if side == "texts":
        texts = as_written(texts)
    else:
        references = [as_written(several) for several in references]
    with pytest.warns(UserWarning) as told:
        found = bleu(texts, references)
    other = {"texts": "references", "references": "texts"}[side]
    for what, warning in zip(("capitals", "signs"), told, strict=True):
        assert f"{side}: {what} in 100%, and none in {other}" in str(warning.message)
        assert warning.filename == __file__
    assert found < bleu(TEXTS, REFERENCES)


@pytest.mark.filterwarnings("error")
def test_what_is_written_alike_or_seldom_is_not_told():
    bleu(as_written(TEXTS), [as_written(several) for several in REFERENCES])
    bleu(TEXTS, [[as_written(several)[0], several[1]] for several in REFERENCES])  # a half
    bleu([as_written(TEXTS)[0], *TEXTS[1:]], [as_written(several) for several in REFERENCES])


CHINESE = ["一只红色的小狗在跑", "两只猫在红色的椅子上"]


def test_a_script_without_spaces_is_told():
    with pytest.warns(UserWarning, match="^texts: letters of a script without .* 100%") as told:
        assert bleu(CHINESE, [[text] for text in CHINESE]) == 0
    assert told[0].filename == __file__


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("tokenize", ["zh", "char"])
def test_each_character_is_a_word_where_that_is_asked_for(tokenize):
    wrong = [[text.replace("跑", "睡")] for text in CHINESE]
    spaced = [" ".join(text) for text in CHINESE], [[" ".join(text)] for (text,) in wrong]
    assert bleu(CHINESE, wrong, tokenize) == pytest.approx(by_definition(*spaced))


def test_nobody_is_told_of_parameters_that_are_not_here(caplog, capsys):
    bleu([f"{TEXTS[0]} ."] * 200, [[f"{TEXTS[0]} ."]] * 200)
    assert not caplog.records and not capsys.readouterr().err


def test_bad_input_is_told():
    message = "tokenize: expected one of '13a', 'zh', 'char'; got 'en'"
    assert_raises(ChoiceError, message, lambda: bleu(TEXTS, REFERENCES, "en"))
    message = "references: expected 3, one list a text, got 2"
    assert_raises(ShapeError, message, lambda: bleu(TEXTS, REFERENCES[:2]))
    message = "references[1]: expected 2 as references[0], got 1"
    uneven = [REFERENCES[0], REFERENCES[1][:1], REFERENCES[2]]
    assert_raises(ShapeError, message, lambda: rouge(TEXTS, uneven))
    message = "texts: expected at least one, got []"
    assert_raises(ShapeError, message, lambda: bleu([], []))
    message = "references[0]: expected at least one, got 0"
    assert_raises(ShapeError, message, lambda: bleu(TEXTS[:1], [[]]))
    message = "kind: expected one of 'rouge1', 'rouge2', 'rougeL'; got 'rouge'"
    assert_raises(ChoiceError, message, lambda: rouge(TEXTS, REFERENCES, "rouge"))
    with pytest.raises(TypeError, match=r"references\[0\]"):
        bleu(TEXTS, ["one text", "another", "a third"])
