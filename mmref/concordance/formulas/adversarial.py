"""Entries of the losses of the two players of a GAN."""

import functools

from mmref.concordance.exemptions import MEAN
from mmref.concordance.formula import Formula, Peer, function_of
from mmref.reference import adversarial

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


def _three_sides(rng, scale):
    names = ("real_logits", "mismatched_logits", "fake_logits")
    return {name: _logits(rng, scale) for name in names}


# What the frameworks have under other names.


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


SMOOTHING = ("smoothing", (0.0, 0.1))
TARGETS = ("real_target", (1.0, 0.5)), ("fake_target", (0.0, -1.0))
FORMULAS = (
    Formula(
        name="minimax_discriminator_loss",
        reference=adversarial.minimax_discriminator_loss,
        gradient=adversarial.minimax_discriminator_loss_gradient,
        samples=_two_sides(SMOOTHING),
        layer=function_of("minimax_discriminator_loss"),
        peers=_bce_peers(
            lambda bce, real_logits, fake_logits, smoothing: (
                bce(real_logits, 1 - smoothing) + bce(fake_logits, 0.0)
            )
        ),
        exemptions=MEAN,
    ),
    Formula(
        name="matching_aware_discriminator_loss",
        reference=adversarial.matching_aware_discriminator_loss,
        gradient=adversarial.matching_aware_discriminator_loss_gradient,
        samples={
            "near zero": lambda rng: _three_sides(rng, 1),
            "far out": lambda rng: _three_sides(rng, 5),
        },
        layer=function_of("matching_aware_discriminator_loss"),
        peers=_bce_peers(
            lambda bce, real_logits, mismatched_logits, fake_logits: (
                bce(real_logits, 1.0) + (bce(mismatched_logits, 0.0) + bce(fake_logits, 0.0)) / 2
            )
        ),
        exemptions=MEAN,
    ),
    Formula(
        name="minimax_generator_loss",
        reference=adversarial.minimax_generator_loss,
        gradient=adversarial.minimax_generator_loss_gradient,
        samples=_fakes(),
        layer=function_of("minimax_generator_loss"),
        peers=_bce_peers(lambda bce, fake_logits: -bce(fake_logits, 0.0)),
        exemptions=MEAN,
    ),
    Formula(
        name="non_saturating_generator_loss",
        reference=adversarial.non_saturating_generator_loss,
        gradient=adversarial.non_saturating_generator_loss_gradient,
        samples=_fakes(),
        layer=function_of("non_saturating_generator_loss"),
        peers=_bce_peers(lambda bce, fake_logits: bce(fake_logits, 1.0)),
        exemptions=MEAN,
    ),
    Formula(
        name="least_squares_discriminator_loss",
        reference=adversarial.least_squares_discriminator_loss,
        gradient=adversarial.least_squares_discriminator_loss_gradient,
        samples=_two_sides(*TARGETS, far=3),
        layer=function_of("least_squares_discriminator_loss"),
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
        layer=function_of("least_squares_generator_loss"),
        peers=_mse_peers(lambda mse, fake_logits, target: mse(fake_logits, target)),
        exemptions=MEAN,
    ),
    Formula(
        name="hinge_discriminator_loss",
        reference=adversarial.hinge_discriminator_loss,
        gradient=adversarial.hinge_discriminator_loss_gradient,
        samples=_two_sides(),
        layer=function_of("hinge_discriminator_loss"),
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
        layer=function_of("wasserstein_critic_loss"),
        exemptions=MEAN,
    ),
    Formula(
        name="wasserstein_generator_loss",
        reference=adversarial.wasserstein_generator_loss,
        gradient=adversarial.wasserstein_generator_loss_gradient,
        samples=_fakes(),
        layer=function_of("wasserstein_generator_loss"),
        exemptions=MEAN,
    ),
)
