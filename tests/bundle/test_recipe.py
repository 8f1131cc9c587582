"""A recipe: what a model is made of, in words that both frameworks understand."""

import inspect
import json

import numpy as np
import pytest

from mmref import convert
from mmref.bundle.recipe import made, recipe_of
from mmref.errors import DataError
from tests.bundle.photos import model
from tests.layers.cases import ONE_EACH, SYSTEMS
from tests.layers.running import answer, arguments, each, ready, result
from tests.wings import FUSIONS, WINGS, fusion_function, wing_of

OTHER = dict(zip(WINGS, reversed(WINGS)))
BOTH = pytest.mark.parametrize("name", WINGS)
# All that a model can hold, and the model itself: found by what they are, with each their options.
PARTS = [
    case
    for case in dict.fromkeys([*ONE_EACH, *SYSTEMS])
    if ("Encoder" in case.of and case.of != "DualEncoder")  # which is a model, and no part of one
    or case.of in ("VisionTransformer", "FusionClassifier")
    or case.of in [fusion_function(fusion).__name__ for fusion in FUSIONS]
]


def test_every_encoder_and_fusion_is_asked_about():
    kinds = {type(ready("torch", case)).__name__ for case in PARTS}
    assert {"ImageEncoder", "TextEncoder", "VisionTransformer", *FUSIONS} <= kinds


@each(PARTS)
def test_a_layer_tells_all_its_arguments(case):
    for name in WINGS:
        layer = ready(name, case)
        taken = inspect.signature(type(layer).__init__).parameters
        assert set(layer.config) == {*taken} - {"self", "kwargs"}


@each(PARTS)
def test_both_frameworks_write_the_same_recipe(case):
    torch, keras = (recipe_of(ready(name, case), name)[0] for name in WINGS)
    assert torch == keras == json.loads(json.dumps(torch))


@BOTH
@each(PARTS)
def test_what_one_framework_wrote_the_other_makes_again(case, name):
    source, other = ready(name, case), OTHER[name]
    twin = made(json.loads(json.dumps(recipe_of(source, name)[0])), other)
    assert recipe_of(twin, other) == recipe_of(source, name)
    convert.copy(source, twin)
    twin = twin.eval() if other == "torch" else twin
    found = result(other, twin, arguments(other, case))[0]
    np.testing.assert_allclose(found, answer(name, case), atol=1e-5)


@BOTH
def test_a_layer_of_ones_own_has_no_recipe(name):
    wing = wing_of(name)

    class Mine(wing.ImageEncoder):
        pass

    parts = {"image": Mine((8, 4), (5,), dim=3)}
    mine = wing.FusionClassifier(parts, wing.ConcatFusion({"image": 3}, 4), 2)
    message = (
        rf"model.encoders\['image'\]: expected a layer of mmref.{name}, got Mine .a network of"
    )
    with pytest.raises(TypeError, match=message):
        recipe_of(mine, name)

    class ImageEncoder(wing.ImageEncoder):  # the same name, another class
        pass

    with pytest.raises(TypeError, match=f"model: expected a layer of mmref.{name}, got ImageEnc"):
        recipe_of(ImageEncoder((8, 4), (5,), dim=3), name)


@BOTH
def test_numbers_of_numpy_are_numbers(name):
    fusion = wing_of(name).ConcatFusion({"image": np.int64(3)}, 4)
    recipe, _ = recipe_of(fusion, name)
    assert json.loads(json.dumps(recipe)) == recipe


@BOTH
def test_a_recipe_makes_layers_and_nothing_else(name):
    other = "FolderBatches"  # exported, and no layer
    assert other in wing_of(name).__all__
    for kind in (other, "save", "masked_softmax", "Nothing", None, ["ImageEncoder"]):
        with pytest.raises(DataError, match=f"recipe: unknown layer: mmref.{name} has no "):
            made({"@class": kind}, name)
    with pytest.raises(DataError, match="recipe: unknown arguments: ImageEncoder: .*'depth'"):
        made({"@class": "ImageEncoder", "size": [8, 4], "depth": 3}, name)
    with pytest.raises(DataError, match="recipe: unknown arguments: ConcatFusion: dims: expected"):
        made({"@class": "ConcatFusion", "dims": {}, "dim": 3}, name)


@BOTH
def test_the_model_of_a_recipe_is_trained_as_its_source_was(name):
    """Its rates of dropout are arguments too."""
    made_again = made(recipe_of(model(name, 9), name)[0], OTHER[name])
    assert made_again.config["dropout"] == 0.3
    assert made_again.config["modality_dropout"] == {"image": 0.1, "text": 0.2}
