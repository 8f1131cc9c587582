"""Word drop and word swap on ids and masks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmref.data.text import BEGIN, END, PAD, UNKNOWN, Subwords, Vocabulary, pad
from mmref.data.transforms import drop_words, sample_generators, swap_words
from mmref.errors import ChoiceError, ShapeError

ROWS = st.lists(st.lists(st.integers(4, 30), max_size=8), max_size=6)


def rng(seed=0):
    return np.random.default_rng(seed)


def tokens(ids, mask):
    return [row[kept].tolist() for row, kept in zip(ids, mask)]


def in_order(part, whole):
    rest = iter(whole)
    return all(token in rest for token in part)


@given(ROWS, st.floats(0, 1), st.sampled_from(["right", "left"]), st.booleans())
def test_dropped_words_leave_no_gap_and_the_input_as_it_was(rows, share, side, ends):
    ids, mask = pad(rows, side=side, ends=ends)
    before = ids.copy(), mask.copy()
    new, kept = drop_words(ids, mask, rng(), share, keep=(BEGIN, END), side=side)
    assert new.shape == kept.shape == ids.shape and new.dtype == np.int64 and kept.dtype == bool
    assert (new[~kept] == PAD).all()
    assert ((kept[:, 1:] <= kept[:, :-1]) if side == "right" else kept[:, 1:] >= kept[:, :-1]).all()
    for old, row in zip(tokens(ids, mask), tokens(new, kept)):
        assert in_order(row, old)
        if ends:
            assert (row[0], row[-1]) == (BEGIN, END)
        empty = 2 if ends else 0
        assert len(row) > empty or len(old) == empty
    np.testing.assert_array_equal(ids, before[0])
    np.testing.assert_array_equal(mask, before[1])


def test_the_share_of_dropped_words_is_the_one_asked_for():
    ids = np.arange(4, 44)[None].repeat(500, 0)
    mask = np.ones(ids.shape, bool)
    _, kept = drop_words(ids, mask, rng(), 0.3)
    assert abs(kept.mean() - 0.7) < 0.015
    for share, expected in ((0, 40), (1, 1)):
        _, kept = drop_words(ids, mask, rng(), share)
        assert (kept.sum(1) == expected).all()
    # Which one stays of a text that would be emptied is left to chance.
    assert len(set(drop_words(ids, mask, rng(), 1)[0][:, 0].tolist())) == 40


def test_replaced_words_keep_their_places():
    ids, mask = pad([[5] * 30] * 200 + [[5]])
    new, kept = drop_words(ids, mask, rng(), 0.25, replacement=UNKNOWN)
    np.testing.assert_array_equal(kept, mask)
    assert set(np.unique(new)) == {PAD, UNKNOWN, 5} and (new[~mask] == PAD).all()
    assert abs((new[mask] == UNKNOWN).mean() - 0.25) < 0.02


@given(ROWS, st.integers(0, 4), st.sampled_from(["right", "left"]), st.booleans())
def test_swapped_words_are_the_same_words(rows, swaps, side, ends):
    ids, mask = pad(rows, side=side, ends=ends)
    before = ids.copy()
    new, kept = swap_words(ids, mask, rng(), swaps, keep=(BEGIN, END))
    np.testing.assert_array_equal(kept, mask)
    np.testing.assert_array_equal(ids, before)
    assert not np.shares_memory(kept, mask)
    for old, row in zip(tokens(ids, mask), tokens(new, kept)):
        assert sorted(old) == sorted(row)
        if ends:
            assert (row[0], row[-1]) == (BEGIN, END)
        assert sum(a != b for a, b in zip(old, row)) <= 2 * swaps


def test_swap_exchanges_two_places_any_two():
    ids = np.arange(4, 9)[None].repeat(2000, 0)
    new, _ = swap_words(ids, np.ones(ids.shape, bool), rng())
    moved = new != ids
    assert (moved.sum(1) == 2).all()
    pairs, counts = np.unique(moved, axis=0, return_counts=True)
    assert len(pairs) == 10 and counts.min() > 140


@pytest.mark.parametrize("change", [drop_words, swap_words])
def test_sample_does_not_depend_on_its_batch_or_padding(change):
    rows = [list(range(4, 4 + length)) for length in (3, 9, 1, 0, 6, 4)]
    ids, mask = pad(rows)

    def both(ids, mask, index):
        """Twice from the same generators: the first must use up the same numbers."""
        rngs = sample_generators(index, 1)
        return tokens(*change(*change(ids, mask, rngs, *more), rngs, *more))

    more = (0.4,) if change is drop_words else (2,)
    whole = both(ids, mask, range(6))
    assert whole != tokens(ids, mask)
    for i in range(6):
        assert both(*pad([rows[i]], length=12), [i]) == [whole[i]]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_both_kinds_of_vocabulary_read_the_result(language):
    texts = {"en": ["a red dot left of a blue one", "one"], "zh": ["红点在蓝点左边", "红"]}[
        language
    ]
    for kind in (Vocabulary.build(texts, ends=True), Subwords.build(texts, 300, ends=True)):
        ids, mask = kind.encode(texts)
        new, kept = drop_words(ids, mask, rng(), 0.5, keep=(BEGIN, END))
        assert 0 < len(kind.decode(new)[0]) < len(kind.decode(ids)[0])
        assert kept.sum(1).min() > 2 and kind.decode(new)[1]


@pytest.mark.parametrize(
    "arguments, error, named",
    [
        ({"ids": [[1]]}, TypeError, "ids: expected a numpy.ndarray, got list"),
        ({"ids": np.ones((2, 3))}, ShapeError, "ids: .*float64"),
        ({"mask": np.ones((2, 2), bool)}, ShapeError, r"mask: expected \(B, T\) = \(2, 3\), got"),
        ({"mask": np.ones((2, 3))}, ShapeError, "mask: .*float64"),
        ({"share": 1.5}, ValueError, r"share: expected a number in \[0, 1\], got 1.5"),
        ({"side": "top"}, ChoiceError, "side"),
        ({"rng": 3}, TypeError, "rng"),
        ({"rng": sample_generators([0], 0)}, ShapeError, "rng: expected 2 generators"),
    ],
)
def test_arrays_and_shares_that_do_not_fit_are_refused(arguments, error, named):
    given = {"ids": np.ones((2, 3), int), "mask": np.ones((2, 3), bool), "rng": rng()} | arguments
    with pytest.raises(error, match=named):
        drop_words(**given)
    if not {"share", "side"} & set(arguments):
        with pytest.raises(error, match=named):
            swap_words(**given)


def test_swaps_that_are_no_count_are_refused():
    for swaps, error in ((-1, ValueError), (0.5, TypeError), (True, TypeError)):
        with pytest.raises(error, match="swaps: expected an integer, at least 0, got"):
            swap_words(np.ones((1, 2), int), np.ones((1, 2), bool), rng(), swaps)
