"""Recall@K, MRR and mAP: by hand, over all orders of what is tied, and beside the libraries."""

import itertools

import numpy as np
import pytest

from mmref.errors import ShapeError
from mmref.metrics import mean_average_precision, mean_reciprocal_rank, recall_at_k
from tests.messages import assert_raises

MEASURES = {
    "recall at 1": lambda s, r: recall_at_k(s, r, 1),
    "recall at 3": lambda s, r: recall_at_k(s, r, 3),
    "reciprocal rank": mean_reciprocal_rank,
    "average precision": mean_average_precision,
}


def by_hand(right):
    """The same of one query, its items in an order, by the definitions' loops."""
    ranks = [i + 1 for i, hit in enumerate(right) if hit]
    return {
        "recall at 1": float(ranks[0] <= 1),
        "recall at 3": float(ranks[0] <= 3),
        "reciprocal rank": 1 / ranks[0],
        "average precision": float(np.mean([(i + 1) / rank for i, rank in enumerate(ranks)])),
    }


def drawn(queries, items, levels, seed=0):
    """Scores, of so many values (None: all differ), and right answers, one at least."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(queries, items))
    if levels:
        scores = rng.integers(levels, size=(queries, items)).astype(float)
    relevant = rng.random((queries, items)) < 0.3
    relevant[np.arange(queries), rng.integers(items, size=queries)] = True
    return scores, relevant


@pytest.mark.parametrize("measure", MEASURES)
def test_without_ties_it_is_the_definition(measure):
    scores, relevant = drawn(20, 9, None)
    expected = [by_hand(r[np.argsort(-s)])[measure] for s, r in zip(scores, relevant)]
    assert MEASURES[measure](scores, relevant) == pytest.approx(np.mean(expected))


@pytest.mark.parametrize("levels", [1, 2, 3])
@pytest.mark.parametrize("measure", MEASURES)
def test_with_ties_it_is_the_mean_over_all_orders_of_the_tied(measure, levels):
    for seed in range(6):
        scores, relevant = drawn(1, 6, levels, seed)
        values = []
        for order in itertools.permutations(range(6)):
            if (np.diff(scores[0][list(order)]) <= 0).all():
                values.append(by_hand(relevant[0][list(order)])[measure])
        assert MEASURES[measure](scores, relevant) == pytest.approx(np.mean(values))


def test_a_model_that_says_the_same_of_everything_is_at_chance():
    scores, relevant = np.ones((3, 10)), np.eye(10, dtype=bool)[:3]
    assert recall_at_k(scores, relevant, 4) == pytest.approx(0.4)
    assert mean_reciprocal_rank(scores, relevant) == pytest.approx(np.mean(1 / np.arange(1, 11)))


@pytest.mark.parametrize("k", [1, 3])
def test_torchmetrics_agrees_where_nothing_is_tied(k):
    """Of positive scores: it takes no item for right whose score is 0 or below."""
    torch = pytest.importorskip("torch")
    retrieval = pytest.importorskip("torchmetrics.retrieval")
    scores, relevant = drawn(30, 12, None)
    scores = scores - scores.min() + 1
    judges = {
        recall_at_k: retrieval.RetrievalHitRate(top_k=k),
        mean_reciprocal_rank: retrieval.RetrievalMRR(),
        mean_average_precision: retrieval.RetrievalMAP(),
    }
    queries = torch.arange(30).repeat_interleave(12)
    for measure, judge in judges.items():
        found = judge(torch.tensor(scores).ravel(), torch.tensor(relevant).ravel(), queries)
        options = {"k": k} if measure is recall_at_k else {}
        assert measure(scores, relevant, **options) == pytest.approx(float(found), rel=1e-6)


def test_scikit_learn_agrees_on_average_precision_where_nothing_is_tied():
    metrics = pytest.importorskip("sklearn.metrics")
    scores, relevant = drawn(30, 12, None)
    found = [metrics.average_precision_score(r, s) for s, r in zip(scores, relevant)]
    assert mean_average_precision(scores, relevant) == pytest.approx(np.mean(found))
    found = metrics.label_ranking_average_precision_score(relevant, scores)
    assert mean_average_precision(scores, relevant) == pytest.approx(found)


def test_the_library_gives_a_constant_another_mark_than_chance():
    """What ties do to who takes the order in which the items came, or counts the better ones."""
    metrics = pytest.importorskip("sklearn.metrics")
    scores, relevant = np.ones((1, 4)), np.eye(4, dtype=bool)[:1]
    assert metrics.top_k_accuracy_score([3], np.ones((1, 4)), k=1, labels=range(4)) == 1.0
    assert recall_at_k(scores, relevant) == 0.25


def test_minus_infinity_is_last_and_k_may_be_larger_than_the_gallery():
    scores = np.array([[-np.inf, 0.0, 1.0]])
    relevant = np.array([[True, False, False]])
    assert mean_reciprocal_rank(scores, relevant) == pytest.approx(1 / 3)
    assert recall_at_k(scores, relevant, 2) == 0
    assert recall_at_k(scores, relevant, 99) == 1


BAD = {
    "a query without": (
        (np.ones((2, 3)), np.array([[True, False, False], [False] * 3])),
        ValueError,
        "relevant: expected a right answer for each query, got none for 1",
    ),
    "NaN": (
        (np.array([[1.0], [np.nan]]), np.ones((2, 1), bool)),
        ValueError,
        "scores: expected numbers, got nan for query 1",
    ),
    "other shapes": (
        (np.ones((2, 3)), np.ones((3, 2), bool)),
        ShapeError,
        "relevant: expected (2, 3) as scores, got (3, 2)",
    ),
    "no truths": (
        (np.ones((2, 3)), np.ones((2, 3))),
        ShapeError,
        "relevant: expected dtype bool (True = a right answer), got float64",
    ),
    "no floats": (
        (np.ones((2, 3), int), np.ones((2, 3), bool)),
        ShapeError,
        "scores: expected floating-point numbers, got int64",
    ),
    "masked scores": (
        (np.ma.masked_array(np.ones((2, 3)), np.eye(2, 3)), np.ones((2, 3), bool)),
        TypeError,
        "scores: expected an array, got a MaskedArray: its mask would be lost",
    ),
    "one query, no axis": (
        (np.ones(3), np.ones(3, bool)),
        ShapeError,
        "scores: expected (Q, N), got (3,)",
    ),
    "no query": (
        (np.ones((0, 3)), np.ones((0, 3), bool)),
        ShapeError,
        "scores: expected at least one query, got (0, 3)",
    ),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("measure", [recall_at_k, mean_reciprocal_rank, mean_average_precision])
def test_bad_input_is_named(measure, case):
    arguments, error, message = BAD[case]
    assert_raises(error, message, lambda: measure(*arguments))


def test_k_below_1():
    message = "k: expected an integer, at least 1, got 0"
    assert_raises(ValueError, message, lambda: recall_at_k(*BAD["NaN"][0], k=0))
