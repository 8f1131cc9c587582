"""Entries of finding a known signal in noise."""

import numpy as np

from mmref.concordance.exemptions import MATMUL
from mmref.concordance.formula import Formula, Peer, function_of
from mmref.reference import detection

SEVERAL, ONE = "several templates", "one template"


def _images(rng, templates=3, strength=1.0, noise=0.8):
    s = strength * rng.normal(size=(templates, 6)) / 2
    return {"images": rng.normal(size=(4, 6)) / 2, "templates": s, "noise": noise}


def _priors(rng, classes):
    old, new = rng.dirichlet(np.full(classes, 5.0), 2)
    return {"logits": rng.normal(size=(5, classes)), "old": old, "new": new}


def _torch_densities(images, templates, noise):
    """By the densities themselves, the mixture's over that of noise."""
    import torch
    from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

    deviation = torch.full_like(templates, noise)
    parts = Independent(Normal(templates, deviation), 1)
    each = Categorical(probs=torch.ones_like(templates[:, 0]))
    there = MixtureSameFamily(each, parts).log_prob(images)
    return there - Normal(torch.zeros_like(images), noise).log_prob(images).sum(dim=1)


FORMULAS = (
    Formula(
        name="signal_evidence",
        reference=detection.signal_evidence,
        gradient=detection.signal_evidence_gradient,
        samples={
            SEVERAL: _images,
            ONE: lambda rng: _images(rng, templates=1),
            "strong signals": lambda rng: _images(rng, strength=6.0),
        },
        layer=function_of("signal_evidence"),
        peers=(
            Peer("torch.distributions, a mixture's density", "torch", _torch_densities,
                 (SEVERAL, ONE)),
        ),
        exemptions=MATMUL,
    ),
    Formula(
        name="prior_shift",
        reference=detection.prior_shift,
        gradient=detection.prior_shift_gradient,
        samples={
            "two classes": lambda rng: _priors(rng, 2),
            "four classes": lambda rng: _priors(rng, 4),
        },
        layer=function_of("prior_shift"),
    ),
)  # fmt: skip
