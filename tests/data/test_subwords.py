"""Subwords: byte-pair encoding."""

import json
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmref.data import emoji
from mmref.data.text import BEGIN, END, PAD, UNKNOWN, Subwords, Vocabulary
from mmref.errors import DataError

TEXTS = st.lists(st.text(max_size=20), max_size=5)
DIFFICULT = [
    "",
    " ",
    "  two  spaces \t\r\n",
    "[PAD]",
    "[UNK] [BEGIN] [END]",
    "<|endoftext|> </s>",
    "戴眼镜的脸",
    "👩‍👩‍👧 👍🏽 🏳️‍🌈",
    "e\u0301 is not \u00e9",
    "שָׁלוֹם עולם",
    "مرحبا بالعالم",
    "\u202eright to left\u202c",
    "हिन्दी",
    "\0",
]


@pytest.fixture(scope="module")
def names():
    return list(emoji.load().names)


@pytest.fixture(scope="module")
def subwords(names):
    return Subwords.build(names, 500)


def round_trip(subwords, texts, **settings):
    return subwords.decode(subwords.encode(texts, **settings)[0])


@pytest.mark.parametrize("text", DIFFICULT)
def test_difficult_texts_come_back(subwords, text):
    assert round_trip(subwords, [text, "a longer text, so that there is padding"])[0] == text


@given(TEXTS, st.sampled_from(["right", "left"]))
def test_any_text_comes_back(subwords, texts, side):
    ids, mask = subwords.encode(texts, side=side)
    assert ids.dtype == np.int64 and mask.dtype == bool and ids.shape == mask.shape
    assert (ids[mask] > UNKNOWN).all() and (ids[~mask] == PAD).all()
    assert ids.max(initial=0) < len(subwords)
    assert subwords.decode(ids) == texts
    falls = mask[:, 1:] <= mask[:, :-1] if side == "right" else mask[:, 1:] >= mask[:, :-1]
    assert falls.all()


@given(TEXTS)
def test_ids_are_those_of_the_library(subwords, texts):
    ids, mask = subwords.encode(texts)
    for text, row, kept in zip(texts, ids, mask):
        theirs = subwords._tokenizer.encode(text, add_special_tokens=False).ids
        assert (row[kept] - 2).tolist() == theirs
        assert subwords._tokenizer.decode(theirs, skip_special_tokens=False) == text


def test_composed_and_decomposed_stay_apart(subwords):
    texts = ["caf\u00e9", unicodedata.normalize("NFD", "caf\u00e9")]
    assert round_trip(subwords, texts) == texts and texts[0] != texts[1]


def test_learned_subwords_are_half_as_many_as_bytes(names, subwords):
    bytes_alone = Subwords.build(names, 258)
    assert len(bytes_alone) == 258 and len(subwords) == 500
    few = subwords.encode(names)[1].sum()
    assert bytes_alone.encode(names)[1].sum() == sum(len(name.encode()) for name in names)
    assert few < 0.5 * sum(len(name.encode()) for name in names)


def test_order_of_texts_does_not_matter(names, subwords):
    again = Subwords.build(names[::-1], 500)
    assert (again.encode(names)[0] == subwords.encode(names)[0]).all()


def test_rare_pairs_are_not_joined():
    assert Subwords.build(["ab ab cd"], min_count=2).pieces("abcd") == ["ab", "c", "d"]
    assert Subwords.build(["ab ab cd"], min_count=3).pieces("abcd") == ["a", "b", "c", "d"]


def test_ends_and_truncation(names):
    subwords = Subwords.build(names, 500, ends=True)
    ids, mask = subwords.encode(["face with tears of joy", ""])
    assert (ids[:, 0] == BEGIN).all() and ids[1, 1] == END and mask[1].sum() == 2
    assert ids[0, mask[0].sum() - 1] == END
    assert subwords.decode(ids) == ["face with tears of joy", ""]
    # What a model writes after END, and ids that stand for nothing, are left out.
    assert subwords.decode(np.hstack([ids, ids])) == ["face with tears of joy", ""]
    assert subwords.decode([[BEGIN, UNKNOWN, *ids[0, 1:]]]) == ["face with tears of joy"]
    cut, _ = subwords.encode(["face with tears of joy"], 4, truncate=True)
    assert cut.shape == (1, 4) and cut[0, 3] == END
    assert "face with tears of joy".startswith(subwords.decode(cut)[0])


def test_cut_within_a_character_is_shown():
    subwords = Subwords.build([], 258)
    ids, _ = subwords.encode(["猫"], 2, truncate=True)
    assert subwords.decode(ids) == ["\ufffd"]


def test_same_protocol_as_the_vocabulary(names, subwords):
    vocabulary = Vocabulary.build(names)
    for kind in (vocabulary, subwords):
        ids, mask = kind.encode(["red heart", ""], length=30, truncate=True, side="left")
        assert ids.shape == mask.shape == (2, 30) and not mask[1].any() and mask[0, -1]
        assert len(kind) > ids.max() and not kind.ends


def test_a_saved_file_loads_the_same(names, tmp_path):
    for ends in (False, True):
        subwords = Subwords.build(names, 400, ends=ends)
        subwords.save(tmp_path / "subwords.json")
        again = Subwords.load(tmp_path / "subwords.json")
        assert len(again) == len(subwords) and again.ends is ends
        assert (again.encode(DIFFICULT)[0] == subwords.encode(DIFFICULT)[0]).all()
        assert round_trip(again, DIFFICULT) == DIFFICULT


def test_files_of_no_subwords_are_refused(tmp_path):
    path = tmp_path / "subwords.json"
    for content in ("", "[]", "{}", '{"tokenizer": 3, "ends": true}'):
        path.write_text(content)
        with pytest.raises(DataError, match="subwords.json"):
            Subwords.load(path)
    path.write_text(json.dumps({"tokenizer": {}, "ends": False}))
    with pytest.raises(DataError, match="subwords.json: not a tokenizer"):
        Subwords.load(path)


def test_what_is_no_sequence_of_texts_is_refused(subwords):
    with pytest.raises(TypeError, match="^texts: expected a sequence of texts, got the text 'a'"):
        subwords.encode("a")
    with pytest.raises(TypeError, match="^texts: .*got 3 in it"):
        subwords.encode(["a", 3])
    with pytest.raises(ValueError, match="^text: expected characters that UTF-8 can write"):
        subwords.encode(["\ud800"])
    with pytest.raises(ValueError, match="^size: expected an integer, at least 258, got 257"):
        Subwords.build(["a"], 257)
    with pytest.raises(ValueError, match="^size: expected an integer, at least 260, got 259"):
        Subwords.build(["a"], 259, ends=True)
    with pytest.raises(ValueError, match="^ids: expected 0 to 499"):
        subwords.decode([[500]])
