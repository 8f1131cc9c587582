"""Two encoders, one space: cosines of all pairs, and the losses that draw right pairs together."""

import numpy as np

from mmref.contract.contrastive import (
    MARGIN,
    TEMPERATURE,
    check_pairs,
    check_temperature,
    check_vectors,
)
from mmref.contract.settings import check_number
from mmref.reference._shared import expect
from mmref.types import Array


def cosine_similarities(queries: Array, items: Array) -> Array:
    """The cosine of the angle between each query and each item.

    Formula
        s_ij = q_i . x_j / (|q_i| |x_j|), and 0 where one of the two is all zeros

    Args
        queries, items: q (N, D) and x (M, D), floats of one dtype, of any length.

    Returns
        (N, M), from -1 to 1.

    Errors
        ShapeError: no floats, other axes, two widths or dtypes, D = 0.

    Source
        Salton, Wong and Yang, Communications of the ACM 18(11), 1975, for vectors of documents.

    >>> cosine_similarities(np.array([[3.0, 0.0]]), np.array([[2.0, 0.0], [1.0, 1.0]])).round(3)
    array([[1.   , 0.707]])
    """
    q, x = np.asarray(queries), np.asarray(items)
    check_vectors(q, x)
    return _unit(q)[0] @ _unit(x)[0].T


def cosine_similarities_gradient(grad: Array, queries: Array, items: Array) -> tuple[Array, Array]:
    """Gradients with respect to the vectors: their part across the vector, over its length.

    Formula
        dq_i = (r_i - u_i (u_i . r_i)) / |q_i|,  r_i = sum_j g_ij v_j, u and v of length 1;
        dx likewise. A vector of zeros has its r.
    """
    q, x = np.asarray(queries), np.asarray(items)
    check_vectors(q, x)
    expect("grad", grad, (len(q), len(x)))
    (u, q_length), (v, x_length) = _unit(q), _unit(x)
    return _across(np.asarray(grad) @ v, u, q_length), _across(np.asarray(grad).T @ u, v, x_length)


def info_nce(
    images: Array,
    texts: Array,
    temperature: Array | float = TEMPERATURE,
    positives: Array | None = None,
) -> np.floating:
    """Which text of the batch is the image's, and which image the text's: two cross-entropies.

    Formula
        l_ij = cosine(image_i, text_j) / temperature
        p = softmax of l over the texts j,  p' = softmax of l over the images i
        L = -1/2B sum_i log p_ii - 1/2B sum_j log p'_jj
        with positives P: -log p_ii becomes the mean of -log p_ij over the j with P_ij, and 0 where
        there is none; -log p'_jj likewise over the i with P_ij.

    Args
        images, texts: (B, D), floats of one dtype, row i of both belonging together; of any length.
        temperature: a positive number, or an array of one.
        positives: (B, B) boolean, True = text j is a right answer to image i, and i to j. None:
            row i alone. Texts that are right and not marked are false negatives: they are pushed
            away.

    Returns
        A number; log B where all cosines are equal.

    Errors
        ShapeError: no floats, two shapes or dtypes, no row, positives that are not boolean (B, B).
        ValueError: a temperature that is a number and not positive.

    Source
        van den Oord, Li and Vinyals 2018, arXiv 1807.03748, equation 4; both directions and the
        cosine: Radford et al., ICML 2021, arXiv 2103.00020, figure 3; several right answers: Khosla
        et al., NeurIPS 2020, arXiv 2004.11362, equation 2.

    >>> float(info_nce(np.eye(2), np.eye(2), 1.0).round(4))  # log(1 + 1 / e)
    0.3133
    >>> float(info_nce(np.ones((4, 2)), np.ones((4, 2))).round(4))  # log 4
    1.3863
    """
    _, logits, by_text, by_image = _classified(images, texts, temperature, positives)
    rows = np.sum(by_text * _log_softmax(logits, axis=1))
    columns = np.sum(by_image * _log_softmax(logits, axis=0))
    return -(rows + columns) / (2 * len(logits))


def info_nce_gradient(
    grad: float,
    images: Array,
    texts: Array,
    temperature: Array | float = TEMPERATURE,
    positives: Array | None = None,
) -> tuple[Array, Array, Array]:
    """Gradients with respect to images, texts and the temperature t.

    Formula
        dl = g (p - y + p' - y') / 2B, where y is a row's right answers, their sum 1, and a row
        without any counts in neither; ds = dl / t; dt = -sum dl l / t; the vectors' as in
        :func:`cosine_similarities_gradient`
    """
    expect("grad", grad, ())
    t, logits, by_text, by_image = _classified(images, texts, temperature, positives)
    slope = by_text.sum(axis=1, keepdims=True) * np.exp(_log_softmax(logits, 1)) - by_text
    slope += by_image.sum(axis=0, keepdims=True) * np.exp(_log_softmax(logits, 0)) - by_image
    slope = grad * slope / (2 * len(logits))
    vectors = cosine_similarities_gradient(slope / t, images, texts)
    return *vectors, np.asarray(-np.sum(slope * logits) / t)


def hardest_negative_triplet(
    images: Array, texts: Array, margin: float = MARGIN, positives: Array | None = None
) -> np.floating:
    """The right pair should beat the most similar wrong one by a margin, in both directions.

    Formula
        s_ij = cosine(image_i, text_j)
        L = mean_i max(0, margin + max_{j wrong} s_ij - s_ii)
          + mean_j max(0, margin + max_{i wrong} s_ij - s_jj), and 0 where nothing is wrong

    Args
        images, texts: (B, D), floats of one dtype, row i of both belonging together; of any length.
        margin: at least 0.
        positives: (B, B) boolean, True = text j is a right answer to image i, and so never its
            hardest negative; the diagonal always is one. None: only the diagonal.

    Returns
        A number. Where several are the hardest, each has its share of the gradient.

    Errors
        ShapeError: no floats, two shapes or dtypes, no row, positives that are not boolean (B, B).
        ValueError: a margin below 0.

    Source
        Faghri, Fleet, Kiros and Fidler, "VSE++", BMVC 2018, arXiv 1707.05612, equation 6. They sum
        over the batch; we take the mean.

    >>> float(hardest_negative_triplet(np.eye(2), np.eye(2)))
    0.0
    >>> float(hardest_negative_triplet(np.eye(2), np.eye(2)[::-1]).round(1))  # twice 0.2 + 1 - 0
    2.4
    """
    s, wrong = _scored(images, texts, margin, positives)
    right = np.diagonal(s)
    return sum(np.mean(np.maximum(0, margin + wrong.max(axis=k) - right)) for k in (1, 0))


def hardest_negative_triplet_gradient(
    grad: float,
    images: Array,
    texts: Array,
    margin: float = MARGIN,
    positives: Array | None = None,
) -> tuple[Array, Array]:
    """Gradients with respect to images and texts.

    Formula
        A row whose term is above 0 has ds = g / B at its hardest negative, or in equal shares at
        several, and -g / B at its right answer; a column likewise
    """
    expect("grad", grad, ())
    s, wrong = _scored(images, texts, margin, positives)
    slope = np.zeros_like(s)
    for k in (1, 0):
        hardest = wrong.max(axis=k, keepdims=True)
        counts = margin + hardest - np.expand_dims(np.diagonal(s), k) > 0
        shares = (wrong == hardest) * counts
        slope += shares / np.maximum(shares.sum(axis=k, keepdims=True), 1)
        slope -= np.diag(counts.ravel())
    return cosine_similarities_gradient(grad * slope / len(s), images, texts)


def _unit(x):
    """The vectors at length 1, and their lengths; zeros stay zeros, and have 1."""
    largest = np.abs(x).max(axis=-1, keepdims=True)  # squares of large or tiny numbers get lost
    largest = np.where(largest == 0, 1, largest)
    length = largest * np.sqrt(np.sum((x / largest) ** 2, axis=-1, keepdims=True))
    length = np.where(length == 0, 1, length)
    return x / length, length


def _across(r, u, length):
    return (r - u * np.sum(u * r, axis=-1, keepdims=True)) / length


def _classified(images, texts, temperature, positives):
    """The temperature, the logits, and the shares of the right answers by rows and by columns."""
    check_temperature(temperature)
    right = _right(images, texts, positives)
    logits = cosine_similarities(images, texts) / temperature
    shares = (right / np.maximum(right.sum(axis=k, keepdims=True), 1) for k in (1, 0))
    return temperature, logits, *shares


def _scored(images, texts, margin, positives):
    """The cosines, and the same with minus infinity at all that is right."""
    check_number("margin", margin, 0)
    right = _right(images, texts, positives) | np.eye(len(images), dtype=bool)
    s = cosine_similarities(images, texts)
    return s, np.where(right, -np.inf, s)


def _right(images, texts, positives):
    images, texts = np.asarray(images), np.asarray(texts)
    check_pairs(images, texts, positives)
    return np.eye(len(images), dtype=bool) if positives is None else np.asarray(positives)


def _log_softmax(logits, axis):
    s = logits - logits.max(axis=axis, keepdims=True)
    return s - np.log(np.exp(s).sum(axis=axis, keepdims=True))
