"""A set of pictures beside another, by features of them or by a classifier's probabilities.

Verdicts, not losses: nobody descends on them, so they have no gradients here.
"""

import numpy as np

from mmref.contract.arrays import check_each, check_finite, check_shape, check_some
from mmref.contract.estimation import ASYMMETRY
from mmref.contract.settings import check_count
from mmref.errors import ShapeError
from mmref.reference._shared import as_floats
from mmref.types import Array

CHUNK = 512  # rows whose distances are held at a time
EQUAL = 1e-12  # of the lengths' squares: a squared distance that is none
OFF = 1e-3  # by how much a row of probabilities may miss 1


def frechet_distance(
    mean: Array, covariance: Array, other_mean: Array, other_covariance: Array
) -> np.floating:
    """Squared Frechet distance between two Gaussians: their squared Wasserstein-2 distance.

    Formula
        d^2 = |m - n|^2 + tr(A + B - 2 (A^1/2 B A^1/2)^1/2)
        (A B)^1/2 has the same trace. But A B is not symmetric: where A or B is singular, rounding
        gives some of its eigenvalues an imaginary part, which other programs cut off. The matrix
        here is symmetric, so its eigenvalues are real; those below 0 by rounding count as 0.

    Args
        mean, other_mean: m and n (D,). covariance, other_covariance: A and B (D, D), symmetric,
            with no negative eigenvalue; they may be singular.

    Returns
        A number, at least 0. By custom the square is reported, under the name of the distance.

    Errors
        ShapeError: not (D,) and (D, D) of one D. ValueError: numbers that are not finite, a
        covariance that is not symmetric or has a negative eigenvalue.

    Source
        D. C. Dowson and B. V. Landau, "The Frechet distance between multivariate normal
        distributions", Journal of Multivariate Analysis 12(3), 1982. Over the features of an
        Inception network: Heusel et al. 2017, arXiv 1706.08500, equation 6.

    >>> one, two = np.array([0.0, 0.0]), np.array([3.0, 4.0])
    >>> float(frechet_distance(one, np.eye(2), two, 4 * np.eye(2)))  # 25 and 2 (2 - 1)^2
    27.0
    """
    m, n = _vector("mean", mean), _vector("other_mean", other_mean)
    check_shape("other_mean", n, len(m))
    a = _covariance("covariance", covariance, len(m))
    b = _covariance("other_covariance", other_covariance, len(m))
    values, vectors = np.linalg.eigh(a)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    overlap = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ b @ root), 0)).sum()
    return np.maximum((m - n) @ (m - n) + np.trace(a) + np.trace(b) - 2 * overlap, 0)


def classifier_score(probabilities: Array) -> np.floating:
    """The inception score, by whatever classifier: sure of each picture, and of many kinds.

    Formula
        exp(mean_j sum_k p_jk log(p_jk / q_k)), q_k = mean_j p_jk, with 0 log 0 = 0: the
        exponential of what the class tells of the picture

    Args
        probabilities: p (N, K), what a classifier says of each picture; rows sum to 1.

    Returns
        A number from 1, all rows alike, to K, each row sure and all classes equally often. It
        never looks at a real picture, and grows with N: compare sets of one size only.

    Errors
        ShapeError: not (N, K), or empty. ValueError: a negative number, or a row whose sum is not
        1.

    Source
        Salimans et al. 2016, arXiv 1606.03498, section 4.

    >>> float(classifier_score(np.eye(4)).round(4)), float(classifier_score(np.full((5, 4), 0.25)))
    (4.0, 1.0)
    """
    p = as_floats("probabilities", probabilities)
    check_shape("probabilities", p, "N", "K")
    check_some("probabilities", p, "row and class")
    check_each("probabilities", p, "numbers, at least 0", p >= 0)
    sums = p.sum(axis=1)
    check_each("probabilities", sums, "rows that sum to 1", np.abs(sums - 1) <= OFF)
    q = np.broadcast_to(p.mean(axis=0), p.shape)
    ratio = np.divide(p, q, out=np.ones_like(p), where=p > 0)
    return np.exp(np.mean(np.sum(p * np.log(ratio), axis=1)))


def precision_recall(
    real: Array, fake: Array, neighbors: int = 3
) -> tuple[np.floating, np.floating]:
    """Which share of the fakes looks real, and which share of the real ones could be faked.

    Formula
        Around each row of a set lies a ball as wide as the distance to its k-th nearest other row
        of that set. Precision is the share of fake rows in the ball of some real row, recall the
        share of real rows in the ball of some fake row.

    Args
        real (N, D), fake (M, D): features.
        neighbors: k, less than N and M.

    Returns
        Two numbers in [0, 1]. A generator that repeats one good picture has precision alone, one
        that makes all there is and nonsense besides has recall alone.

    Errors
        ShapeError: not (N, D) and (M, D) of one D, or not more than ``neighbors`` rows.
        ValueError: numbers that are not finite, neighbors below 1. TypeError: no integer.

    Source
        Kynkaanniemi, Karras, Laine, Lehtinen and Aila 2019, arXiv 1904.06991, equations 1 and 2.

    >>> real, fake = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([[0.0], [0.1], [9.0], [9.1]])
    >>> [float(share) for share in precision_recall(real, fake, neighbors=1)]
    [0.5, 0.25]
    """
    check_count("neighbors", neighbors)
    r, f = _features("real", real, neighbors), _features("fake", fake, neighbors)
    check_shape("fake", f, "M", r.shape[1])
    return _share_within(f, r, neighbors), _share_within(r, f, neighbors)


def _share_within(rows, others, neighbors):
    """The share of the rows that lie in the ball of one of the others."""
    radii = np.concatenate(
        # The nearest of its own set is the row itself.
        [np.partition(d, neighbors, axis=1)[:, neighbors] for d in _squares(others, others)]
    )
    return np.mean(np.concatenate([(d <= radii).any(axis=1) for d in _squares(rows, others)]))


def _squares(a, b):
    """Squared distances of the rows of a (N, D) to those of b (M, D), some rows at a time.

    By |a|^2 - 2 a b + |b|^2, which is quick; what is left of equal rows is rounding, and counts as
    0: the ball of a row that has a twin is a point, and the twin lies in it.
    """
    middle = b.mean(axis=0)  # about it the squares are smallest, and so is their rounding
    a, b = a - middle, b - middle
    length = np.square(b).sum(axis=1)
    for start in range(0, len(a), CHUNK):
        part = a[start : start + CHUNK]
        both = np.square(part).sum(axis=1)[:, None] + length
        squares = both - 2 * part @ b.T
        yield np.where(squares > EQUAL * both, squares, 0)


def _features(name, given, neighbors):
    features = as_floats(name, given)
    check_shape(name, features, "N", "D")
    check_finite(name, features)
    if len(features) <= neighbors:
        expected = f"more than neighbors = {neighbors} rows"
        raise ShapeError(name, expected, len(features))
    return features


def _vector(name, given):
    vector = as_floats(name, given).astype(float)
    check_shape(name, vector, "D")
    check_some(name, vector, "number")
    check_finite(name, vector)
    return vector


def _covariance(name, given, width):
    matrix = as_floats(name, given).astype(float)
    check_shape(name, matrix, width, width)
    check_finite(name, matrix)
    largest = np.abs(matrix).max()
    gap = np.abs(matrix - matrix.T).max()
    if gap > ASYMMETRY * largest:
        raise ValueError(f"{name}: expected a symmetric matrix, got one off by {gap:.3g}")
    least = np.linalg.eigvalsh(matrix)[0]
    if least < -ASYMMETRY * largest:
        raise ValueError(f"{name}: expected no negative eigenvalue, got {least:.3g}")
    return (matrix + matrix.T) / 2
