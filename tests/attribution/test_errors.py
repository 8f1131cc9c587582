"""Bad input to credit for parts of an input: the same error in all three."""

import numpy as np
import pytest

from mmref.errors import ShapeError
from mmref.reference import attribution
from tests.messages import assert_raises
from tests.wings import WINGS, tensor, wing_of

TWO = np.ones((2, 3), "float32")
MAPS = np.ones((2, 3, 4, 5), "float32")
BAD = [
    ("shapley_values", (TWO,), ShapeError,
     "values: expected (B, 2^M) for M from 1 to 10, got (2, 3)"),
    ("shapley_values", (TWO[:, :1],), ShapeError,
     "values: expected (B, 2^M) for M from 1 to 10, got (2, 1)"),
    ("shapley_values", (np.ones((1, 2**11), "float32"),), ShapeError,
     "values: expected (B, 2^M) for M from 1 to 10, got (1, 2048)"),
    ("shapley_values", (TWO[0],), ShapeError, "values: expected (B, 2^M), got (3,)"),
    ("shapley_values", (TWO.astype(int),), ShapeError,
     "values: expected floating-point numbers, got int64"),
    ("grad_cam", (MAPS, MAPS[:1]), ShapeError,
     "slopes: expected (2, 3, 4, 5) as activations, got (1, 3, 4, 5)"),
    ("grad_cam", (TWO, TWO), ShapeError, "activations: expected (B, ?, ?, ?), got (2, 3)"),
    ("grad_cam", (MAPS[:, :, :0], MAPS[:, :, :0]), ShapeError,
     "activations: expected at least one channel, row and column, got (2, 3, 0, 5)"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "given", "error", "message"), BAD)
@pytest.mark.parametrize("name", ("reference", *WINGS))
def test_bad_input_is_refused(name, function, given, error, message):
    place = attribution if name == "reference" else wing_of(name)
    if name != "reference":
        given = [tensor(name, x) for x in given]
    assert_raises(error, message, lambda: getattr(place, function)(*given))


def first(x):
    return x[:, 0]


WAY = [
    ((TWO, TWO[:1], first), {}, ShapeError, "baselines: expected (2, 3) as inputs, got (1, 3)"),
    ((TWO, TWO, first), {"steps": 0}, ValueError,
     "steps: expected an integer, at least 1, got 0"),
    ((TWO, TWO, first), {"steps": 2.0}, TypeError,
     "steps: expected an integer, at least 1, got 2.0"),
    ((TWO, TWO, "score"), {}, TypeError, "score: expected a function, got 'score'"),
    ((TWO, TWO, lambda x: x), {}, ShapeError, "score(x): expected (2,), got (2, 3)"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "options", "error", "message"), WAY)
@pytest.mark.parametrize("name", WINGS)
def test_a_bad_way_is_refused(name, given, options, error, message):
    *ends, score = given
    ends = [tensor(name, x) for x in ends]
    assert_raises(
        error, message, lambda: wing_of(name).integrated_gradients(*ends, score, **options)
    )


@pytest.mark.parametrize("name", WINGS)
def test_a_model_of_one_input_has_no_coalitions(name):
    wing = wing_of(name)
    message = (
        "model: expected a model of several modalities, such as FusionClassifier, got TableEncoder"
    )
    inputs = {"table": tensor(name, TWO)}
    assert_raises(TypeError, message, lambda: wing.coalition_outputs(wing.TableEncoder(3), inputs))


def test_the_reference_alone():
    with pytest.raises(ValueError, match="modalities: expected an integer, at most 10, got 11"):
        attribution.coalitions(11)
    with pytest.raises(ShapeError, match=r"weight: expected \(H, 3\), got \(4, 2\)"):
        attribution.integrated_gradients(TWO, TWO, np.ones((4, 2)), np.ones(4), np.ones(4))
    with pytest.raises(ShapeError, match=r"grad: expected \(2, 2\), got \(2, 3\)"):
        attribution.shapley_values_gradient(TWO, np.ones((2, 4)))
