"""Entries of the best weights for unbiased estimates."""

import numpy as np

from mmref.concordance.formula import Formula, Peer, function_of
from mmref.reference import estimation

COUNT = 4
ALL = ("alike", "far apart")
THREE = (*ALL, "with negative weights")


def _variances(rng, spread):
    return {"variances": np.exp(spread * rng.normal(size=COUNT))}


def _covariance(rng, spread):
    """Correlated errors whose deviations differ by factors of about e^spread."""
    shared = rng.normal(size=(COUNT, COUNT + 2))
    scale = np.exp(spread * rng.normal(size=COUNT))
    return {"covariance": (shared @ shared.T / COUNT + np.eye(COUNT)) * np.outer(scale, scale)}


def _nearly_alike(rng):
    """One error in all four and little besides: the worse sensors tell that of the better."""
    scale = 1 + np.arange(COUNT) / COUNT
    own = np.diag(rng.uniform(0.5, 1.5, COUNT))
    return {"covariance": 30 * np.outer(scale, scale) + 3 * own}


def _torch_softmax(variances):
    import torch

    return torch.softmax(-torch.log(variances), dim=0)


def _keras_softmax(variances):
    from keras import ops

    return ops.softmax(-ops.log(variances))


def _torch_cholesky(covariance):
    import torch

    root = torch.linalg.cholesky(covariance)
    w = torch.cholesky_solve(torch.ones_like(root[:, :1]), root)[:, 0]
    return w / w.sum()


def _keras_inverse(covariance):
    from keras import ops

    w = ops.sum(ops.inv((covariance + ops.transpose(covariance)) / 2), axis=1)
    return w / ops.sum(w)


FORMULAS = (
    Formula(
        name="inverse_variance_weights",
        reference=estimation.inverse_variance_weights,
        gradient=estimation.inverse_variance_weights_gradient,
        samples={
            "alike": lambda rng: _variances(rng, 0.2),
            "far apart": lambda rng: _variances(rng, 2.0),
        },
        layer=function_of("inverse_variance_weights"),
        peers=(
            Peer("torch.softmax of -log(variances)", "torch", _torch_softmax, ALL),
            Peer("keras.ops.softmax of -log(variances)", "keras", _keras_softmax, ALL),
        ),
    ),
    Formula(
        name="minimum_variance_weights",
        reference=estimation.minimum_variance_weights,
        gradient=estimation.minimum_variance_weights_gradient,
        samples={
            "alike": lambda rng: _covariance(rng, 0.2),
            "far apart": lambda rng: _covariance(rng, 0.7),
            "with negative weights": _nearly_alike,
        },
        layer=function_of("minimum_variance_weights"),
        peers=(
            Peer("torch.cholesky_solve", "torch", _torch_cholesky, THREE),
            Peer("keras.ops.inv", "keras", _keras_inverse, THREE),
        ),
    ),
)
