"""Beam search beside all texts there are, and sampling beside the probabilities."""

import itertools

import numpy as np
import pytest

from mmref.data.text import BEGIN, END, PAD
from mmref.decoding import NEVER, beam_search, sample
from mmref.errors import ShapeError
from tests.messages import assert_raises

WORDS = 6  # four special ones, and two more
WRITTEN = tuple(i for i in range(WORDS) if i not in NEVER)


def model(seed, sharp=1.0):
    """A table: random log probabilities of the next word, of each text and beginning its own."""

    def score(prefixes, rows):
        found = []
        for prefix, row in zip(prefixes, rows):
            rng = np.random.default_rng([seed, row, *prefix])
            logits = sharp * rng.normal(size=WORDS)
            found.append(logits - np.log(np.exp(logits).sum()))
        return np.array(found)

    return score


def probability(score, text, row=0):
    """The log probability of a text, word by word."""
    prefix, total = [BEGIN], 0.0
    for word in text:
        total += score(np.array([prefix]), np.array([row]))[0, word]
        prefix.append(word)
    return total


def all_texts(length):
    """All that end, or have ``length`` words."""
    for n in range(1, length + 1):
        for text in itertools.product(WRITTEN, repeat=n):
            if END not in text[:-1] and (text[-1] == END or n == length):
                yield text


def best_of_all(score, length, normalize, row=0):
    texts = list(all_texts(length))
    values = [probability(score, text, row) / len(text) ** normalize for text in texts]
    return texts[int(np.argmax(values))], max(values)


def texts_of(found):
    return [tuple(i for i in row if i != PAD) for row in found.ids.tolist()]


@pytest.mark.parametrize("normalize", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_beam_as_wide_as_all_beginnings_finds_the_best_of_all(seed, normalize):
    score, length = model(seed, sharp=2.0), 4
    found = beam_search(score, 2, width=3**length, length=length, normalize=normalize)
    for row, text in enumerate(texts_of(found)):
        expected, value = best_of_all(score, length, normalize, row)
        assert text == expected
        log_p = found.log_probabilities[row]
        assert log_p == pytest.approx(probability(score, text, row))
        assert log_p / len(text) ** normalize == pytest.approx(value)


def greedy(score, length, row):
    text = []
    while len(text) < length and END not in text:
        next_p = score(np.array([[BEGIN, *text]]), np.array([row]))[0]
        text.append(max(WRITTEN, key=lambda word: next_p[word]))
    return tuple(text)


def test_a_width_of_one_takes_the_likeliest_word_each_time():
    score = model(7)
    found = beam_search(score, 5, length=6)
    assert texts_of(found) == [greedy(score, 6, row) for row in range(5)]


@pytest.mark.parametrize("normalize", [0.0, 1.0])
def test_a_wider_beam_is_never_worse_than_greedy(normalize):
    score, count = model(11, sharp=0.5), 60
    value = {}
    for width in (1, 2, 3, 5):
        found = beam_search(score, count, width, 6, normalize)
        words = np.array([len(text) for text in texts_of(found)])
        value[width] = found.log_probabilities / words**normalize
    for width in (2, 3, 5):
        assert (value[width] >= value[1] - 1e-12).all()
    assert (value[5] > value[1] + 1e-6).any()  # and sometimes better


def test_a_plain_beam_may_lose_the_greedy_text_and_ours_does_not():
    """Two beginnings crowd the greedy one out, and then come to nothing."""
    a, b, c = 4, 5, 6
    table = {
        (): {a: 0.40, b: 0.31, c: 0.29},
        (a,): {a: 0.34, b: 0.33, c: 0.33},
        (b,): {a: 0.5, b: 0.5},
        (c,): {a: 0.5, b: 0.5},
        (a, a): {END: 1.0},
    }

    def score(prefixes, rows):
        rest = dict.fromkeys((a, b, c), 1 / 3)
        found = np.full((len(prefixes), 7), 1e-12)
        for row, prefix in zip(found, prefixes[:, 1:].tolist()):
            for word, p in table.get(tuple(prefix), rest).items():
                row[word] = p
        return np.log(found)

    one, two = (beam_search(score, 1, width, length=4) for width in (1, 2))
    assert texts_of(one) == [(a, a, END)]
    assert two.log_probabilities[0] >= one.log_probabilities[0]
    assert texts_of(two) == [(a, a, END)]  # among the two likeliest of length 2 it is not


def test_normalization_makes_texts_longer_and_never_shorter_on_the_whole():
    score = model(3, sharp=0.7)
    lengths = [
        np.mean([len(text) for text in texts_of(beam_search(score, 40, 5, 6, normalize))])
        for normalize in (0.0, 0.5, 1.0)
    ]
    assert lengths[0] < lengths[1] < lengths[2]


def test_texts_do_not_see_each_other():
    score = model(5)
    together = texts_of(beam_search(score, 4, 3, 5))
    for row in range(4):
        alone = beam_search(lambda p, rows, row=row: score(p, rows + row), 1, 3, 5)
        assert texts_of(alone) == [together[row]]


def test_what_is_never_written_is_not():
    def score(prefixes, rows):
        return np.log(np.tile([0.3, 0.3, 0.3, 0.05, 0.05], (len(prefixes), 1)))

    rng = np.random.default_rng(0)
    for found in (beam_search(score, 3, 4, 5), sample(score, 3, rng, length=5)):
        assert set(found.ids.ravel().tolist()) <= {PAD, END, 4}
        for text, row in zip(texts_of(found), found.ids.tolist()):
            assert PAD not in row[: len(text)]
    assert 1 in beam_search(score, 1, 1, 2, never=(PAD, BEGIN)).ids


def test_samples_are_as_frequent_as_they_are_likely():
    score, n = model(2, sharp=1.5), 4000
    found = sample(lambda p, rows: score(p, 0 * rows), n, np.random.default_rng(0), length=3)
    counts = {text: 0 for text in all_texts(3)}
    for text in texts_of(found):
        counts[text] += 1
    allowed = {}
    for text in counts:
        prefix, p = [BEGIN], 1.0
        for word in text:
            next_p = np.exp(score(np.array([prefix]), np.array([0]))[0])
            p *= next_p[word] / next_p[list(WRITTEN)].sum()
            prefix.append(word)
        allowed[text] = p
    assert sum(allowed.values()) == pytest.approx(1)
    for text, count in counts.items():
        spread = np.sqrt(n * allowed[text] * (1 - allowed[text])) + 1
        assert abs(count - n * allowed[text]) < 4 * spread, text


def test_log_probabilities_of_samples_are_the_models_own():
    score = model(2)
    found = sample(score, 6, np.random.default_rng(1), temperature=0.5, length=4)
    for row, text in enumerate(texts_of(found)):
        assert found.log_probabilities[row] == pytest.approx(probability(score, text, row))


def test_a_low_temperature_is_greedy_and_a_generator_repeats():
    score = model(7)
    cold = sample(score, 5, np.random.default_rng(0), temperature=1e-3, length=6)
    assert texts_of(cold) == [greedy(score, 6, row) for row in range(5)]
    one, other = (sample(score, 9, np.random.default_rng(4), length=6) for _ in range(2))
    np.testing.assert_array_equal(one.ids, other.ids)


WRONG = [
    ({"score": 3}, TypeError, "score: expected a function of prefixes and rows, got 3"),
    ({"count": 0}, ValueError, "count: expected an integer, at least 1, got 0"),
    ({"width": 0}, ValueError, "width: expected an integer, at least 1, got 0"),
    ({"length": 1.5}, TypeError, "length: expected an integer, at least 1, got 1.5"),
    (
        {"normalize": -1.0},
        ValueError,
        "normalize: expected a finite number, at least 0, got -1.0",
    ),
    ({"never": 3}, TypeError, "never: expected a list or tuple of ids, got int"),
    (
        {"score": lambda p, rows: np.zeros((len(rows), 3))},
        ShapeError,
        "score(prefixes, rows): expected more than 3 words, got (1, 3)",
    ),
    (
        {"score": lambda p, rows: np.full((len(rows), 6), 0.2)},
        ValueError,
        "score(prefixes, rows): expected log probabilities, got 0.2",
    ),
    (
        {"score": lambda p, rows: np.full((len(rows), 6), np.nan)},
        ValueError,
        "score(prefixes, rows): expected log probabilities, got nan",
    ),
    (
        {"score": lambda p, rows: np.full((len(rows), 6), -np.inf)},
        ValueError,
        "score(prefixes, rows): expected a word that can be written, got none",
    ),
    (
        {"score": lambda p, rows: np.zeros((9, 6))},
        ShapeError,
        "score(prefixes, rows): expected (P, V) = (1, 6), got (9, 6)",
    ),
]


@pytest.mark.parametrize(("changed", "error", "message"), WRONG)
def test_wrong_arguments_are_told(changed, error, message):
    given = {"score": model(0), "count": 1} | changed
    assert_raises(error, message, lambda: beam_search(**given))


def test_wrong_arguments_of_sampling_are_told():
    message = "rng: expected a numpy.random.Generator, got int"
    assert_raises(TypeError, message, lambda: sample(model(0), 1, 3))
    message = "temperature: expected a positive number, got 0.0"
    rng = np.random.default_rng(0)
    assert_raises(ValueError, message, lambda: sample(model(0), 1, rng, temperature=0.0))
