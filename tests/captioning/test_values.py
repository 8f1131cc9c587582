"""Losses of captions beside loops over the definition, and where the answer is known."""

import numpy as np
import pytest
from scipy.special import log_softmax

from mmref.reference import captioning
from tests.wings import WINGS, numpy, tensor, wing_of

NAMES = pytest.mark.parametrize("name", WINGS)
RNG = np.random.default_rng(0)
LOGITS, LABELS = RNG.normal(size=(3, 5, 7)), RNG.integers(7, size=(3, 5))
WEIGHTS = RNG.dirichlet(np.ones(6), size=(3, 5))
MASK = np.arange(5) < np.array([[5], [2], [0]])


def by_loops(logits, labels, mask):
    found = [-log_softmax(logits[b, t])[labels[b, t]] for b, t in np.argwhere(mask)]
    return np.mean(found)


@pytest.mark.parametrize("mask", [None, MASK])
def test_the_loss_is_the_mean_over_the_words(mask):
    found = captioning.next_word_loss(LOGITS, LABELS, mask)
    expected = by_loops(LOGITS, LABELS, np.ones_like(MASK) if mask is None else mask)
    assert found == pytest.approx(expected, rel=1e-12)


def test_a_model_that_knows_nothing_loses_the_logarithm_of_the_words():
    assert captioning.next_word_loss(np.zeros((3, 5, 7)), LABELS) == pytest.approx(np.log(7))


def test_without_a_word_the_loss_is_0_and_has_no_slope():
    none = np.zeros_like(MASK)
    assert captioning.next_word_loss(LOGITS, LABELS, none) == 0
    assert not captioning.next_word_loss_gradient(1.0, LOGITS, LABELS, none)[0].any()


@NAMES
def test_labels_of_padding_may_be_anything(name):
    spoiled = np.where(MASK, LABELS, -100)
    loss = wing_of(name).next_word_loss
    one, other = (loss(*(tensor(name, a) for a in (LOGITS, y, MASK))) for y in (LABELS, spoiled))
    assert float(one) == float(other)


@pytest.mark.parametrize("mask", [None, MASK])
def test_the_penalty_is_what_the_loop_says(mask):
    kept = np.ones_like(MASK) if mask is None else mask
    total = 0.0
    for b in range(3):
        for n in range(6):
            seen = sum(WEIGHTS[b, t, n] for t in range(5) if kept[b, t])
            total += (1 - seen) ** 2 / 3
    assert captioning.doubly_stochastic_penalty(WEIGHTS, mask) == pytest.approx(total, rel=1e-12)


def test_as_many_words_as_places_each_seen_once_cost_nothing():
    assert captioning.doubly_stochastic_penalty(np.eye(4)[None]) == 0


@pytest.mark.parametrize("words", [1, 4, 9])
def test_the_least_penalty_is_where_all_places_are_seen_alike(words):
    places, rng = 6, np.random.default_rng(1)
    even = np.full((1, words, places), 1 / places)
    least = captioning.doubly_stochastic_penalty(even)
    assert least == pytest.approx((places - words) ** 2 / places)
    others = rng.dirichlet(np.ones(places), size=(50, 1, words))
    assert all(captioning.doubly_stochastic_penalty(one) > least for one in others)


@NAMES
def test_the_one_in_the_penalty_moves_nothing_behind_a_softmax(name):
    """1 or any other number: the gradient of the scores is the same."""
    from mmref.concordance.backends import run_keras, run_torch

    run, wing = (run_torch if name == "torch" else run_keras), wing_of(name)
    scores = RNG.normal(size=(2, 3, 4))

    def with_one(scores):
        return wing.doubly_stochastic_penalty(wing.masked_softmax(scores))

    def without(scores):
        weights = wing.masked_softmax(scores)
        seen = sum(weights[:, t] for t in range(3))
        return (seen * seen).sum() / 2 if name == "torch" else _sum(seen * seen) / 2

    slopes = [run(f, {"scores": scores}, np.array(1.0))[1]["scores"] for f in (with_one, without)]
    np.testing.assert_allclose(numpy(slopes[0]), numpy(slopes[1]), atol=1e-12)
    assert np.abs(numpy(slopes[0])).max() > 0.01


def _sum(x):
    from keras import ops

    return ops.sum(x)
