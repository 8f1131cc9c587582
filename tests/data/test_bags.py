"""Bags of words and TF-IDF."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from mmref.data import emoji
from mmref.data.text import bag_of_words, character_ngrams, characters, tf_idf, words


@pytest.fixture(scope="module")
def names():
    # On plain letters, scikit-learn's own pattern finds the same words as ours.
    names = [name for name in emoji.load(split="train").names if name.isascii()]
    assert len(names) > 500
    return names


PATTERN = r"(?u)[^\W_]+"


def test_bag_of_words_is_scikit_learns(names):
    ours, theirs = bag_of_words(), CountVectorizer(token_pattern=PATTERN)
    assert (ours.fit_transform(names) != theirs.fit_transform(names)).nnz == 0
    assert ours.get_feature_names_out().tolist() == theirs.get_feature_names_out().tolist()


@pytest.mark.parametrize("settings", [{}, {"sublinear_tf": True}, {"min_df": 3, "norm": None}])
def test_tf_idf_is_scikit_learns(names, settings):
    ours, theirs = tf_idf(**settings), TfidfVectorizer(token_pattern=PATTERN, **settings)
    difference = ours.fit_transform(names) - theirs.fit_transform(names)
    assert abs(difference).max() < 1e-12
    test = emoji.load(split="test").names
    test = [name for name in test if name.isascii()]
    assert abs(ours.transform(test) - theirs.transform(test)).max() < 1e-12


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("tokenize", [words, characters, character_ngrams])
def test_formula_with_our_tokenizers(language, tokenize):
    texts = list(emoji.load(language=language, split="test").names)[:60]
    found = tf_idf(tokenize)
    weights = found.fit_transform(texts).toarray()
    tokens = found.get_feature_names_out().tolist()
    counts = np.array([[tokenize(text).count(token) for token in tokens] for text in texts])
    assert set(tokens) == {token for text in texts for token in tokenize(text)}
    assert (bag_of_words(tokenize).fit_transform(texts).toarray() == counts).all()
    present = (counts > 0).sum(0)
    expected = counts * (np.log((1 + len(texts)) / (1 + present)) + 1)
    lengths = np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(weights, expected / np.where(lengths, lengths, 1), atol=1e-12)


def test_unknown_words_count_nowhere():
    bags = bag_of_words().fit(["红 heart"])
    assert bags.transform(["blue", ""]).nnz == 0


def test_libraries_are_loaded_by_the_first_call():
    code = "import sys, mmref.data.text, mmref.data.transforms; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert "mmref.data.text" in loaded
    assert not {"sklearn", "tokenizers", "scipy", "PIL"} & set(loaded)
