"""Saving and loading a model of either framework as a bundle."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmref.bundle import files
from mmref.bundle.content import Bundle
from mmref.bundle.inputs import inputs_of
from mmref.bundle.recipe import made, own_in, recipe_of
from mmref.data import checkpoints
from mmref.errors import DataError, ShapeError
from mmref.types import Layer


def read(path: str | Path) -> Bundle:
    """What a bundle says of its model: classes, vocabulary, sizes, versions.

    Errors
        DataError: it is missing, foreign, damaged or of a newer version.
    """
    return Bundle.from_json(Path(path).name, files.read(path))


def save(path: str | Path, model: Layer, reader: Any, framework: str) -> None:
    """Behind ``mmref.torch.save`` and ``mmref.keras.save``, which tell the rest."""
    _check_kept(model, framework)
    recipe, own = recipe_of(model, framework)
    bundle = Bundle.of(recipe, reader, framework)
    _check_fits(bundle, model)
    arrays = checkpoints.arrays_of(model=model)
    for m, module in own.items():
        state = wing_of(framework).state_of(module)
        arrays |= {f"own.{m}.{key}": array for key, array in state.items()}
    files.write(path, bundle.to_json(), arrays)


def load(path: str | Path, framework: str, backbones: Mapping[str, Layer] | None = None) -> Layer:
    """Behind ``mmref.torch.load`` and ``mmref.keras.load``, which tell the rest."""
    content = files.read(path)
    bundle = Bundle.from_json(Path(path).name, content)
    if own_in(bundle.model) and bundle.framework != framework:
        detail = f"a backbone keeps the layout of its framework: use mmref.{bundle.framework}"
        raise DataError(Path(path).name, f"backbone of {bundle.framework}", detail)
    model = made(bundle.model, framework, backbones)
    weights = files.read_weights(path, content)
    if backbones:
        _check_fits(bundle, model)  # which also makes the weights of Keras
        for m, module in backbones.items():
            arrays = weights.part(f"own.{m}")
            _check_same(f"backbones[{m!r}]", wing_of(framework).state_of(module), arrays)
            wing_of(framework).set_state(module, arrays)
    weights.into(model, "model")
    return model


def wing_of(framework: str) -> Any:
    """What a framework does for this package: ``run``, ``state_of``, ``set_state``."""
    return importlib.import_module(f"mmref.{framework}.bundle")


def _check_kept(model, framework):
    """A bundle predicts from rows of modalities, so it holds a model that has them."""
    wing = importlib.import_module(f"mmref.{framework}")
    if not isinstance(model, wing.FusionClassifier | wing.FusionRegressor):
        advice = "mmref.data.checkpoints saves the weights of any layer"
        expected = "model: expected a FusionClassifier or a FusionRegressor"
        raise TypeError(f"{expected}, got {type(model).__name__} ({advice})")


def _check_fits(bundle, model):
    """Raise unless the model takes what the reader gives, and has an output for each class.

    Of as many words, others cannot be told from those of the training.
    """
    words = bundle.model["encoders"].get("text", {}).get("vocabulary_size")
    if words is not None and bundle.vocabulary is not None and words != len(bundle.vocabulary):
        expected = f"{words} entries, as many as the model's TextEncoder"
        raise ShapeError("reader.vocabulary", expected, len(bundle.vocabulary))
    inputs, present = inputs_of(bundle, {m: [None] for m in bundle.modalities})
    if "text" in inputs:
        inputs["text"][:] = len(bundle.vocabulary) - 1
    present[:] = True
    outputs, _ = wing_of(bundle.framework).run(model, inputs, present)
    if bundle.classes and outputs.shape[1] != len(bundle.classes):
        expected = f"(B, {len(bundle.classes)}), as many as the reader has classes"
        raise ShapeError("model(inputs)", expected, outputs.shape)


def _check_same(name, there, came):
    """Raise unless a network of one's own has the arrays that were saved, by name and shape."""
    for key in came | there:
        was, got = (str(a[key].shape) if key in a else "nothing" for a in (came, there))
        if was != got:
            raise ShapeError(f"{name}.{key}", f"{was} as it was saved", got)
