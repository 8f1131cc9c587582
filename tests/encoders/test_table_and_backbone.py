"""An encoder of tables, and somebody else's network as an encoder, in both wings."""

import json

import numpy as np
import pytest

from mmref import convert
from mmref.errors import ShapeError
from tests.keras_checks import keeps_config, keras_checks
from tests.messages import assert_raises, error_of
from tests.wings import WINGS, numpy, tensor, wing_of

TABLE = {"width": 3, "dim": 7, "hidden": 5}


def rows(batch=4, width=3, seed=0):
    return np.random.default_rng(seed).normal(size=(batch, width)).astype("float32")


def evaluate(name, encoder, x):
    if name == "torch":
        encoder.eval()
    return numpy(encoder(tensor(name, x)))


# ---- tables ----


@pytest.mark.parametrize("name", WINGS)
def test_a_table_is_read_by_two_dense_layers(name):
    encoder, x = wing_of(name).TableEncoder(**TABLE), rows()
    assert encoder.output_dim == 7
    found = evaluate(name, encoder, x)
    a = convert.arrays(encoder)
    h = np.maximum(x @ a["hidden.weight"].T + a["hidden.bias"], 0)
    expected = np.maximum(h @ a["dense.weight"].T + a["dense.bias"], 0)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert {n: v.shape for n, v in a.items()} == {
        "hidden.weight": (5, 3),
        "hidden.bias": (5,),
        "dense.weight": (7, 5),
        "dense.bias": (7,),
    }


@pytest.mark.parametrize("name", WINGS)
def test_tables_that_do_not_fit_are_refused(name):
    encoder = wing_of(name).TableEncoder(**TABLE)
    for x, message in (
        (rows(width=4), "table: expected (B, 3), got (4, 4)"),
        (rows()[0], "table: expected (B, 3), got (3,)"),
        (np.ones((4, 3), "int64"), "table: expected floating-point numbers, got int64"),
    ):
        assert_raises(ShapeError, message, lambda x=x: encoder(tensor(name, x)))


@pytest.mark.parametrize("name", WINGS)
@pytest.mark.parametrize("size", ["width", "dim", "hidden"])
def test_sizes_that_no_table_has(name, size):
    message = f"{size}: expected an integer, at least 1, got 0"
    make = wing_of(name).TableEncoder
    assert_raises(error_of(message), message, lambda: make(**TABLE | {size: 0}))


@pytest.mark.parametrize("name", WINGS)
def test_dropout_acts_in_training_only(name):
    encoder, x = wing_of(name).TableEncoder(3, 50, 50, dropout=0.5), tensor(name, rows())
    np.testing.assert_array_equal(evaluate(name, encoder, rows()), evaluate(name, encoder, rows()))
    if name == "torch":
        one, other = (numpy(encoder.train()(x)) for _ in range(2))
    else:
        one, other = (numpy(encoder(x, training=True)) for _ in range(2))
    assert np.abs(one - other).max() > 1e-3


def test_keras_checks_the_table_encoder():
    layer = wing_of("keras").TableEncoder
    keras_checks(layer, TABLE, tensor("keras", rows()), (4, 7), 4, 0)
    keeps_config(layer, TABLE | {"dropout": 0.25})


# ---- backbones ----


def network(name, width=5):
    """Somebody's network with dropout and batch norm, of images 4 x 4 x 3: not one of ours."""
    if name == "torch":
        from torch import nn

        return nn.Sequential(
            nn.Flatten(), nn.Linear(48, width), nn.BatchNorm1d(width), nn.Dropout(0.5)
        )
    import keras

    layers = keras.layers
    parts = [layers.Flatten(), layers.Dense(width), layers.BatchNormalization()]
    return keras.Sequential([keras.Input((4, 4, 3)), *parts, layers.Dropout(0.5)])


def pictures(name, batch=6):
    shape = (batch, 3, 4, 4) if name == "torch" else (batch, 4, 4, 3)
    return tensor(name, np.random.default_rng(0).random(shape, "float32") + 1)


def in_training(name, layer, x):
    return numpy(layer.train()(x)) if name == "torch" else numpy(layer(x, training=True))


def state(name, network):
    if name == "torch":
        return {key: value.clone().numpy() for key, value in network.state_dict().items()}
    return {v.path: numpy(v.value).copy() for v in network.weights}


@pytest.mark.parametrize("name", WINGS)
def test_a_backbone_gives_what_its_network_gives(name):
    wing_of(name)
    inner = network(name)
    encoder = wing_of(name).Backbone(inner, 5)
    assert encoder.output_dim == 5
    if name == "torch":
        encoder.eval()
    np.testing.assert_array_equal(numpy(encoder(pictures(name))), numpy(inner(pictures(name))))


@pytest.mark.parametrize("trainable", [True, False])
@pytest.mark.parametrize("name", WINGS)
def test_a_backbone_rests_where_it_is_not_to_be_trained(name, trainable):
    """Its dropout, its running statistics, its weights: in training mode too."""
    wing_of(name)
    inner = network(name)
    encoder, x = wing_of(name).Backbone(inner, 5, trainable=trainable), pictures(name)
    before = state(name, inner)
    one, other = (in_training(name, encoder, x) for _ in range(2))
    after = state(name, inner)
    assert (one == other).all() == (not trainable)
    assert all((before[key] == after[key]).all() for key in before) == (not trainable)
    learns = (
        any(p.requires_grad for p in encoder.parameters())
        if name == "torch"
        else bool(encoder.trainable_weights)
    )
    assert learns == trainable


@pytest.mark.parametrize("name", WINGS)
def test_what_a_backbone_gives_is_checked_when_it_runs(name):
    wing = wing_of(name)
    called = "network(inputs)"
    wrong = wing.Backbone(network(name), 4)
    message = f"{called}: expected (B, 4), got (6, 5)"
    assert_raises(ShapeError, message, lambda: wrong(pictures(name)))
    if name == "torch":
        from torch import nn

        maps = nn.Conv2d(3, 5, 1)
        message = f"{called}: expected (B, 5), got (6, 5, 4, 4)"
        assert_raises(ShapeError, message, lambda: wing.Backbone(maps, 5)(pictures(name)))
    what = "a torch.nn.Module" if name == "torch" else "a keras.Layer"
    argument = called.partition("(")[0]
    message = f"{argument}: expected {what}, got function"
    assert_raises(TypeError, message, lambda: wing.Backbone(network, 5))


def model_of(name, width=5):
    wing = wing_of(name)
    encoders = {
        "image": wing.Backbone(network(name, width), width),
        "table": wing.TableEncoder(3, dim=4, hidden=6),
    }
    fusion = wing.AdaptiveFusion({"image": width, "table": 4}, 4)
    return wing.FusionClassifier(encoders, fusion, 3)


@pytest.mark.parametrize(("source", "target"), [("torch", "keras"), ("keras", "torch")])
def test_all_but_the_backbones_weights_are_converted(source, target):
    pytest.importorskip("torch"), pytest.importorskip("keras")
    one, other = model_of(source), model_of(target)
    arrays = convert.arrays(one)
    assert {name.split(".")[0] for name in arrays} == {"encoders", "fusion", "head"}
    assert not [name for name in arrays if name.startswith("encoders.image")]
    kept = state(target, other.encoders["image"])
    convert.copy(one, other)
    for name, array in convert.arrays(other).items():
        np.testing.assert_array_equal(array, arrays[name], err_msg=name)
    for key, value in state(target, other.encoders["image"]).items():
        np.testing.assert_array_equal(value, kept[key])


def test_with_its_network_carried_over_a_model_gives_the_same_logits():
    torch = pytest.importorskip("torch")
    one, other = model_of("torch").eval(), model_of("keras")
    convert.copy(one, other)
    # Dense layers read the flattened picture in another order: C, H, W against H, W, C.
    linear, norm = one.encoders["image"].network[1:3]
    kernel = linear.weight.detach().numpy().reshape(5, 3, 4, 4).transpose(2, 3, 1, 0)
    dense, norm_k = other.encoders["image"].network.layers[1:3]
    dense.set_weights([kernel.reshape(48, 5), linear.bias.detach().numpy()])
    norm_k.epsilon = norm.eps
    inputs = {"image": pictures("torch"), "table": torch.tensor(rows(6))}
    last = {"image": convert.to_channels_last(inputs["image"].numpy()), "table": rows(6)}
    np.testing.assert_allclose(numpy(other(last)), numpy(one(inputs)), atol=1e-5)


def test_a_class_of_ones_own_called_backbone_is_not_passed_over():
    torch = pytest.importorskip("torch")

    class Backbone(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = torch.nn.Linear(2, 2)

    with pytest.raises(TypeError, match="no table for the model, a Backbone"):
        convert.arrays(Backbone())


def test_a_keras_file_holds_the_backbone_too(tmp_path):
    keras = pytest.importorskip("keras")
    model = model_of("keras")
    inputs = {"image": pictures("keras"), "table": rows(6)}
    expected = numpy(model(inputs))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(numpy(again(inputs)), expected)
    config = json.loads(
        json.dumps(wing_of("keras").Backbone(network("keras"), 5, False).get_config())
    )
    twin = wing_of("keras").Backbone.from_config(config)
    assert twin.output_dim == 5 and not twin.trainable and not twin.layer.trainable


def test_a_model_with_a_backbone_exports_itself(tmp_path):
    """A functional model says what it takes."""
    keras = pytest.importorskip("keras")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("a SavedModel is TensorFlow's")
    tf = pytest.importorskip("tensorflow")
    model = model_of("keras")
    inputs = {"image": pictures("keras"), "table": tensor("keras", rows(6))}
    expected = numpy(model(inputs))
    model.export(tmp_path / "saved", verbose=False)
    saved = tf.saved_model.load(tmp_path / "saved")
    np.testing.assert_allclose(numpy(saved.serve(inputs)), expected, atol=1e-5)


@pytest.mark.parametrize("name", WINGS)
def test_widths_that_the_fusion_does_not_take_are_told_when_the_model_is_made(name):
    wing = wing_of(name)
    encoders = {"image": wing.Backbone(network(name), 5)}
    message = "encoders['image']: expected output_dim 6 as in the fusion, got 5"
    fusion = wing.ConcatFusion({"image": 6}, 4)
    assert_raises(ValueError, message, lambda: wing.FusionClassifier(encoders, fusion, 3))
