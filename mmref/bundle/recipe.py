"""A model as JSON: for each layer its class and the arguments that it was made with.

Both wings have the same classes with the same arguments, so a recipe makes the model in either. A
layer tells its arguments by ``config``; the weights come from elsewhere. A network of your own,
which a ``Backbone`` holds, is no class that we could name: a recipe says whose place it has.

>>> import mmref.torch
>>> fusion = mmref.torch.ConcatFusion({"image": 3, "text": 2}, dim=4)
>>> recipe_of(fusion, "torch")[0]
{'@class': 'ConcatFusion', 'dims': {'image': 3, 'text': 2}, 'dim': 4}
>>> made(recipe_of(fusion, "torch")[0], "torch").dims
{'image': 3, 'text': 2}
"""

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from mmref.errors import DataError, ModalityError
from mmref.types import Layer

CLASS, OWN = "@class", "@own"  # no modality has such a name


def recipe_of(model: Layer, framework: str) -> tuple[dict[str, Any], dict[str, Layer]]:
    """The recipe of a model, or of one layer; and the networks of your own in it, by modality.

    Errors
        TypeError: a layer that is none of ours, outside a Backbone.
    """
    wing, own = importlib.import_module(f"mmref.{framework}"), dict[str, Layer]()

    def recipe(value, name, modality="", holder=""):
        if isinstance(value, Mapping):
            return {key: recipe(item, f"{name}[{key!r}]", key) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [recipe(item, name) for item in value]
        if isinstance(value, np.generic):
            return value.item()
        if value is None or isinstance(value, bool | int | float | str):
            return value
        kind = type(value).__name__
        if holder == "Backbone":
            own[modality] = value
            return {OWN: modality}
        if _layer(wing, kind) is not type(value):
            hint = "a network of your own goes into a Backbone"
            raise TypeError(f"{name}: expected a layer of {wing.__name__}, got {kind} ({hint})")
        parts = {
            key: recipe(item, f"{name}.{key}", modality, kind) for key, item in value.config.items()
        }
        return {CLASS: kind} | parts

    return recipe(model, "model"), own


def made(
    recipe: Mapping[str, Any], framework: str, backbones: Mapping[str, Layer] | None = None
) -> Layer:
    """A new model of a recipe, its weights drawn; ``backbones`` are the networks of your own.

    Errors
        DataError: it names a class, or an argument, that this version has not. ModalityError: a
        backbone is missing, or there is no place for one.
    """
    wing, backbones = importlib.import_module(f"mmref.{framework}"), backbones or {}
    needed = own_in(recipe)
    if set(needed) != set(backbones):
        raise ModalityError("backbones", needed, backbones)

    def make(value):
        if not isinstance(value, Mapping):
            return value
        if OWN in value:
            return backbones[value[OWN]]
        parts = {key: make(item) for key, item in value.items() if key != CLASS}
        if CLASS not in value:
            return parts
        kind = value[CLASS]
        layer = _layer(wing, kind)
        if layer is None:
            raise DataError("recipe", "unknown layer", f"{wing.__name__} has no {kind!r}")
        try:
            return layer(**parts)
        except (TypeError, ValueError) as error:
            raise DataError("recipe", "unknown arguments", f"{kind}: {error}") from error

    return make(recipe)


def _layer(wing, name):
    """The layer that a wing exports by this name, or None: a recipe makes nothing else."""
    found = getattr(wing, name) if name in wing.__all__ else None
    bases = {base.__name__ for base in getattr(found, "__mro__", ())}
    return found if bases & {"Module", "Layer"} else None


def own_in(recipe: Any) -> list[str]:
    """The modalities whose encoder holds a network of your own."""
    if not isinstance(recipe, Mapping):
        return []
    if OWN in recipe:
        return [recipe[OWN]]
    return [m for part in recipe.values() for m in own_in(part)]
