"""Entries of what several workers make of their gradients and statistics."""

import numpy as np

from mmref.concordance.exemptions import MEAN
from mmref.concordance.formula import Formula, Peer, function_of
from mmref.reference import parallel

WORKERS, CHANNELS, SHAPE = 3, 4, (2, 4)
EVEN, UNEVEN, IDLE = (4, 4, 4), (6, 2, 4), (5, 0, 2)


def _gradients(rng, counts):
    """Of each worker, NaN where it has no rows."""
    gradients = rng.normal(size=(WORKERS, *SHAPE))
    gradients[np.array(counts) == 0] = np.nan
    return {"gradients": gradients, "counts": counts}


def _statistics(rng, counts):
    means = rng.normal(size=(WORKERS, CHANNELS))
    variances = rng.gamma(2, size=(WORKERS, CHANNELS))
    for array in (means, variances):
        array[np.array(counts) == 0] = np.nan
    return {"means": means, "variances": variances, "counts": counts}


def _arrays(rng, length):
    return {"arrays": rng.normal(size=(WORKERS, length))}


def _torch_repeated(gradients, counts):
    """As if every row had its worker's gradient."""
    import torch

    return torch.repeat_interleave(gradients, torch.tensor(counts), dim=0).mean(dim=0)


def _keras_repeated(gradients, counts):
    from keras import ops

    rows = [gradients[p] for p, count in enumerate(counts) for _ in range(count)]
    return ops.mean(ops.stack(rows), axis=0)


def _rows(stack, means, variances, counts):
    """Rows of which each worker's have its mean and variance: half above, half below."""
    rows = []
    for p, count in enumerate(counts):
        away = variances[p] ** 0.5
        rows += [means[p] + sign * away for sign in (1, -1) for _ in range(count // 2)]
    return stack(rows)


def _torch_whole(means, variances, counts):
    import torch

    rows = _rows(torch.stack, means, variances, counts)
    variance, mean = torch.var_mean(rows, dim=0, correction=0)
    return torch.stack([mean, variance])


def _keras_whole(means, variances, counts):
    from keras import ops

    return ops.stack(ops.moments(_rows(ops.stack, means, variances, counts), axes=[0]))


def _torch_sum(arrays):
    return arrays.sum(dim=0).expand_as(arrays)


def _keras_sum(arrays):
    from keras import ops

    return ops.broadcast_to(ops.sum(arrays, axis=0, keepdims=True), arrays.shape)


BOTH, LENGTHS = ("even", "uneven"), ("pieces alike", "pieces of two lengths", "fewer than workers")
FORMULAS = (
    Formula(
        name="averaged_gradients",
        reference=parallel.averaged_gradients,
        gradient=parallel.averaged_gradients_gradient,
        samples={
            "even": lambda rng: _gradients(rng, EVEN),
            "uneven": lambda rng: _gradients(rng, UNEVEN),
            "a worker without rows": lambda rng: _gradients(rng, IDLE),
        },
        layer=function_of("averaged_gradients"),
        peers=(
            Peer("torch.repeat_interleave, mean", "torch", _torch_repeated, BOTH),
            Peer("keras.ops.mean of all rows", "keras", _keras_repeated, BOTH, exemptions=MEAN),
        ),
    ),
    Formula(
        name="combined_statistics",
        reference=parallel.combined_statistics,
        gradient=parallel.combined_statistics_gradient,
        samples={
            "even": lambda rng: _statistics(rng, EVEN),
            "uneven": lambda rng: _statistics(rng, UNEVEN),
            "a worker without rows": lambda rng: _statistics(rng, IDLE),
        },
        layer=function_of("combined_statistics"),
        peers=(
            Peer("torch.var_mean of all rows", "torch", _torch_whole, BOTH),
            Peer("keras.ops.moments of all rows", "keras", _keras_whole, BOTH),
        ),
    ),
    Formula(
        name="ring_all_reduce",
        reference=parallel.ring_all_reduce,
        gradient=parallel.ring_all_reduce_gradient,
        samples={
            "pieces alike": lambda rng: _arrays(rng, 6),
            "pieces of two lengths": lambda rng: _arrays(rng, 7),
            "fewer than workers": lambda rng: _arrays(rng, 2),
        },
        layer=function_of("ring_all_reduce"),
        peers=(
            Peer("torch.sum", "torch", _torch_sum, LENGTHS),
            Peer("keras.ops.sum", "keras", _keras_sum, LENGTHS),
        ),
    ),
)
