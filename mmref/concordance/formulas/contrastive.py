"""Entries of the losses that draw right pairs together."""

import numpy as np

from mmref.concordance.exemptions import MATMUL, MEAN
from mmref.concordance.formula import Formula, Peer, function_of
from mmref.reference import contrastive

BATCH, WIDTH = 5, 3
# Rows 0 and 3 show the same; row 4 has no right answer, its column has one.
SAME = np.eye(BATCH, dtype=bool) | (np.add.outer(np.arange(BATCH), np.arange(BATCH)) == 3)
SAME[4, 4] = False
SAME[0, 4] = True


def _vectors(rng, names, sizes):
    return {name: 2 * rng.normal(size=(n, WIDTH)) for name, n in zip(names, sizes, strict=True)}


def _pairs(rng, near=0.0, positives=None, **more):
    """Vectors of any length; with near 1, those of a pair are the same."""
    pairs = _vectors(rng, ("images", "texts"), (BATCH, BATCH))
    pairs["texts"] = near * pairs["images"] + (1 - near) * pairs["texts"]
    return pairs | more | {"positives": positives}


def _large(rng, **more):
    """With a vector whose square has no place in float32."""
    pairs = _pairs(rng, **more)
    pairs["images"][2] *= 1e20
    return pairs


def _torch_cosines(queries, items):
    import torch

    return torch.nn.functional.cosine_similarity(queries[:, None], items[None], dim=-1)


def _torch_cross_entropies(images, texts, temperature, positives):
    import torch

    logits = _torch_cosines(images, texts) / temperature
    answers = torch.arange(len(logits))
    loss = torch.nn.functional.cross_entropy
    return (loss(logits, answers) + loss(logits.T, answers)) / 2


def _keras_cosines(queries, items):
    import keras

    # The loss is minus the cosine.
    return -keras.losses.cosine_similarity(queries[:, None], items[None])


def _keras_cross_entropies(images, texts, temperature, positives):
    import keras

    logits = _keras_cosines(images, texts) / temperature
    answers = keras.ops.arange(BATCH)
    loss = keras.losses.sparse_categorical_crossentropy
    sides = [loss(answers, s, from_logits=True) for s in (logits, keras.ops.transpose(logits))]
    return keras.ops.mean(sum(sides)) / 2


ONLY = ("plain", "cold")
FORMULAS = (
    Formula(
        name="cosine_similarities",
        reference=contrastive.cosine_similarities,
        gradient=contrastive.cosine_similarities_gradient,
        samples={
            "plain": lambda rng: _vectors(rng, ("queries", "items"), (4, BATCH)),
            "one query": lambda rng: _vectors(rng, ("queries", "items"), (1, 4)),
        },
        layer=function_of("cosine_similarities"),
        peers=(
            Peer("torch.nn.functional.cosine_similarity", "torch", _torch_cosines, ("plain",)),
            Peer("keras.losses.cosine_similarity", "keras", _keras_cosines, ("plain",)),
        ),
        exemptions=MATMUL,
    ),
    Formula(
        name="info_nce",
        reference=contrastive.info_nce,
        gradient=contrastive.info_nce_gradient,
        samples={
            "plain": lambda rng: _pairs(rng, temperature=np.array(0.7)),
            "cold": lambda rng: _pairs(rng, 0.5, temperature=np.array(0.2)),
            "several right answers": lambda rng: _pairs(
                rng, temperature=np.array(0.5), positives=SAME
            ),
            "large numbers": lambda rng: _large(rng, temperature=np.array(0.5)),
        },
        layer=function_of("info_nce"),
        peers=(
            Peer(
                "torch.nn.functional.cross_entropy of cosine_similarity, both ways",
                "torch",
                _torch_cross_entropies,
                ONLY,
            ),
            Peer(
                "keras.losses.sparse_categorical_crossentropy of cosine_similarity, both ways",
                "keras",
                _keras_cross_entropies,
                ONLY,
            ),
        ),
        exemptions=(*MATMUL, *MEAN),
    ),
    Formula(
        name="hardest_negative_triplet",
        reference=contrastive.hardest_negative_triplet,
        gradient=contrastive.hardest_negative_triplet_gradient,
        samples={
            "plain": lambda rng: _pairs(rng, margin=0.2),
            "a few above the margin": lambda rng: _pairs(rng, 0.7, margin=0.1),
            "several right answers": lambda rng: _pairs(rng, 0.5, margin=0.5, positives=SAME),
            "no wrong answer": lambda rng: _pairs(
                rng, margin=0.5, positives=np.ones((BATCH, BATCH), dtype=bool)
            ),
        },
        layer=function_of("hardest_negative_triplet"),
        exemptions=MATMUL,
    ),
)
