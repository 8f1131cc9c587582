"""Trained models in a folder each, to predict elsewhere (``mmref.bundle``)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
from keras import ops

from mmref.bundle import storing
from mmref.contract.settings import check_kind
from mmref.convert._slots import array_of
from mmref.types import Array, Arrays


def save(path: str | Path, model: keras.Model, reader: Any) -> None:
    """Write a trained model and all that prediction needs to a folder, a *bundle*.

    Args
        path: of the folder. An older bundle there is replaced as a whole, or stays as it was where
            writing fails; nothing else is ever overwritten.
        model: a FusionClassifier or a FusionRegressor, of this package's encoders and fusions. A
            network of your own, in a Backbone, is left out but for its weights.
        reader: the ``mmref.data.folders.Reader`` that it was trained with, which knows classes,
            vocabulary, sizes; or the ``mmref.bundle.Bundle`` that an older model came with.
            That it is this one cannot be checked in full: another vocabulary of as many entries, a
            table of as many features or classes in another order are saved, and predict wrongly.

    Files
        ``bundle.json``, and ``weights.safetensors`` in a layout that PyTorch reads as well. They
        hold no code.

    Errors
        TypeError: another model, a layer that is not this package's, or a reader that is none.
        ValueError: rows without labels, a tokenizer that no file can name. ShapeError: a model that
        does not fit what the reader gives, or was made for more or fewer words. DataError: a path
        that is a file's, or another folder's.
    """
    check_kind("model", model, keras.Model, "a keras.Model")
    storing.save(path, model, reader, "keras")


def load(path: str | Path, backbones: Mapping[str, keras.Layer] | None = None) -> keras.Model:
    """The model of a bundle, of float32; PyTorch may have saved it. ``compile`` it to go on.

    Args
        path: of the folder.
        backbones: modality -> the network of your own that its Backbone held, made as it was made
            before; its weights come from the bundle.

    Errors
        DataError: a bundle that is missing, foreign, damaged or of a newer version, or whose
        backbone is the other framework's. ModalityError: a backbone is missing, or there is no
        place for one. ShapeError: one of other weights.
    """
    for m, module in (backbones or {}).items():
        check_kind(f"backbones[{m!r}]", module, keras.Layer, "a keras.Layer")
    return storing.load(path, "keras", backbones)


def run(
    model: keras.Model, inputs: Arrays, present: Array, weights: bool = False
) -> tuple[Array, Array]:
    """The outputs (B, K) of rows with images (B, H, W, 3), and the weights (B, M), or (B, 0)."""
    tensors = {m: ops.convert_to_tensor(x) for m, x in inputs.items()}
    there = ops.convert_to_tensor(present)
    outputs = ops.convert_to_numpy(model(tensors, present=there, training=False))
    if not weights:
        return outputs, outputs[:, :0]
    shares = model.fusion.modality_weights(model.features(tensors, training=False), there)
    return outputs, ops.convert_to_numpy(shares)


def state_of(layer: keras.Layer) -> dict[str, Array]:
    """The arrays of somebody else's network, in its own order: Keras gives no lasting names."""
    return {str(i): array_of(value) for i, value in enumerate(layer.weights)}


def set_state(layer: keras.Layer, arrays: Arrays) -> None:
    """Write them back."""
    for i, value in enumerate(layer.weights):
        value.assign(arrays[str(i)])
