"""Entries of the losses of captions."""

import numpy as np

from mmref.concordance.exemptions import MEAN
from mmref.concordance.formula import Formula, Peer, function_of
from mmref.reference import captioning

BATCH, STEPS, WORDS, PLACES = 4, 5, 7, 6
# Captions of several lengths; the last is empty, and one has a gap.
KEPT = np.arange(STEPS) < np.array([[5], [2], [3], [0]])
KEPT[2, 1] = False


def _said(rng, mask=None, hostile=False, scale=1.0):
    logits = scale * rng.normal(size=(BATCH, STEPS, WORDS))
    labels = rng.integers(WORDS, size=(BATCH, STEPS))
    if hostile:
        logits[~KEPT], labels[~KEPT] = np.nan, -100
    return {"logits": logits, "labels": labels, "mask": mask}


def _seen(rng, mask=None, hostile=False):
    weights = rng.dirichlet(np.ones(PLACES), size=(BATCH, STEPS))
    if hostile:
        weights[~KEPT] = np.nan
    return {"weights": weights, "mask": mask}


def _torch_ignoring(logits, labels, mask):
    import torch

    if mask is not None:
        labels = labels.masked_fill(~mask, -100)
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())


def _keras_sparse(logits, labels, mask):
    import keras

    return keras.ops.mean(
        keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    )


FORMULAS = (
    Formula(
        name="next_word_loss",
        reference=captioning.next_word_loss,
        gradient=captioning.next_word_loss_gradient,
        samples={
            "plain": _said,
            "padding": lambda rng: _said(rng, KEPT),
            "hostile": lambda rng: _said(rng, KEPT, hostile=True),
            "large logits": lambda rng: _said(rng, scale=30.0),
        },
        layer=function_of("next_word_loss"),
        peers=(
            Peer(
                "torch.nn.functional.cross_entropy, ignore_index=-100",
                "torch",
                _torch_ignoring,
                ("plain", "padding"),
            ),
            Peer(
                "keras.losses.sparse_categorical_crossentropy, from_logits",
                "keras",
                _keras_sparse,
                ("plain",),
                MEAN,
            ),
        ),
    ),
    Formula(
        name="doubly_stochastic_penalty",
        reference=captioning.doubly_stochastic_penalty,
        gradient=captioning.doubly_stochastic_penalty_gradient,
        samples={
            "plain": _seen,
            "padding": lambda rng: _seen(rng, KEPT),
            "hostile": lambda rng: _seen(rng, KEPT, hostile=True),
        },
        layer=function_of("doubly_stochastic_penalty"),
    ),
)
