"""Several workers train one network: gradients averaged, statistics combined, sums round a ring
(contract: ``mmref.contract.parallel``).

As formulas, of arrays that one process holds. To train, take the framework's own: in PyTorch
``torch.distributed``, in Keras ``keras.distribution``.
"""

from collections.abc import Sequence

import torch

from mmref.contract.parallel import check_ring, pieces_of, shares_of, shares_of_statistics


def averaged_gradients(gradients: torch.Tensor, counts: Sequence[int]) -> torch.Tensor:
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
        ShapeError: no floats, no worker, not as many counts. TypeError: no
        tensor, counts that are no list of integers. ValueError: a negative one, no row at all.

    Source
        The chain rule; the mean of a loss over n rows is sum_p (n_p / n) times the mean over the
        rows of worker p. It needs a loss that is a mean over rows: see ``combined_statistics`` for
        what batch norm makes of it.

    >>> averaged_gradients(torch.tensor([[2.0], [6.0]]), (3, 1))
    tensor([3.])
    """
    shares = shares_of(gradients, counts, torch.Tensor)
    return _weighted(gradients, shares)


def combined_statistics(
    means: torch.Tensor, variances: torch.Tensor, counts: Sequence[int]
) -> torch.Tensor:
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
        ShapeError: no floats, other shapes, no worker, not as many counts. TypeError: no tensor,
        counts that are no list of integers. ValueError: a negative one, no row at all.

    Source
        Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample
        variances", Stanford report STAN-CS-79-773, 1979, for two; they hold sums of squares, n
        times our variances.

    >>> combined_statistics(torch.tensor([[1.0], [5.0]]), torch.tensor([[2.0], [0.0]]), (3, 1))
    tensor([[2.0000],
            [4.5000]])
    """
    shares = shares_of_statistics(means, variances, counts, torch.Tensor)
    mean = _weighted(means, shares)
    pairs = zip(means, variances, strict=True)
    return torch.stack([mean, _weighted([v + (m - mean) ** 2 for m, v in pairs], shares)])


def ring_all_reduce(arrays: torch.Tensor) -> torch.Tensor:
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
        ShapeError: no floats (P, D), no worker. TypeError: no tensor.

    Source
        Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms for clusters of workstations",
        Journal of Parallel and Distributed Computing 69(2), 2009.

    >>> ring_all_reduce(torch.tensor([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]))
    tensor([[11., 22., 33.],
            [11., 22., 33.]])
    """
    check_ring(arrays, torch.Tensor)
    workers, length = arrays.shape
    pieces = pieces_of(workers, length)
    held = [[arrays[p, begin:end] for begin, end in pieces] for p in range(workers)]
    for step in range(2 * (workers - 1)):
        whole = step >= workers - 1  # then a piece replaces what it comes to
        sent = [held[p][(p - step) % workers] for p in range(workers)]
        for p, piece in enumerate(sent):
            after, at = (p + 1) % workers, (p - step) % workers
            held[after][at] = piece if whole else held[after][at] + piece
    return torch.stack([torch.cat(row) for row in held])


def _weighted(arrays, shares):
    """sum_p share_p x_p; what has no share is not looked at: 0 * NaN is NaN."""
    return sum(share * arrays[p] for p, share in enumerate(shares) if share)
