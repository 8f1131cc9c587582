"""Entries of what autoencoders are trained on."""

import numpy as np

from mmref.concordance.exemptions import MEAN
from mmref.concordance.formula import Formula, Peer, function_of
from mmref.reference import autoencoder

BATCH, CODE, SHAPE = 4, 3, (2, 2, 3)  # Z, and C, H, W of what is reconstructed
WHOLE = ("near", "far")
PICTURES = ("outputs", "targets")


def _pictures(rng, scale):
    return {name: scale * rng.normal(size=(BATCH, *SHAPE)) for name in PICTURES}


def _moments(rng, scale):
    return {name: scale * rng.normal(size=(BATCH, CODE)) for name in ("mean", "log_variance")}


def _absent(rng):
    """Rows that are not there, of NaN and of numbers."""
    given = _pictures(rng, 1.0) | {"present": np.array([True, False, False, True])}
    given["outputs"][1], given["targets"][1] = np.nan, np.nan
    given["targets"][2, 0] = np.nan
    return given


def _nobody(rng):
    return _pictures(rng, 1.0) | {"present": np.zeros(BATCH, bool)}


def _sampled(rng, scale):
    return _moments(rng, scale) | {"noise": rng.normal(size=(BATCH, CODE))}


def _bound(rng, scale, variance, beta):
    options = {"variance": variance, "beta": beta}
    return _pictures(rng, scale) | _moments(rng, scale) | options


def _torch_mse(outputs, targets, present):
    import torch

    return torch.nn.functional.mse_loss(outputs, targets)


def _keras_mse(outputs, targets, present):
    import keras

    return keras.ops.mean(keras.losses.mean_squared_error(targets, outputs))


def _torch_kl(mean, log_variance):
    from torch.distributions import Normal, kl_divergence

    own = Normal(mean, (log_variance / 2).exp())
    return kl_divergence(own, Normal(0.0, 1.0)).sum(dim=1)


def _torch_elbo(outputs, targets, mean, log_variance, variance, beta):
    from torch.distributions import Normal

    likelihood = Normal(outputs, variance**0.5).log_prob(targets).flatten(1).sum(dim=1)
    return likelihood - beta * _torch_kl(mean, log_variance)


FORMULAS = (
    Formula(
        name="reconstruction_loss",
        reference=autoencoder.reconstruction_loss,
        gradient=autoencoder.reconstruction_loss_gradient,
        samples={
            "near": lambda rng: _pictures(rng, 0.5) | {"present": None},
            "far": lambda rng: _pictures(rng, 5.0) | {"present": None},
            "absent rows": _absent,
            "nobody there": _nobody,
        },
        layer=function_of("reconstruction_loss"),
        images=PICTURES,
        peers=(
            Peer("torch.nn.functional.mse_loss", "torch", _torch_mse, WHOLE),
            Peer("keras.losses.mean_squared_error", "keras", _keras_mse, WHOLE, MEAN),
        ),
    ),
    Formula(
        name="gaussian_kl",
        reference=autoencoder.gaussian_kl,
        gradient=autoencoder.gaussian_kl_gradient,
        samples={
            "near": lambda rng: _moments(rng, 0.05),  # nearer, JAX loses a digit too many
            "far": lambda rng: _moments(rng, 2.0),
        },
        layer=function_of("gaussian_kl"),
        # Near 0 it loses its digits in float32.
        peers=(Peer("torch.distributions.kl_divergence", "torch", _torch_kl, ("far",)),),
    ),
    Formula(
        name="reparameterize",
        reference=autoencoder.reparameterize,
        gradient=autoencoder.reparameterize_gradient,
        samples={
            "near": lambda rng: _sampled(rng, 0.5),
            "far": lambda rng: _sampled(rng, 2.0),
        },
        layer=function_of("reparameterize"),
    ),
    Formula(
        name="elbo",
        reference=autoencoder.elbo,
        gradient=autoencoder.elbo_gradient,
        samples={
            "near": lambda rng: _bound(rng, 0.5, 1.0, 1.0),
            "far": lambda rng: _bound(rng, 1.0, 0.5, 4.0),
        },
        layer=function_of("elbo"),
        images=PICTURES,
        peers=(Peer("torch.distributions.Normal.log_prob", "torch", _torch_elbo, WHOLE),),
    ),
)
