"""The dual encoder: what its loss moves, what it refuses, and that both frameworks agree."""

import numpy as np
import pytest

from mmref import convert
from mmref.errors import ChoiceError, ModalityError, ShapeError
from mmref.reference import contrastive
from tests.messages import assert_raises
from tests.wings import WINGS, numpy, tensor, wing_of

NAMES = pytest.mark.parametrize("name", WINGS)
RNG = np.random.default_rng(0)
TABLE = RNG.normal(size=(6, 4)).astype("float32")
IDS = RNG.integers(1, 9, size=(6, 3))
GROUPS = np.array([0, 1, 2, 1, 3, 0])


def dual(name, temperature=0.07):
    wing = wing_of(name)
    encoders = {"table": wing.TableEncoder(4, 8), "text": wing.TextEncoder(9, 6, 6, 8, "bag")}
    return wing.DualEncoder(encoders, dim=5, temperature=temperature)


def inputs(name):
    return {"table": tensor(name, TABLE), "text": tensor(name, IDS)}


def test_both_frameworks_say_the_same_of_the_same_weights():
    for name in WINGS:
        pytest.importorskip(name)
    models = {name: dual(name) for name in WINGS}
    convert.copy(models["torch"], models["keras"])
    found = {name: numpy(models[name](inputs(name))) for name in WINGS}
    np.testing.assert_allclose(found["torch"], found["keras"], atol=1e-6)
    losses = [numpy(models[n].contrast(models[n](inputs(n)), tensor(n, GROUPS))) for n in WINGS]
    right = GROUPS[:, None] == GROUPS
    z = found["torch"].astype(float)
    expected = contrastive.info_nce(z[:, 0], z[:, 1], 0.07, right)
    np.testing.assert_allclose(losses, expected, rtol=1e-4)


@NAMES
def test_one_modality_alone_is_encoded_as_beside_the_other(name):
    model = dual(name)
    z = numpy(model(inputs(name)))
    np.testing.assert_allclose((z**2).sum(axis=2), 1, rtol=1e-5)
    for i, m in enumerate(("table", "text")):
        alone = numpy(model.encode(m, inputs(name)[m]))
        np.testing.assert_allclose(alone, z[:, i], atol=1e-6)


def test_the_loss_moves_every_weight_of_torch_the_temperature_too():
    torch = pytest.importorskip("torch")
    model = dual("torch")
    before = convert.arrays(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model.contrast(model(inputs("torch"))).backward()
    optimizer.step()
    for path, array in convert.arrays(model).items():
        assert np.abs(array - before[path]).max() > 0, path


@pytest.mark.each_backend
@pytest.mark.parametrize("groups", [None, GROUPS])
def test_keras_fit_takes_groups_or_none_and_moves_every_weight(groups):
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(0)
    model = dual("keras")
    model(inputs("keras"))
    before = convert.arrays(model)
    model.compile(keras.optimizers.Adam(0.05))
    given = {"table": TABLE, "text": IDS}
    first, *_, last = model.fit(given, groups, batch_size=3, epochs=20, verbose=0).history["loss"]
    assert last < first
    for path, array in convert.arrays(model).items():
        assert np.abs(array - before[path]).max() > 0, path


@NAMES
def test_the_temperature_begins_where_it_is_told_and_stays_above_a_hundredth(name):
    model = dual(name, temperature=0.5)
    model(inputs(name))
    assert float(model.temperature) == pytest.approx(0.5)
    arrays = convert.arrays(model)
    convert.set_arrays(model, arrays | {"log_scale": np.array(9.0)})
    assert float(model.temperature) == pytest.approx(0.01)


def test_beyond_the_bound_the_temperature_can_come_back():
    """At 0.01, where it is too cold for pairs that are not alike, the loss warms it."""
    torch = pytest.importorskip("torch")
    model = dual("torch")
    with torch.no_grad():
        model.log_scale.fill_(5.0)
    z = model(inputs("torch")).detach()
    model.contrast(z).backward()
    assert model.log_scale.grad > 0


@pytest.mark.each_backend
def test_beyond_the_bound_a_step_of_keras_warms_it_too():
    keras = pytest.importorskip("keras")
    model = dual("keras")
    model(inputs("keras"))
    convert.set_arrays(model, convert.arrays(model) | {"log_scale": np.array(5.0)})
    model.compile(keras.optimizers.SGD(1e-3))
    model.fit({"table": TABLE, "text": IDS}, verbose=0)
    assert float(model.log_scale) < 5


def test_training_reaches_the_encoders_of_keras():
    """Where they drop something, and only there."""
    wing = wing_of("keras")
    text = wing.TextEncoder(9, 6, 6, 8, "bag", dropout=0.5)
    model = wing.DualEncoder({"table": wing.TableEncoder(4, 8), "text": text}, dim=5)
    calm, training = (numpy(model(inputs("keras"), training=t)) for t in (False, True))
    np.testing.assert_array_equal(training[:, 0], calm[:, 0])
    assert np.abs(training[:, 1] - calm[:, 1]).max() > 1e-3


def test_a_keras_model_is_made_again_from_its_file(tmp_path):
    keras = pytest.importorskip("keras")
    model = dual("keras", temperature=0.3)
    expected = numpy(model(inputs("keras")))
    model.save(tmp_path / "dual.keras")
    again = keras.saving.load_model(tmp_path / "dual.keras")
    np.testing.assert_allclose(numpy(again(inputs("keras"))), expected, atol=1e-6)
    assert float(again.temperature) == pytest.approx(0.3)


@NAMES
def test_what_it_refuses(name):
    wing = wing_of(name)
    one = {"text": wing.TextEncoder(9, 6, 6, 8, "bag")}
    message = "encoders: expected two modalities, got ['text']"
    assert_raises(ModalityError, message, lambda: wing.DualEncoder(one, 4))
    two = {"a": wing.TableEncoder(4, 8), "b": wing.TableEncoder(4, 8)}
    message = "temperature: expected at least 0.01, got 0.001"
    assert_raises(ValueError, message, lambda: wing.DualEncoder(two, 4, 0.001))
    message = "dim: expected an integer, at least 1, got 0"
    assert_raises(ValueError, message, lambda: wing.DualEncoder(two, 0))
    model = dual(name)
    message = "modality: expected one of 'table', 'text'; got 'sound'"
    assert_raises(ChoiceError, message, lambda: model.encode("sound", tensor(name, TABLE)))
    fewer = inputs(name) | {"text": tensor(name, IDS[:4])}
    message = "inputs['text']: expected 6 rows as inputs['table'], got 4"
    assert_raises(ShapeError, message, lambda: model(fewer))
    z = model(inputs(name))
    message = "outputs: expected (B, 2, 5), got (6, 5)"
    assert_raises(ShapeError, message, lambda: model.contrast(z[:, 0]))
    message = "groups: expected (B,) = (6,), got (4,)"
    assert_raises(ShapeError, message, lambda: model.contrast(z, tensor(name, GROUPS[:4])))
    message = "groups: expected integers, got float32"
    floats = tensor(name, GROUPS.astype("float32"))
    assert_raises(ShapeError, message, lambda: model.contrast(z, floats))
