"""What the fusions of vectors one by one share: samples with sequences, and pieces of peers."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.random import Generator

from mmref.concordance.formulas.fusion._peers import keras_dense
from mmref.concordance.formulas.fusion._samples import BATCH, WIDTHS, Draw, samples_of
from mmref.types import Tensor, Tensors

STEPS = {"audio": 3, "text": 2, "image": 2}
SOME = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 1], [0, 0, 0], [0, 0, 1]], dtype=bool)


def vectors_of(draw: Draw) -> dict[str, Draw]:
    """The samples that every fusion is compared in, with a vector of each modality."""

    def sample(rng, without_masks):
        return without_masks(rng) | {"masks": None}

    return {name: partial(sample, without_masks=s) for name, s in samples_of(draw).items()}


def sequences_of(
    draw: Draw, image: bool = False, **options: Any
) -> Callable[[Generator], dict[str, Any]]:
    """Text and audio bring a sequence; the image one vector, or a sequence too."""

    def sample(rng):
        arguments = draw(rng) | {"present": None, "masks": None} | options
        for m in ("audio", "text", "image")[: 2 + image]:
            arguments["features"][m] = rng.normal(size=(BATCH, STEPS[m], WIDTHS[m]))
        return arguments

    return sample


def masked_of(
    draw: Draw, image: bool = False, **options: Any
) -> Callable[[Generator], dict[str, Any]]:
    """Likewise; some modalities are absent, some steps masked, in a row all: NaN stands there."""

    def sample(rng):
        arguments = sequences_of(draw, image, **options)(rng) | {"present": SOME}
        keep = np.ones((BATCH, STEPS["audio"]), dtype=bool)
        keep[0, 2] = keep[1, :2] = keep[2] = False
        arguments["features"]["audio"][~keep] = np.nan
        for i, m in enumerate(WIDTHS):
            arguments["features"][m][~SOME[:, i]] = np.nan
        return arguments | {"masks": {"audio": keep}}

    return sample


def torch_tokens(features: Tensors, weights: Tensors, biases: Tensors) -> list[Tensor]:
    """The projected vectors (B, T_m, D) of each modality."""
    import torch

    x = {m: features[m] if features[m].ndim == 3 else features[m][:, None] for m in weights}
    return [torch.nn.functional.linear(x[m], weights[m], biases[m]) for m in weights]


def keras_tokens(features: Tensors, weights: Tensors, biases: Tensors) -> list[Tensor]:
    """The projected vectors (B, T_m, D) of each modality."""
    x = {m: features[m] if len(features[m].shape) == 3 else features[m][:, None] for m in weights}
    return [keras_dense(x[m], weights[m], biases[m]) for m in weights]
