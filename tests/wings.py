"""What many tests share: the two framework wings behind one small interface."""

import importlib
import inspect

import numpy as np
import pytest

from mmref import convert
from mmref.convert.tables import fusion as tables
from mmref.reference import fusion as reference

WINGS = ("torch", "keras")
DIMS = {"text": 6, "image": 2, "audio": 7}
DIM = 4
FUSIONS = tuple(tables.MODELS)
CELLS = ("bag", "lstm", "gru")


def fusion_function(fusion):
    """The reference's function of a fusion layer's name: a new layer needs no line in a list."""
    return {name.replace("_", ""): f for name, f in vars(reference).items()}[fusion.lower()]


def _with(*arguments):
    """The fusions whose function in the reference has one of these arguments."""
    found = {f: inspect.signature(fusion_function(f)).parameters for f in FUSIONS}
    return tuple(f for f in FUSIONS if not found[f].keys().isdisjoint(arguments))


# Those that weight the modalities: the layers have modality_weights.
WEIGHTING = _with("logits", "gate_bias", "score_weight")
# Those whose modalities are declared in the reference too: by the names of their weights.
DECLARING = _with("weights")
PAIRING = ("BilinearFusion",)  # those that need two modalities
DECIDING = ("DecisionFusion", "HybridFusion")  # z is a decision: no features for a head


def wing_of(name):
    """mmref.torch or mmref.keras; skips the test where the framework is not installed."""
    pytest.importorskip(name)
    return importlib.import_module(f"mmref.{name}")


def tensor(name, array):
    if name == "keras":
        import keras

        return keras.ops.convert_to_tensor(array)
    import torch

    return torch.tensor(array)


def numpy(value):
    if hasattr(value, "detach"):
        return value.detach().cpu().numpy()
    import keras

    return keras.ops.convert_to_numpy(value)


def features(batch=5, seed=0, dims=None):
    rng = np.random.default_rng(seed)
    dims = dims or DIMS
    return {m: rng.normal(size=(batch, d)).astype("float32") for m, d in dims.items()}


def fused(layer, x, present=None):
    """What the reference makes of features in declared order, with a fusion layer's weights."""
    arguments = convert.arguments(convert.arrays(layer))
    return fusion_function(type(layer).__name__)(x, **arguments, present=present)


def tensors(name, mapping):
    return {m: tensor(name, x) for m, x in mapping.items()}


def classifier(name, cell="lstm", fusion="WeightedFusion", size=(8, 4), dropout=0.0):
    wing = wing_of(name)
    encoders = {
        "image": wing.ImageEncoder(size, (5, 10), dim=13, dropout=dropout),
        "text": wing.TextEncoder(11, embedding=9, hidden=7, dim=12, cell=cell, dropout=dropout),
    }
    fuse = getattr(wing, fusion)({"image": 13, "text": 12}, DIM)
    return wing.FusionClassifier(encoders, fuse, 3, dropout=dropout)


def inputs(name, batch=6, time=5, size=(8, 4), seed=0):
    """Images in the wing's layout and ids with padding, as NumPy arrays."""
    rng = np.random.default_rng(seed)
    images = rng.normal(size=(batch, 3, *size)).astype("float32")
    ids = rng.integers(1, 11, size=(batch, time))
    ids[1, 3:] = 0
    if name == "keras":
        images = np.ascontiguousarray(images.transpose(0, 2, 3, 1))
    return {"image": images, "text": ids}
