"""Tokenizers and the vocabulary."""

import unicodedata
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmref.data.text import (
    BEGIN,
    END,
    PAD,
    UNKNOWN,
    Vocabulary,
    character_ngrams,
    characters,
    pad,
    words,
)
from mmref.errors import ChoiceError, DataError, ShapeError

TEXTS = st.lists(st.text(max_size=12), max_size=6)


def test_words_are_lower_case_and_chinese_characters_stand_alone():
    assert words("Woman’s BOOT: T-Rex, 1st_place") == [
        *("woman", "s", "boot", "t", "rex", "1st", "place")
    ]
    assert words("戴眼镜的A字2号") == ["戴", "眼", "镜", "的", "a", "字", "2", "号"]
    assert words("piñata") == ["piñata"]
    assert words(" -_!䷀ ") == []


def test_character_ngrams_mark_the_ends_of_words():
    assert character_ngrams("猫脸", 2, 2) == ["<猫", "猫脸", "脸>"]
    assert character_ngrams("a b", 3, 3) == ["<a>", "<b>"]
    assert character_ngrams("") == []
    with pytest.raises(ValueError, match="^low: expected an integer, at least 1, got 0"):
        character_ngrams("a", 0, 2)
    with pytest.raises(ValueError, match="^high: expected an integer, at least 3, got 2"):
        character_ngrams("a", 3, 2)


@given(st.text(max_size=20), st.integers(1, 3), st.integers(0, 3))
def test_ngrams_are_pieces_of_the_text(text, low, more):
    for gram in character_ngrams(text, low, low + more):
        assert low <= len(gram) <= low + more
        assert gram.removeprefix("<").removesuffix(">") in text.lower()


# Without code points that are not assigned: whether they are letters depends on Python's version.
@given(st.text(st.characters(exclude_categories=("Cn", "Cs")), max_size=30))
def test_words_lose_no_letter_or_digit(text):
    kept = "".join(words(text))
    assert kept == "".join(c for c in text.lower() if c.isalnum())


@given(TEXTS, st.sampled_from([words, characters, character_ngrams]))
def test_encode_and_decode_are_inverse(texts, tokenize):
    vocabulary = Vocabulary.build(texts, tokenize)
    ids, mask = vocabulary.encode(texts)
    assert ids.dtype == np.int64 and mask.dtype == bool and ids.shape == mask.shape
    assert ids.shape == (len(texts), max([1, *(len(tokenize(text)) for text in texts)]))
    assert (ids[mask] > UNKNOWN).all() and (ids[~mask] == PAD).all()
    assert vocabulary.decode(ids) == [tokenize(text) for text in texts]
    # Tokens first, padding after: the mask never rises again.
    assert (mask[:, 1:] <= mask[:, :-1]).all()


@given(TEXTS)
def test_order_of_texts_does_not_matter(texts):
    assert Vocabulary.build(texts).tokens == Vocabulary.build(texts[::-1]).tokens


@given(TEXTS, st.integers(1, 6))
def test_no_silent_truncation(texts, length):
    vocabulary = Vocabulary.build(texts, characters)
    longest = max((len(characters(text)) for text in texts), default=0)
    if longest > length:
        with pytest.raises(ShapeError, match=f"length: expected at least {longest}.*got {length}"):
            vocabulary.encode(texts, length)
    ids, mask = vocabulary.encode(texts, length, truncate=True)
    assert ids.shape == (len(texts), length)
    assert vocabulary.decode(ids) == [characters(text)[:length] for text in texts]
    assert mask.sum() == sum(min(len(characters(text)), length) for text in texts)


def test_frequent_first_and_rare_unknown():
    vocabulary = Vocabulary.build(["b a", "b c", "b a d"], min_count=2)
    assert vocabulary.tokens[2:] == ("b", "a") and len(vocabulary) == 4
    assert vocabulary.encode(["a d b"])[0].tolist() == [[3, UNKNOWN, 2]]


def test_empty_text_is_masked_out():
    ids, mask = Vocabulary.build(["a"]).encode(["", "a"], length=3)
    assert not mask[0].any() and mask[1].tolist() == [True, False, False]
    assert Vocabulary.build([]).encode([""])[0].shape == (1, 1)


def test_text_that_spells_a_special_token():
    vocabulary = Vocabulary.build(["[PAD] x"], str.split)
    ids, mask = vocabulary.encode(["[PAD] x", "[UNK]"])
    assert mask[0].all() and vocabulary.decode(ids[:1]) == [["[PAD]", "x"]]
    assert ids[1].tolist() == [UNKNOWN, PAD]
    ids, mask = Vocabulary.build(["x"], str.split).encode(["[PAD]"])
    assert ids.tolist() == [[UNKNOWN]] and mask.all()


def test_what_is_no_sequence_of_texts_is_refused():
    vocabulary = Vocabulary.build(["a"])
    for function in (vocabulary.encode, Vocabulary.build):
        with pytest.raises(
            TypeError, match="^texts: expected a sequence of texts, got the text 'a'"
        ):
            function("a")
    with pytest.raises(ValueError, match="^length: expected an integer, at least 1, got 0"):
        vocabulary.encode(["a"], length=0, truncate=True)
    with pytest.raises(ShapeError, match=r"ids: expected \(B, T\)"):
        vocabulary.decode([1, 2])
    for wrong in (-1, 3):
        with pytest.raises(ValueError, match=f"^ids: expected 0 to 2, got {wrong} to {wrong}"):
            vocabulary.decode([[wrong]])


# ---- a largest size, ends, sides, files ----


@given(TEXTS, st.integers(4, 12), st.booleans())
def test_a_largest_size_keeps_the_first_tokens(texts, size, ends):
    whole = Vocabulary.build(texts, characters, ends=ends)
    part = Vocabulary.build(texts, characters, max_size=size, ends=ends)
    assert part.tokens == whole.tokens[:size]
    assert part.encode(texts)[0].max(initial=0) < size


@given(TEXTS, st.sampled_from([words, characters, character_ngrams]))
def test_ends_mark_where_a_text_begins_and_ends(texts, tokenize):
    vocabulary = Vocabulary.build(texts, tokenize, ends=True)
    ids, mask = vocabulary.encode(texts)
    assert (ids[:, 0] == BEGIN).all()
    assert (ids == END).sum() == len(texts)
    for row, kept, text in zip(ids, mask, texts):
        assert kept.sum() == len(tokenize(text)) + 2 and row[kept][-1] == END
    assert vocabulary.decode(ids) == [tokenize(text) for text in texts]
    # What a model writes after END is not read, and BEGIN need not be there.
    after = np.hstack([ids[:, 1:], np.full_like(ids, len(vocabulary) - 1)])
    assert vocabulary.decode(after) == [tokenize(text) for text in texts]


@given(TEXTS, st.integers(2, 6))
def test_truncation_keeps_the_end(texts, length):
    vocabulary = Vocabulary.build(texts, characters, ends=True)
    ids, mask = vocabulary.encode(texts, length, truncate=True)
    assert ids.shape == (len(texts), length)
    assert (ids == END).sum() == len(texts)
    assert vocabulary.decode(ids) == [characters(text)[: length - 2] for text in texts]


def test_words_that_spell_the_ends():
    vocabulary = Vocabulary.build(["[BEGIN] [END] [END]"], str.split, ends=True)
    ids, mask = vocabulary.encode(["[BEGIN] [END] x"])
    assert vocabulary.tokens == ("[PAD]", "[UNK]", "[BEGIN]", "[END]", "[END]", "[BEGIN]")
    assert ids.tolist() == [[BEGIN, 5, 4, UNKNOWN, END]]
    assert vocabulary.decode(ids) == [["[BEGIN]", "[END]", "[UNK]"]]
    # Without ends, ids 2 and 3 are words like others.
    assert Vocabulary.build(["b a"]).decode([[3, 2, 0]]) == [["b", "a"]]


@given(TEXTS, st.booleans())
def test_padding_on_the_left(texts, ends):
    vocabulary = Vocabulary.build(texts, characters, ends=ends)
    right, right_mask = vocabulary.encode(texts)
    left, mask = vocabulary.encode(texts, side="left")
    assert (mask[:, 1:] >= mask[:, :-1]).all()
    assert (left[mask] == right[right_mask]).all() and (left[~mask] == PAD).all()
    assert vocabulary.decode(left) == vocabulary.decode(right)


@pytest.mark.parametrize(
    "text",
    [
        "戴眼镜的脸",
        "👩‍👩‍👧 👍🏽 🏳️‍🌈",
        "e\u0301 and \u00e9",
        "שָׁלוֹם עולם",
        "مرحبا",
        "\u202eabc\u202c",
        "[PAD] [UNK]",
        "",
        " ",
    ],
)
def test_characters_come_back(text):
    vocabulary = Vocabulary.build([text, "something longer than the others"], characters)
    tokens = vocabulary.decode(vocabulary.encode([text, "longer than the others"])[0])[0]
    assert "".join(tokens) == text.lower()


def test_marks_end_a_word_unless_composed():
    assert words("cafe\u0301s") == ["cafe", "s"]
    assert words(unicodedata.normalize("NFC", "cafe\u0301s")) == ["caf\u00e9s"]


@given(st.lists(st.text(st.characters(), max_size=8), max_size=5), st.booleans())
def test_a_saved_file_loads_the_same(tmp_path_factory, texts, ends):
    path = tmp_path_factory.mktemp("vocabulary") / "tokens.json"
    for tokenize in (words, characters, character_ngrams):
        vocabulary = Vocabulary.build(texts, tokenize, ends=ends)
        vocabulary.save(path)
        assert Vocabulary.load(path) == vocabulary


def test_file_with_a_tokenizer_of_ones_own(tmp_path):
    def words(text):  # named like one of ours
        return text.split()

    for tokenize in (words, str.split, partial(str.split, sep=",")):
        vocabulary = Vocabulary.build(["A b,C"], tokenize)
        vocabulary.save(tmp_path / "tokens.json")
        with pytest.raises(ChoiceError, match="'words'.*; got 'a function of your own'"):
            Vocabulary.load(tmp_path / "tokens.json")
        assert Vocabulary.load(tmp_path / "tokens.json", tokenize) == vocabulary


@pytest.mark.parametrize(
    "content, named",
    [
        ("", "not JSON"),
        ("[1]", "expected an object.*got .1."),
        ('{"tokens": []}', "expected an object with tokens .list., ends .bool.*got tokens .list"),
        (
            '{"tokens": [1, 2], "ends": false, "tokenize": "words"}',
            "tokens: expected a sequence of texts",
        ),
        (
            '{"tokens": ["red", "car"], "ends": false, "tokenize": "words"}',
            "tokens: expected .*UNK",
        ),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_files_of_no_vocabulary_are_refused(tmp_path, content, named):
    (tmp_path / "tokens.json").write_text(content)
    with pytest.raises(DataError, match=f"tokens.json: .*{named}"):
        Vocabulary.load(tmp_path / "tokens.json")


def test_bad_tokens_and_settings():
    with pytest.raises(ValueError, match="^tokens: expected each once, got 'a' again"):
        Vocabulary(("[PAD]", "[UNK]", "a", "b", "a"))
    with pytest.raises(ValueError, match=r"^tokens: expected \(.*'\[END\]'\) first, got \("):
        Vocabulary(("[PAD]", "[UNK]"), ends=True)
    with pytest.raises(ValueError, match="^max_size: expected an integer, at least 2, got 1"):
        Vocabulary.build(["a"], max_size=1)
    with pytest.raises(ChoiceError, match="side: expected one of 'right', 'left'; got 'both'"):
        pad([[1]], side="both")
    with pytest.raises(ValueError, match="^length: expected an integer, at least 2, got 1"):
        pad([[5]], length=1, truncate=True, ends=True)


def test_pad_counts_tokens_not_ids():
    ids, mask = pad([[0, 5], []])  # an id that is PAD's in the rows is a token all the same
    assert mask.tolist() == [[True, True], [False, False]]
    assert pad([])[0].shape == (0, 1) and pad([], ends=True)[0].shape == (0, 2)
    assert pad([np.array([3, 4]), (5,)])[0].tolist() == [[3, 4], [5, 0]]
