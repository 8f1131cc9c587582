"""Weights belong to the order in which the modalities were declared; in another they would fit."""

import copy

import numpy as np
import pytest

from mmref.errors import ModalityError
from tests.layers.cases import ONE_EACH
from tests.layers.running import BOTH, each, ready
from tests.wings import numpy, tensor, wing_of

FUSIONS = [c for c in ONE_EACH if c.held and any(p.startswith("features.") for p in c.arguments)]
NAMES = ("image", "text")
EXPECTED = "state: expected the modalities in the order ['image', 'text'], got ['text', 'image']"
IDS = np.arange(1, 9).reshape(4, 2)


def fusion(name, case, names=NAMES):
    """A fusion of the case's class over modalities of equal widths."""
    kind = type(ready(name, case))
    # FiLM's content is the first where none is named: here the same one, whatever the order.
    named = {"content": "image"} if kind.__name__ == "FiLMFusion" else {}
    return kind(dict.fromkeys(names, 3), 4, **named)


def classifier(name, case, names=NAMES, encoders=NAMES):
    """A model that holds one, over encoders of one class."""
    wing = wing_of(name)
    parts = {m: wing.TextEncoder(9, embedding=5, hidden=5, dim=3, cell="bag") for m in encoders}
    return wing.FusionClassifier(parts, fusion(name, case, names), 4)


def logits(name, model):
    """In evaluation mode; it builds a Keras model."""
    if name == "torch":
        model.eval()
    return numpy(model({"image": tensor(name, IDS), "text": tensor(name, IDS[::-1].copy())}))


@each(FUSIONS)
def test_a_state_dict_of_another_order_is_refused_before_a_weight_is_written(case):
    torch = pytest.importorskip("torch")
    for make in (fusion, classifier):
        model, other = make("torch", case), make("torch", case, NAMES[::-1])
        before = [p.clone() for p in model.parameters()]
        for strict in (True, False):
            with pytest.raises(ModalityError) as caught:
                model.load_state_dict(other.state_dict(), strict=strict)
            assert str(caught.value) == EXPECTED
        assert all(map(torch.equal, before, model.parameters()))


@each(FUSIONS)
def test_a_state_dict_without_an_order_loads(case):
    """One from before the order was kept, or of named parameters."""
    pytest.importorskip("torch")
    model, other = classifier("torch", case), classifier("torch", case, NAMES[::-1])
    expected = logits("torch", other)
    weights = {n: a for n, a in other.state_dict().items() if "extra" not in n}
    orders = [n for n in other.state_dict() if "extra" in n]  # of a fusion in it, too
    assert orders[0] == "fusion._extra_state" and len(weights) == len(other.state_dict()) - len(
        orders
    )
    assert model.load_state_dict(weights) == ([], [])
    assert "fusion._extra_state" not in weights
    other.load_state_dict(weights)
    np.testing.assert_array_equal(logits("torch", other), expected)


@each(FUSIONS)
def test_the_order_survives_what_is_done_to_state_dicts(case):
    """Copies, half precision, means of several: the averaging of weights."""
    torch = pytest.importorskip("torch")
    model, other = fusion("torch", case), copy.deepcopy(fusion("torch", case, NAMES[::-1]))
    state = other.state_dict()
    mean = {n: (a + a + a) / 3 for n, a in state.items()}
    for changed in (mean, {n: a.bfloat16() for n, a in state.items()}):
        other.load_state_dict(changed)
        with pytest.raises(ModalityError, match="in the order"):
            model.load_state_dict(changed)
    assert torch.func.functional_call(
        model, fusion("torch", case).state_dict(), ({m: torch.ones(2, 3) for m in NAMES},)
    ).shape == (2, 4)


@each(FUSIONS)
@pytest.mark.parametrize("ending", ["weights.h5", "keras"])
def test_a_keras_file_of_another_order_is_refused(case, ending, tmp_path):
    pytest.importorskip("keras")
    model, other = classifier("keras", case), classifier("keras", case, NAMES[::-1])
    before, expected = logits("keras", model), logits("keras", other)
    path = tmp_path / f"model.{ending}"
    (other.save if ending == "keras" else other.save_weights)(path)
    with pytest.raises(ValueError) as caught:
        model.load_weights(path)
    assert EXPECTED in str(caught.value)
    np.testing.assert_array_equal(logits("keras", model), before)  # all or nothing
    twin = classifier("keras", case, NAMES[::-1])
    logits("keras", twin)
    twin.load_weights(path)
    np.testing.assert_array_equal(logits("keras", twin), expected)


@each(FUSIONS)
def test_a_keras_fusion_refuses_the_variables_of_another_order(case):
    pytest.importorskip("keras")
    layer, other, store = fusion("keras", case), fusion("keras", case, NAMES[::-1]), {}
    layer.build()
    other.build()
    other.save_own_variables(store)
    with pytest.raises(ModalityError) as caught:
        layer.load_own_variables(store)
    assert str(caught.value) == EXPECTED
    twin = fusion("keras", case)
    twin.build()
    del store["order"]  # a file from before the order was kept
    twin.load_own_variables(store)


@BOTH
@each(FUSIONS)
def test_encoders_may_come_in_any_order(name, case, tmp_path):
    """Keras numbers them in a file, PyTorch names them; either way each gets its own weights."""
    pytest.importorskip(name)
    model, other = classifier(name, case), classifier(name, case, encoders=NAMES[::-1])
    expected = logits(name, model)
    assert np.abs(logits(name, other) - expected).max() > 1e-6
    if name == "torch":
        other.load_state_dict(model.state_dict())
    else:
        model.save_weights(tmp_path / "model.weights.h5")
        other.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(logits(name, other), expected)
