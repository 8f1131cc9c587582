"""Contrastive losses beside loops over the definition, and where the answer is known."""

import numpy as np
import pytest

from mmref.reference import contrastive
from tests.contrastive.losses import LOSSES, pairs, slopes
from tests.wings import WINGS, numpy, tensor, wing_of

NAMES = pytest.mark.parametrize("name", WINGS)
SAME = np.array([0, 1, 0, 2, 1])  # what the rows show
POSITIVES = SAME[:, None] == SAME


def cosine(a, b):
    return a @ b / np.sqrt(a @ a) / np.sqrt(b @ b)


def by_loops(images, texts, temperature, positives):
    """Cross-entropies one query at a time, in both directions."""
    total = 0.0
    for queries, items, right in ((images, texts, positives), (texts, images, positives.T)):
        for q, answers in zip(queries, right):
            e = np.exp([cosine(q, x) / temperature for x in items])
            total -= np.mean(np.log(e / e.sum())[answers])
    return total / (2 * len(images))


@pytest.mark.parametrize("positives", [np.eye(5, dtype=bool), POSITIVES])
def test_info_nce_is_two_classifications(positives):
    images, texts = pairs()
    found = contrastive.info_nce(images, texts, 0.3, positives)
    assert found == pytest.approx(by_loops(images, texts, 0.3, positives), rel=1e-12)


def test_no_positives_are_the_diagonal():
    images, texts = pairs()
    expected = contrastive.info_nce(images, texts, 0.3, np.eye(5, dtype=bool))
    assert contrastive.info_nce(images, texts, 0.3) == expected


def test_rows_and_columns_without_a_right_answer_count_nothing():
    images, texts = pairs()
    right = np.eye(5, dtype=bool)
    right[4, 4] = False
    found = contrastive.info_nce(images, texts, 0.3, right)
    sides = []
    for s in (
        contrastive.cosine_similarities(*two) / 0.3 for two in [(images, texts), (texts, images)]
    ):
        p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
        sides.append(-np.log(np.diag(p))[:4].sum() / 5)
    assert found == pytest.approx(np.mean(sides))
    assert contrastive.info_nce(images, texts, 0.3, np.zeros((5, 5), bool)) == 0


@pytest.mark.parametrize("batch", [1, 2, 7])
def test_where_all_is_alike_info_nce_is_the_logarithm_of_the_batch(batch):
    assert contrastive.info_nce(*np.ones((2, batch, 3)), 0.1) == pytest.approx(np.log(batch))


def test_a_loop_over_the_triplets_of_hardest_negatives():
    images, texts = pairs(near=0.7)
    s = np.array([[cosine(u, v) for v in texts] for u in images])
    total = 0.0
    for scores in (s, s.T):
        for i in range(5):
            wrong = [scores[i, j] for j in range(5) if SAME[j] != SAME[i]]
            total += max(0.0, 0.2 + max(wrong) - s[i, i]) / 5
    found = contrastive.hardest_negative_triplet(images, texts, 0.2, POSITIVES)
    assert found == pytest.approx(total) and total > 0


def test_a_batch_of_one_has_nothing_wrong():
    images, texts = pairs(batch=1)
    assert contrastive.hardest_negative_triplet(images, texts) == 0
    assert contrastive.info_nce(images, texts) == 0
    for gradient in (contrastive.info_nce_gradient, contrastive.hardest_negative_triplet_gradient):
        assert not any(np.any(part) for part in gradient(1.0, images, texts))


@NAMES
@pytest.mark.parametrize("loss", LOSSES)
def test_lengths_do_not_matter(name, loss):
    images, texts = (a.astype("float32") for a in pairs())
    function = getattr(wing_of(name), loss)
    once = numpy(function(tensor(name, images), tensor(name, texts)))
    for factor in (1e-25, 1e25):
        again = numpy(function(tensor(name, np.float32(factor) * images), tensor(name, texts)))
        np.testing.assert_allclose(again, once, rtol=1e-5)


@NAMES
@pytest.mark.parametrize("loss", LOSSES)
def test_a_text_of_zeros_is_like_nothing_and_spoils_nothing(name, loss):
    """As a text of padding alone may be, after a layer without a bias."""
    images, texts = pairs()
    texts[1] = 0
    function, gradient = (getattr(contrastive, f"{loss}{end}") for end in ("", "_gradient"))
    found = slopes(name, loss, images, texts)
    expected = gradient(1.0, images, texts)
    assert np.isfinite(function(images, texts))
    for path, reference in zip(("images", "texts"), expected):
        np.testing.assert_allclose(found[path], reference, atol=1e-12)


@NAMES
def test_several_hardest_negatives_share_the_gradient(name):
    """Exact ties: vectors along the axes."""
    images = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]])
    texts = np.array([[1.0, 0, 0], [1, 0, 0], [0, 0, 1]])
    found = slopes(name, "hardest_negative_triplet", images, texts)
    expected = contrastive.hardest_negative_triplet_gradient(1.0, images, texts)
    for path, reference in zip(("images", "texts"), expected):
        np.testing.assert_allclose(found[path], reference, atol=1e-12)
    # The image of row 1 has two of cosine 0 beside its own: each takes half.
    assert expected[0].any()


@NAMES
def test_the_own_text_is_never_the_hardest_negative_even_where_it_is_not_marked(name):
    images, texts = pairs(near=0.7)
    expected = contrastive.hardest_negative_triplet(images, texts, 0.2, POSITIVES)
    unmarked = POSITIVES & ~np.eye(5, dtype=bool)
    assert contrastive.hardest_negative_triplet(images, texts, 0.2, unmarked) == expected
    given = (tensor(name, a.astype("float32")) for a in (images, texts))
    found = wing_of(name).hardest_negative_triplet(*given, 0.2, tensor(name, unmarked))
    assert float(found) == pytest.approx(float(expected), rel=1e-5)


@NAMES
def test_the_temperature_may_be_a_number_or_a_tensor(name):
    images, texts = (tensor(name, a.astype("float32")) for a in pairs())
    loss = wing_of(name).info_nce
    one, other = loss(images, texts, 0.3), loss(images, texts, tensor(name, np.float32(0.3)))
    assert float(one) == pytest.approx(float(other), rel=1e-6)


def test_the_temperature_of_clip_and_the_margin_of_vse_are_where_none_is_told():
    given = pairs()
    assert contrastive.info_nce(*given) == contrastive.info_nce(*given, 0.07)
    triplet = contrastive.hardest_negative_triplet
    assert triplet(*given) == triplet(*given, 0.2) != triplet(*given, 0.3)


def test_the_gradient_says_what_is_said_less_what_is_right():
    """At temperature 1 and for vectors across each other, by the softmax alone."""
    images = texts = np.eye(4)
    d_images, _, _ = contrastive.info_nce_gradient(1.0, images, texts, 1.0)
    p = 1 / (np.e + 3)
    expected = np.full((4, 4), p / 4)
    np.fill_diagonal(expected, 0)  # along the vector nothing changes a cosine
    np.testing.assert_allclose(d_images, expected, atol=1e-15)


def test_the_bound_on_mutual_information_holds_and_is_reached():
    """Eight words, each beside its picture: log 8 is known of one by the other.

    With a score that knows all, log N - L comes near it, and never above log N.
    """
    rng = np.random.default_rng(0)
    for batch in (4, 256):
        bounds = []
        for _ in range(200):
            words = rng.integers(8, size=batch)
            vectors = np.eye(8)[words]
            bounds.append(np.log(batch) - contrastive.info_nce(vectors, vectors, 0.02))
        bound = np.mean(bounds)
        assert bound < min(np.log(8), np.log(batch)) + 0.01
        if batch == 256:
            assert bound > np.log(8) - 0.05
