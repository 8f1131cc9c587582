"""Entries of the family ``adversarial``: losses, penalties, spectral normalization."""

import functools

import numpy as np

from mmref.concordance.formula import BOUNDS, Exemption, Formula, Peer
from mmref.reference import adversarial, penalty, spectral

BATCH = 5
BOTH = ("near zero", "far out")


def _logits(rng, scale):
    logits = scale * rng.normal(size=(BATCH, 3)) + 0.3
    if scale > 4:  # where a softplus that is cut off at 20 is not exact
        logits[0, 0], logits[1, 1] = 20.5, -21.0
    return logits


def _two_sides(*options, far=5):
    """Samples (real_logits, fake_logits, options); the options differ between the samples."""

    def draw(rng, scale, which):
        sides = {"real_logits": _logits(rng, scale), "fake_logits": _logits(rng, scale)}
        return sides | {name: values[which] for name, values in options}

    return {
        "near zero": lambda rng: draw(rng, 1, 0),
        "far out": lambda rng: draw(rng, far, 1),
    }


def _fakes(*options, far=5):
    """The same for the generator, who sees the fakes only."""

    def draw(rng, scale, which):
        return {"fake_logits": _logits(rng, scale)} | {n: values[which] for n, values in options}

    return {
        "near zero": lambda rng: draw(rng, 1, 0),
        "far out": lambda rng: draw(rng, far, 1),
    }


def _function(name):
    """The wing's function of this name, the sample's options applied."""

    def layer(wing, arguments):
        given = {n: a for n, a in arguments.items() if not isinstance(a, np.ndarray)}
        return functools.partial(getattr(wing, name), **given)

    return layer


# ---- losses: what the frameworks have under other names ----


def _torch_bce(logits, target):
    import torch

    target = torch.full_like(logits, target)
    return torch.nn.functional.binary_cross_entropy_with_logits(logits, target)


def _keras_bce(logits, target):
    import keras

    # The function, mean by row; the class of that name computes in float32 whatever it is given.
    target = keras.ops.full_like(logits, target)
    return keras.ops.mean(keras.losses.binary_crossentropy(target, logits, from_logits=True))


def _torch_mse(logits, target):
    import torch

    return torch.nn.functional.mse_loss(logits, torch.full_like(logits, target)) / 2


def _keras_mse(logits, target):
    import keras

    target = keras.ops.full_like(logits, target)
    return keras.ops.mean(keras.losses.mean_squared_error(target, logits)) / 2


def _torch_hinge(logits, sign):
    import torch

    # Its name for max(0, margin - x) is the label -1.
    label = torch.full_like(logits, -1)
    return torch.nn.functional.hinge_embedding_loss(sign * logits, label, margin=1)


def _keras_hinge(logits, sign):
    import keras

    return keras.ops.mean(keras.losses.hinge(keras.ops.full_like(logits, sign), logits))


def _peers(torch_name, torch_function, keras_name, keras_function):
    return (
        Peer(torch_name, "torch", torch_function, BOTH),
        Peer(keras_name, "keras", keras_function, BOTH),
    )


def _bce_peers(loss):
    return _peers(
        "torch.nn.functional.binary_cross_entropy_with_logits",
        functools.partial(loss, _torch_bce),
        "keras.losses.binary_crossentropy",
        functools.partial(loss, _keras_bce),
    )


def _mse_peers(loss):
    return _peers(
        "torch.nn.functional.mse_loss",
        functools.partial(loss, _torch_mse),
        "keras.losses.mean_squared_error",
        functools.partial(loss, _keras_mse),
    )


# ---- penalties: the critic of the reference, written with each framework's operations ----


def _critic(wing, weight, bias, output):
    if wing.__name__ == "mmref.torch":
        return lambda x: (x @ weight.T + bias).tanh() @ output
    from keras import ops

    def score(x):
        # einsum, because matmul computes float64 in float32 on Keras's PyTorch backend
        h = ops.tanh(ops.einsum("bd,hd->bh", x, weight) + bias)
        return ops.einsum("bh,h->b", h, output)

    return score


def _penalty_layer(wing, arguments):
    options = {name: arguments[name] for name in ("center", "one_sided")}

    def penalized(real, fake, mix, weight, bias, output):
        critic = _critic(wing, weight, bias, output)
        return wing.gradient_penalty(critic, real, fake, mix, **options)

    return penalized


def _r1_layer(wing, arguments):
    return lambda real, weight, bias, output: wing.r1_penalty(
        _critic(wing, weight, bias, output), real
    )


def _small_critic(rng):
    # B, D and H differ. Slopes on both sides of 1, so that a one-sided penalty has two cases.
    weight = rng.normal(size=(4, 3))
    return {"weight": weight, "bias": rng.normal(size=4), "output": rng.normal(size=4)}


def _penalty_sample(rng, center, one_sided):
    points = {
        "real": rng.normal(size=(BATCH, 3)),
        "fake": 2 + rng.normal(size=(BATCH, 3)),
        "mix": rng.random(BATCH),
    }
    return points | _small_critic(rng) | {"center": center, "one_sided": one_sided}


def _flat_critic(rng):
    """A critic whose slope is exactly 0: the norm has a kink there."""
    arguments = _penalty_sample(rng, 0.0, False)
    return arguments | {"output": np.zeros(4)}


# ---- spectral normalization ----


def _spectral_sample(rng, shape, axis):
    # The vectors need not have converged; but sigma must not come out close to 0.
    weight = rng.normal(size=shape)
    left, right = spectral.power_iteration(weight, rng.normal(size=shape[axis]), 1, axis)
    return {"weight": weight, "left": left, "right": right, "axis": axis}


MEAN = (
    Exemption(
        "keras on torch",
        "float64",
        BOUNDS["float32"],
        "on that backend keras.ops.mean computes float64 inputs in float32",
    ),
)

SMOOTHING = ("smoothing", (0.0, 0.1))
TARGETS = ("real_target", (1.0, 0.5)), ("fake_target", (0.0, -1.0))

FORMULAS = (
    Formula(
        name="minimax_discriminator_loss",
        reference=adversarial.minimax_discriminator_loss,
        gradient=adversarial.minimax_discriminator_loss_gradient,
        samples=_two_sides(SMOOTHING),
        layer=_function("minimax_discriminator_loss"),
        peers=_bce_peers(
            lambda bce, real_logits, fake_logits, smoothing: (
                bce(real_logits, 1 - smoothing) + bce(fake_logits, 0.0)
            )
        ),
        exemptions=MEAN,
    ),
    Formula(
        name="minimax_generator_loss",
        reference=adversarial.minimax_generator_loss,
        gradient=adversarial.minimax_generator_loss_gradient,
        samples=_fakes(),
        layer=_function("minimax_generator_loss"),
        peers=_bce_peers(lambda bce, fake_logits: -bce(fake_logits, 0.0)),
        exemptions=MEAN,
    ),
    Formula(
        name="non_saturating_generator_loss",
        reference=adversarial.non_saturating_generator_loss,
        gradient=adversarial.non_saturating_generator_loss_gradient,
        samples=_fakes(),
        layer=_function("non_saturating_generator_loss"),
        peers=_bce_peers(lambda bce, fake_logits: bce(fake_logits, 1.0)),
        exemptions=MEAN,
    ),
    Formula(
        name="least_squares_discriminator_loss",
        reference=adversarial.least_squares_discriminator_loss,
        gradient=adversarial.least_squares_discriminator_loss_gradient,
        samples=_two_sides(*TARGETS, far=3),
        layer=_function("least_squares_discriminator_loss"),
        peers=_mse_peers(
            lambda mse, real_logits, fake_logits, real_target, fake_target: (
                mse(real_logits, real_target) + mse(fake_logits, fake_target)
            )
        ),
        exemptions=MEAN,
    ),
    Formula(
        name="least_squares_generator_loss",
        reference=adversarial.least_squares_generator_loss,
        gradient=adversarial.least_squares_generator_loss_gradient,
        samples=_fakes(("target", (1.0, 0.5)), far=3),
        layer=_function("least_squares_generator_loss"),
        peers=_mse_peers(lambda mse, fake_logits, target: mse(fake_logits, target)),
        exemptions=MEAN,
    ),
    Formula(
        name="hinge_discriminator_loss",
        reference=adversarial.hinge_discriminator_loss,
        gradient=adversarial.hinge_discriminator_loss_gradient,
        samples=_two_sides(),
        layer=_function("hinge_discriminator_loss"),
        peers=_peers(
            "torch.nn.functional.hinge_embedding_loss",
            lambda real_logits, fake_logits: (
                _torch_hinge(real_logits, 1) + _torch_hinge(fake_logits, -1)
            ),
            "keras.losses.hinge",
            lambda real_logits, fake_logits: (
                _keras_hinge(real_logits, 1) + _keras_hinge(fake_logits, -1)
            ),
        ),
        exemptions=MEAN,
    ),
    Formula(
        name="wasserstein_critic_loss",
        reference=adversarial.wasserstein_critic_loss,
        gradient=adversarial.wasserstein_critic_loss_gradient,
        samples=_two_sides(),
        layer=_function("wasserstein_critic_loss"),
        exemptions=MEAN,
    ),
    Formula(
        name="wasserstein_generator_loss",
        reference=adversarial.wasserstein_generator_loss,
        gradient=adversarial.wasserstein_generator_loss_gradient,
        samples=_fakes(),
        layer=_function("wasserstein_generator_loss"),
        exemptions=MEAN,
    ),
    # The gradients of the two penalties are second derivatives of the critic.
    Formula(
        name="gradient_penalty",
        reference=penalty.gradient_penalty,
        gradient=penalty.gradient_penalty_gradient,
        samples={
            "two-sided": lambda rng: _penalty_sample(rng, 1.0, False),
            "one-sided": lambda rng: _penalty_sample(rng, 1.0, True),
            "center 0": lambda rng: _penalty_sample(rng, 0.0, False),
            "flat critic": _flat_critic,
        },
        layer=_penalty_layer,
        exemptions=MEAN,
    ),
    Formula(
        name="r1_penalty",
        reference=penalty.r1_penalty,
        gradient=penalty.r1_penalty_gradient,
        samples={
            "random critic": lambda rng: {"real": rng.normal(size=(BATCH, 3))} | _small_critic(rng),
            "flat critic": lambda rng: (
                {"real": rng.normal(size=(BATCH, 3))} | _small_critic(rng) | {"output": np.zeros(4)}
            ),
        },
        layer=_r1_layer,
        exemptions=MEAN,
    ),
    Formula(
        name="spectral_normalization",
        reference=spectral.spectral_normalization,
        gradient=spectral.spectral_normalization_gradient,
        samples={
            "matrix": lambda rng: _spectral_sample(rng, (4, 6), 0),
            "convolution": lambda rng: _spectral_sample(rng, (4, 3, 2, 2), 0),
            "outputs last": lambda rng: _spectral_sample(rng, (2, 3, 5), -1),
        },
        layer=_function("spectral_normalization"),
        # No peers: the frameworks' own find the vectors themselves. Tests compare with them.
    ),
)
