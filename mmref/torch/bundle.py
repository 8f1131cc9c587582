"""Trained models in a folder each, to predict elsewhere (``mmref.bundle``)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mmref.bundle import storing
from mmref.contract.settings import check_kind
from mmref.convert._slots import array_of
from mmref.torch._evaluation import evaluating
from mmref.types import Array, Arrays


def save(path: str | Path, model: nn.Module, reader: Any) -> None:
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
        ``bundle.json``, and ``weights.safetensors`` in a layout that Keras reads as well. They
        hold no code.

    Errors
        TypeError: another model, a layer that is not this package's, or a reader that is none.
        ValueError: rows without labels, a tokenizer that no file can name. ShapeError: a model that
        does not fit what the reader gives, or was made for more or fewer words. DataError: a path
        that is a file's, or another folder's.
    """
    check_kind("model", model, nn.Module, "a torch.nn.Module")
    storing.save(path, model, reader, "torch")


def load(path: str | Path, backbones: Mapping[str, nn.Module] | None = None) -> nn.Module:
    """The model of a bundle, of float32, on the CPU, in evaluation mode; Keras may have saved it.

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
        check_kind(f"backbones[{m!r}]", module, nn.Module, "a torch.nn.Module")
    return storing.load(path, "torch", backbones).eval()


def run(
    model: nn.Module, inputs: Arrays, present: Array, weights: bool = False
) -> tuple[Array, Array]:
    """The outputs (B, K) of rows with images (B, H, W, 3), and the weights (B, M), or (B, 0)."""
    place = next(model.parameters()).device
    tensors = {m: torch.as_tensor(x, device=place) for m, x in inputs.items()}
    tensors = {m: x.permute(0, 3, 1, 2) if x.ndim == 4 else x for m, x in tensors.items()}
    there = torch.as_tensor(present, device=place)
    with evaluating(model), torch.no_grad():
        outputs = model(tensors, present=there)
        shares = torch.zeros(len(outputs), 0)
        if weights:
            shares = model.fusion.modality_weights(model.features(tensors), there)
    return outputs.numpy(force=True), shares.numpy(force=True)


def state_of(module: nn.Module) -> dict[str, Array]:
    """The arrays of somebody else's network, by its own names."""
    return {key: array_of(value) for key, value in module.state_dict().items()}


def set_state(module: nn.Module, arrays: Arrays) -> None:
    """Write them back."""
    module.load_state_dict({key: torch.as_tensor(array) for key, array in arrays.items()})
