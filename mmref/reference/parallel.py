"""Several workers train one network: gradients averaged, statistics combined, sums round a ring."""

from collections.abc import Sequence

import numpy as np

from mmref.contract.parallel import check_ring, pieces_of, shares_of, shares_of_statistics
from mmref.reference._shared import as_floats, as_gradient
from mmref.types import Array


def averaged_gradients(gradients: Array, counts: Sequence[int]) -> Array:
    """The gradient of one worker that has all rows, from those of several that share them.

    Formula
        g = sum_p (n_p / n) g_p,  n = sum_p n_p
        Each g_p is the gradient of the mean loss of the n_p rows of worker p. The plain mean of the
        g_p is the same only where all n_p are.

    Args
        gradients: g_p (P, ...), P at least 1: floats, one array for each worker; anything, NaN too,
            of a worker without rows.
        counts: n_p, a list or tuple of P whole numbers, not all 0.

    Returns
        g (...), the gradient of the mean loss of all n rows.

    Errors
        ShapeError: no floats, no worker, not as many counts. TypeError: counts that are no list of
        integers. ValueError: a negative one, no row at all.

    Source
        The chain rule; the mean of a loss over n rows is sum_p (n_p / n) times the mean over the
        rows of worker p. It needs a loss that is a mean over rows: see ``combined_statistics`` for
        what batch norm makes of it.

    >>> averaged_gradients(np.array([[2.0], [6.0]]), (3, 1))
    array([3.])
    """
    gradients = as_floats("gradients", gradients)
    shares = shares_of(gradients, counts)
    return _weighted(gradients, shares)


def averaged_gradients_gradient(
    grad: Array, gradients: Array, counts: Sequence[int]
) -> tuple[Array]:
    """Gradient with respect to the gradients.

    Formula
        dg_p = (n_p / n) dg
    """
    gradients = as_floats("gradients", gradients)
    shares = shares_of(gradients, counts)
    g = as_gradient(grad, gradients.shape[1:])
    return (np.stack([share * g for share in shares]),)


def combined_statistics(means: Array, variances: Array, counts: Sequence[int]) -> Array:
    """Mean and variance of all rows, from those of each worker's rows.

    Formula
        m = sum_p (n_p / n) m_p
        v = sum_p (n_p / n) (v_p + (m_p - m)^2)

    Args
        means: m_p (P, C), P at least 1: of each channel over the n_p rows of worker p; anything,
            NaN too, of a worker without rows.
        variances: v_p (P, C), likewise; divided by n_p, not by n_p - 1.
        counts: n_p, a list or tuple of P whole numbers, not all 0.

    Returns
        (2, C): m, and v, which is divided by n. The mean of the v_p alone is too small, by the
        variance of the means.

    Errors
        ShapeError: no floats, other shapes, no worker, not as many counts. TypeError: counts that
        are no list of integers. ValueError: a negative one, no row at all.

    Source
        Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample
        variances", Stanford report STAN-CS-79-773, 1979, for two; they hold sums of squares, n
        times our variances.

    >>> combined_statistics(np.array([[1.0], [5.0]]), np.array([[2.0], [0.0]]), (3, 1))
    array([[2. ],
           [4.5]])
    """
    means, variances, shares = _statistics(means, variances, counts)
    mean = _weighted(means, shares)
    return np.stack([mean, _weighted(variances + (means - mean) ** 2, shares)])


def combined_statistics_gradient(
    grad: Array, means: Array, variances: Array, counts: Sequence[int]
) -> tuple[Array, Array]:
    """Gradients with respect to the means and the variances.

    Formula
        dm_p = (n_p / n) (dm + 2 (m_p - m) dv),  dv_p = (n_p / n) dv
        By way of m, v has no gradient: sum_p n_p (m_p - m) = 0.
    """
    means, variances, shares = _statistics(means, variances, counts)
    of_mean, of_variance = as_gradient(grad, (2, means.shape[1]))
    away = means - _weighted(means, shares)
    d_means = [
        share * (of_mean + 2 * one * of_variance) if share else np.zeros_like(one)
        for share, one in zip(shares, away, strict=True)
    ]
    return np.stack(d_means), np.stack([share * of_variance for share in shares])


def ring_all_reduce(arrays: Array) -> Array:
    """The sum of all workers' arrays, at every worker, where each speaks to its neighbor alone.

    Formula
        s_p = sum_q x_q for every p. Each array is cut into P pieces, numbered, as the workers are,
        modulo P. In step t = 0, 1, ..., 2 P - 3 worker p sends its piece p - t to worker p + 1. In
        the first P - 1 steps that one adds it to its own, and a piece that has gone round is whole.
        In the other P - 1 steps the whole pieces go round, and replace what they come to.

    Args
        arrays: x (P, D), floats: a row for each worker.

    Returns
        s (P, D), all rows equal to the last digit: each piece is summed once, by one way round.
        Every worker sends 2 (P - 1) pieces, about 2 (P - 1) / P times D numbers.

    Errors
        ShapeError: no floats (P, D), no worker.

    Source
        Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms for clusters of workstations",
        Journal of Parallel and Distributed Computing 69(2), 2009.

    >>> ring_all_reduce(np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]))
    array([[11., 22., 33.],
           [11., 22., 33.]])
    """
    arrays = as_floats("arrays", arrays)
    check_ring(arrays)
    workers, held = len(arrays), arrays.copy()
    pieces = [slice(*ends) for ends in pieces_of(*arrays.shape)]
    for step in range(2 * (workers - 1)):
        # P - 1 steps after it began, a piece is whole: it replaces what it is sent to.
        whole = step >= workers - 1
        moving = [pieces[(p - step) % workers] for p in range(workers)]
        sent = [held[p, piece].copy() for p, piece in enumerate(moving)]
        for p, piece in enumerate(moving):
            after = (p + 1) % workers
            held[after, piece] = sent[p] if whole else held[after, piece] + sent[p]
    return held


def ring_all_reduce_gradient(grad: Array, arrays: Array) -> tuple[Array]:
    """Gradient with respect to the arrays: again an all-reduce.

    Formula
        dx_p = sum_q ds_q, the same for every p
    """
    arrays = as_floats("arrays", arrays)
    check_ring(arrays)
    return (ring_all_reduce(as_gradient(grad, arrays.shape)),)


def _weighted(arrays, shares):
    """sum_p share_p x_p; what has no share is not looked at: 0 * NaN is NaN."""
    terms = [share * one for share, one in zip(shares, arrays, strict=True) if share]
    return np.sum(terms, axis=0)


def _statistics(means, variances, counts):
    means, variances = as_floats("means", means), as_floats("variances", variances)
    return means, variances, shares_of_statistics(means, variances, counts)
