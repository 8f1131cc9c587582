"""A regressor is a classifier whose outputs are numbers: the same parts, the same arrays."""

import numpy as np
import pytest

from mmref import convert
from tests.messages import assert_raises, error_of
from tests.wings import DECIDING, FUSIONS, WINGS, fused, numpy, tensors, wing_of

DIMS = {"left": 5, "right": 6}


def model_of(name, kind="FusionRegressor", fusion="WeightedFusion", **options):
    wing = wing_of(name)
    encoders = {"left": wing.TableEncoder(4, 5, 3), "right": wing.TableEncoder(2, 6, 3)}
    return getattr(wing, kind)(encoders, getattr(wing, fusion)(DIMS, 4), **options)


def inputs():
    rng = np.random.default_rng(0)
    return {
        "left": rng.normal(size=(5, 4)).astype("float32"),
        "right": rng.normal(size=(5, 2)).astype("float32"),
    }


@pytest.mark.parametrize("fusion", [f for f in FUSIONS if f not in DECIDING])
@pytest.mark.parametrize("name", WINGS)
def test_numbers_are_read_off_the_fused_vector(name, fusion):
    model = model_of(name, fusion=fusion, num_targets=3)
    if name == "torch":
        model.eval()
    x = tensors(name, inputs())
    found = numpy(model(x))
    features = {m: numpy(v) for m, v in model.features(x).items()}
    head = convert.arrays(model.head)
    expected = fused(model.fusion, features) @ head["weight"].T + head["bias"]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert tuple(model_of(name)(x).shape) == (5, 1)  # one number, unless more are asked for


@pytest.mark.parametrize(("source", "target"), [("torch", "keras"), ("keras", "torch")])
def test_its_weights_are_converted_and_fit_a_classifier_of_as_many_outputs(source, target):
    one = model_of(source, num_targets=3)
    for other in (
        model_of(target, num_targets=3),
        model_of(target, "FusionClassifier", num_classes=3),
    ):
        convert.copy(one, other)
        if "torch" in (source, target):
            (one if source == "torch" else other).eval()
        x = inputs()
        found = numpy(other(tensors(target, x)))
        np.testing.assert_allclose(found, numpy(one(tensors(source, x))), atol=1e-5)


def test_the_config_of_keras_keeps_the_number_of_targets():
    pytest.importorskip("keras")
    model = model_of("keras", num_targets=3, dropout=0.25)
    twin = type(model).from_config(model.get_config())
    assert twin.get_config()["num_targets"] == 3 and twin.dropout.rate == 0.25


@pytest.mark.parametrize("targets", [0, -1, 1.5, True, "3", None])
@pytest.mark.parametrize("name", WINGS)
def test_numbers_of_targets_that_are_none(name, targets):
    message = f"num_targets: expected an integer, at least 1, got {targets!r}"
    assert_raises(error_of(message), message, lambda: model_of(name, num_targets=targets))
