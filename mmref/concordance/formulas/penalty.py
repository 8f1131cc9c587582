"""Entries of the penalties on a slope: their gradients are second derivatives of the critic.

The critic is the reference's, written with each framework's operations.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from mmref.concordance.exemptions import MEAN
from mmref.concordance.formula import Formula
from mmref.reference import penalty
from mmref.types import Tensor

BATCH = 5


def network(wing: Any, weight: Tensor, bias: Tensor, output: Tensor) -> Callable:
    """The score of the small network in a wing's operations."""
    if wing.__name__ == "mmref.torch":
        return lambda x: (x @ weight.T + bias).tanh() @ output
    from keras import ops

    def score(x):
        # No matmul and no einsum: on PyTorch Keras computes float64 in float32 there.
        h = ops.tanh(ops.sum(x[:, None] * weight, axis=-1) + bias)  # (B, H)
        return ops.sum(h * output, axis=-1)

    return score


def _penalty_layer(wing, arguments):
    options = {name: arguments[name] for name in ("center", "one_sided")}

    def penalized(real, fake, mix, weight, bias, output):
        critic = network(wing, weight, bias, output)
        return wing.gradient_penalty(real, fake, mix, critic, **options)

    return penalized


def _r1_layer(wing, arguments):
    return lambda real, weight, bias, output: wing.r1_penalty(
        real, network(wing, weight, bias, output)
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


FORMULAS = (
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
)
