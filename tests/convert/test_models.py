"""Weights across frameworks: equal logits and gradients, exact round trips, nothing by halves."""

import dataclasses
import inspect
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")
keras = pytest.importorskip("keras")

import mmref.keras  # noqa: E402
import mmref.torch  # noqa: E402
from mmref import convert  # noqa: E402
from mmref.concordance.backends import run_keras, run_torch  # noqa: E402
from mmref.convert import _slots, tables  # noqa: E402
from mmref.errors import ModalityError, ShapeError  # noqa: E402
from tests.wings import CELLS, FUSIONS  # noqa: E402

pytestmark = pytest.mark.each_backend

# Non-square images, B != T != D; as many classes as D, for fusions that decide between them.
BATCH, TIME, DIM, CLASSES, SIZE = 6, 5, 4, 4, (8, 4)
WINGS = {"torch": mmref.torch, "keras": mmref.keras}


def classifier(wing, fusion="AdaptiveFusion", cell="gru", dim=DIM):
    wing = WINGS[wing]
    encoders = {
        "text": wing.TextEncoder(11, embedding=9, hidden=7, dim=12, cell=cell),
        "image": wing.ImageEncoder(SIZE, (5, 10), dim=13, in_channels=2),
    }
    # The fusion declares another order than the encoders stand in.
    dims = {"image": 13, "text": 12}
    return wing.FusionClassifier(encoders, getattr(wing, fusion)(dims, dim), CLASSES)


def randomize(model, seed=0):
    """Random values everywhere, running statistics and biases included."""
    rng = np.random.default_rng(seed)
    random = {}
    for name, array in convert.arrays(model).items():
        values = rng.uniform(0.5, 2, array.shape) if "variance" in name else None
        values = rng.normal(scale=0.5, size=array.shape) if values is None else values
        random[name] = values.astype("float32")
    convert.set_arrays(model, random)
    return model


def batch(seed=0):
    rng = np.random.default_rng(seed)
    images = rng.normal(size=(BATCH, 2, *SIZE)).astype("float32")
    ids = rng.integers(1, 11, size=(BATCH, TIME))
    ids[1, 3:] = 0
    ids[2, 1:] = 0
    ids[3] = 0  # no text at all
    present = np.ones((BATCH, 2), dtype=bool)
    present[4, 0] = False
    present[5] = False
    return images, ids, present


def logits(model):
    images, ids, present = batch()
    if isinstance(model, keras.Model):
        inputs = {"image": convert.to_channels_last(images, 2), "text": ids}
        return keras.ops.convert_to_numpy(model(inputs, present=present))
    model.eval()
    inputs = {"image": torch.tensor(images), "text": torch.tensor(ids)}
    with torch.no_grad():
        return model(inputs, torch.tensor(present)).numpy()


def assert_equal_arrays(one, other):
    one, other = convert.arrays(one), convert.arrays(other)
    assert list(one) == list(other)
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


@pytest.mark.parametrize(("source", "target"), [("torch", "keras"), ("keras", "torch")])
@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("cell", CELLS)
def test_a_whole_classifier_gives_the_same_logits(fusion, cell, source, target):
    one = randomize(classifier(source, fusion, cell))
    other = randomize(classifier(target, fusion, cell), seed=1)
    expected = logits(one)
    assert np.abs(logits(other) - expected).max() > 0.1  # the test can fail
    convert.copy(one, other)
    np.testing.assert_allclose(logits(other), expected, rtol=1e-5, atol=1e-5)
    assert np.abs(expected).max() > 0.1
    # And back, bit by bit, into a third model.
    third = randomize(classifier(source, fusion, cell), seed=2)
    convert.copy(other, third)
    assert_equal_arrays(one, third)
    np.testing.assert_allclose(logits(third), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_a_trained_model_converts_too(cell):
    """Running statistics have moved; PyTorch has trained two LSTM biases, Keras one."""
    model = classifier("torch", cell=cell)
    images, ids, _ = batch()
    inputs = {"image": torch.tensor(images), "text": torch.tensor(ids)}
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(5):
        loss = torch.nn.functional.cross_entropy(model(inputs), torch.arange(BATCH) % CLASSES)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert model.encoders["image"].blocks[0].norm.running_mean.abs().min() > 0
    twin = classifier("keras", cell=cell)
    convert.copy(model, twin)
    np.testing.assert_allclose(logits(twin), logits(model), rtol=1e-5, atol=1e-5)

    twin.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    inputs = {"image": convert.to_channels_last(images, 2), "text": ids}
    twin.fit(inputs, np.arange(BATCH) % CLASSES, epochs=2, verbose=0)
    assert np.abs(logits(twin) - logits(model)).max() > 1e-3
    convert.copy(twin, model)
    np.testing.assert_allclose(logits(model), logits(twin), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_in_one_layout(cell):
    """The gradient of every weight of a classifier, PyTorch against Keras."""
    one = randomize(classifier("torch", cell=cell)).eval()
    other = classifier("keras", cell=cell)
    convert.copy(one, other)
    images, ids, present = batch()
    grad = np.random.default_rng(3).normal(size=(BATCH, CLASSES)).astype("float32")
    tree = {"inputs.image": images, "inputs.text": ids, "present": present}
    value, gradients = run_torch(one, tree, grad)
    tree["inputs.image"] = convert.to_channels_last(images, 2)
    twin_value, twins = run_keras(other, tree, grad)
    twins["inputs.image"] = convert.to_channels_first(twins["inputs.image"], 2)
    np.testing.assert_allclose(value, twin_value, rtol=1e-5, atol=1e-5)
    statistics = {n for n in convert.arrays(one) if n.endswith((".mean", ".variance"))}
    assert set(gradients) == set(twins)
    assert set(gradients) == set(convert.arrays(one)) - statistics | {"inputs.image"}
    for name, gradient in gradients.items():
        scale = np.abs(gradient).max()
        assert scale > 0, name
        np.testing.assert_allclose(twins[name] / scale, gradient / scale, atol=1e-5, err_msg=name)


LAYERS = {
    "dense": (lambda: torch.nn.Linear(3, 5), lambda: keras.layers.Dense(5), (None, 3)),
    "dense, no bias": (
        lambda: torch.nn.Linear(3, 5, bias=False),
        lambda: keras.layers.Dense(5, use_bias=False),
        (None, 3),
    ),
    "convolution": (
        lambda: torch.nn.Conv2d(3, 5, (2, 4)),
        lambda: keras.layers.Conv2D(5, (2, 4)),
        (None, 9, 9, 3),
    ),
    "batch norm": (
        lambda: torch.nn.BatchNorm1d(4),
        lambda: keras.layers.BatchNormalization(epsilon=1e-5),
        (None, 4),
    ),
    "lstm": (
        lambda: torch.nn.LSTM(3, 5, batch_first=True),
        lambda: keras.layers.LSTM(5, return_sequences=True),
        (None, 7, 3),
    ),
    "gru": (
        lambda: torch.nn.GRU(3, 5, batch_first=True),
        lambda: keras.layers.GRU(5, return_sequences=True),
        (None, 7, 3),
    ),
}


def layer_difference(kind):
    """Largest difference of one layer's outputs after a copy from PyTorch to Keras."""
    make_torch, make_keras, shape = LAYERS[kind]
    one, other = make_torch().eval(), make_keras()
    other.build(shape)
    randomize(one)
    convert.copy(one, other)
    x = np.random.default_rng(4).normal(size=(2, *shape[1:])).astype("float32")
    with torch.no_grad():
        y = one(torch.tensor(convert.to_channels_first(x) if x.ndim == 4 else x))
    y = y[0] if isinstance(y, tuple) else y
    y = convert.to_channels_last(y.numpy(), 5) if y.ndim == 4 else y.numpy()
    return np.abs(keras.ops.convert_to_numpy(other(x)) - y).max()


@pytest.mark.parametrize("kind", LAYERS)
def test_the_frameworks_own_layers(kind):
    assert layer_difference(kind) < 1e-5


@pytest.mark.parametrize(
    ("kind", "mutate"),
    [
        ("gru", lambda a: dataclasses.replace(a, gates=("rzn", "rzn", a.gates[2]))),
        ("gru", lambda a: dataclasses.replace(a, gates=None) if a.name == "bias" else a),
        ("lstm", lambda a: dataclasses.replace(a, gates=("ifgo", "iofg", 0))),
        ("lstm", lambda a: dataclasses.replace(a, gates=("ifgo", "figo", 0))),
    ],
    ids=["gru gates kept", "gru bias gates kept", "lstm gates of onnx", "lstm gates swapped"],
)
def test_a_wrong_table_is_noticed(kind, mutate, monkeypatch):
    name = kind.upper()
    table = tuple(mutate(array) for array in tables.LAYERS["keras"][name])
    monkeypatch.setitem(tables.LAYERS["keras"], name, table)
    assert layer_difference(kind) > 1e-3


def test_the_order_of_the_flattened_map_matters(monkeypatch):
    monkeypatch.setattr(_slots, "FLATTENED", {})
    one, other = randomize(classifier("torch")), classifier("keras")
    convert.copy(one, other)
    assert np.abs(logits(other) - logits(one)).max() > 1e-3


def test_names_and_layouts_are_the_references():
    from mmref.reference.fusion import adaptive_fusion

    fusion = randomize(mmref.keras.AdaptiveFusion({"text": 6, "image": 2}, 4))
    rng = np.random.default_rng(5)
    x = {m: rng.normal(size=(5, d)).astype("float32") for m, d in fusion.dims.items()}
    expected = adaptive_fusion(x, **convert.arguments(convert.arrays(fusion)))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(fusion(x)), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        (
            lambda: mmref.torch.WeightedFusion({"a": 2}, 3),
            lambda: mmref.keras.WeightedFusion({"a": 4}, 3),
            "target.weights.a: expected (3, 2) as in the source, got (3, 4)",
        ),
        (
            lambda: mmref.keras.WeightedFusion({"a": 2}, 3),
            lambda: mmref.torch.ConcatFusion({"a": 2}, 3),
            "target.weights.a: expected (3, 2) as in the source, got nothing",
        ),
        (
            lambda: mmref.torch.TextEncoder(9, 3, 4, 5, cell="bag"),
            lambda: mmref.keras.TextEncoder(9, 3, 4, 3, cell="lstm"),
            "target.dense.weight: expected (5, 3) as in the source, got (3, 4)",
        ),
        (
            lambda: torch.nn.Linear(3, 5, bias=False),
            lambda: torch.nn.Linear(3, 5),
            "target.bias: expected nothing as in the source, got (5,)",
        ),
        (
            lambda: torch.nn.GRU(3, 5),
            lambda: built(keras.layers.GRU(5, reset_after=False), (None, 7, 3)),
            "target.bias: expected (2, 15) as in the source, got (15,)",
        ),
        (
            lambda: classifier("torch"),
            lambda: classifier("keras", dim=7),
            "target.fusion.weights.image: expected (4, 13) as in the source, got (7, 13)",
        ),
    ],
)
def test_different_structures_are_refused_and_nothing_is_copied(source, target, message):
    """The first difference is named, with both shapes, and nothing was copied."""
    source, target = source(), target()
    before = convert.arrays(target)
    with pytest.raises(ShapeError) as error:
        convert.copy(source, target)
    assert str(error.value) == message
    for name, array in convert.arrays(target).items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize("name", ["torch", "keras"])
@pytest.mark.parametrize(
    ("last", "error", "message"),
    [
        (lambda a: np.full(a.shape, np.nan), ValueError, "expected finite numbers of float32"),
        (lambda a: np.full(a.shape, 1e300), ValueError, "expected finite numbers of float32"),
        (lambda a: a + 1j, ShapeError, "expected real numbers, got complex"),
        (lambda a: [[1.0], [1.0, 2.0]], ShapeError, "expected an array, got lists of several"),
        (lambda a: a[..., None], ShapeError, "as in the source"),
    ],
)
def test_a_wrong_last_array_leaves_the_first_as_they_were(name, last, error, message):
    target = classifier(name)
    before = convert.arrays(target)
    *_, key = before
    values = {name: array + 1 for name, array in before.items()}
    with pytest.raises(error, match=message):
        convert.set_arrays(target, values | {key: last(before[key])})
    for name, array in convert.arrays(target).items():
        np.testing.assert_array_equal(array, before[name])


def built(layer, shape):
    layer.build(shape)
    return layer


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            lambda: torch.nn.LSTM(3, 5, proj_size=2),
            "LSTM has a weight no table names: weight_hr_l0",
        ),
        (lambda: Scaled(3, 5), "Scaled has a weight no table names: scale"),
        (lambda: torch.nn.Bilinear(2, 2, 2), "no table for the model, a Bilinear"),
        (lambda: keras.layers.Dense(5, name="d"), "the Keras layer d has no weights yet"),
        (lambda: np.ones(3), "expected a torch.nn.Module or a Keras layer, got ndarray"),
        (
            lambda: mmref.torch.FusionClassifier(
                {"image": Own()}, mmref.torch.ConcatFusion({"image": 3}, 4), 2
            ),
            "no table for encoders.image, a Own",
        ),
    ],
)
def test_models_that_no_table_knows(model, message):
    with pytest.raises(TypeError) as error:
        convert.arrays(model())
    assert message in str(error.value)


class Own(torch.nn.Module):
    output_dim = 3


class Scaled(torch.nn.Linear):
    """With numbers that are not trained, but belong to the model: a copy would leave them out."""

    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.register_buffer("scale", torch.ones(1))


def test_a_class_pasted_into_a_notebook_converts():
    """Tables go by name, so a copy of the class, or a child of it, will do."""
    scope = {"__name__": "__main__"}
    exec(inspect.getsource(sys.modules["mmref.torch.fusion.sums"]), scope)
    assert scope["WeightedFusion"] is not mmref.torch.WeightedFusion

    class Child(mmref.torch.WeightedFusion):
        pass

    for kind in (scope["WeightedFusion"], Child):
        one, other = kind({"a": 2}, 3), mmref.keras.WeightedFusion({"a": 2}, 3)
        convert.copy(one, other)
        assert_equal_arrays(one, other)


@pytest.mark.parametrize("dtype", ["float64", "bfloat16"])
def test_other_precisions_are_kept(dtype):
    one = mmref.torch.WeightedFusion({"a": 2}, 3).to(getattr(torch, dtype))
    other = mmref.torch.WeightedFusion({"a": 2}, 3).to(getattr(torch, dtype))
    convert.copy(one, other)
    assert all(torch.equal(p, q) for p, q in zip(one.parameters(), other.parameters()))


def test_arrays_are_copies():
    layer = torch.nn.Linear(2, 2)
    before = convert.arrays(layer)["weight"].copy()
    arrays = convert.arrays(layer)
    arrays["weight"] += 1
    np.testing.assert_array_equal(convert.arrays(layer)["weight"], before)


def test_images_move_between_layouts():
    images = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    last = convert.to_channels_last(images)
    assert last.shape == (2, 4, 5, 3) and last[1, 2, 3, 0] == images[1, 0, 2, 3]
    first = convert.to_channels_first(last)
    np.testing.assert_array_equal(first, images)
    assert last.flags.c_contiguous and first.flags.c_contiguous  # one row after the other
    expected = r"images: expected \(B, C, H, W\) with C = 1 or 3 or 4, got "
    with pytest.raises(ShapeError, match=expected + r"\(3, 4\)"):
        convert.to_channels_last(np.ones((3, 4)))


@pytest.mark.parametrize("move", [convert.to_channels_last, convert.to_channels_first])
def test_images_that_are_in_the_layout_already_are_refused(move):
    last = move is convert.to_channels_last
    shape = (2, 64, 48, 3) if last else (2, 3, 64, 48)
    with pytest.raises(ShapeError, match="images: expected .* with C = 1 or 3 or 4, got"):
        move(np.ones(shape))
    with pytest.raises(ShapeError, match="with C = 2, got"):
        move(np.ones((2, 3, 4, 3)), channels=2)
    there = (2, 5, 4, 6) if last else (2, 4, 6, 5)
    assert move(np.ones(there), channels=5).size == 2 * 4 * 5 * 6


@pytest.mark.parametrize(("source", "target"), [("torch", "keras"), ("keras", "torch")])
@pytest.mark.parametrize("fusion", FUSIONS)
def test_modalities_in_another_order(fusion, source, target):
    """Logits and gates go by position: the same widths in another order would fit, wrongly."""
    one = getattr(WINGS[source], fusion)({"text": 3, "image": 3}, 4)
    other = getattr(WINGS[target], fusion)({"image": 3, "text": 3}, 4)
    before = convert.arrays(other)
    message = (
        "target: expected the modalities in the order ['text', 'image'], got ['image', 'text']"
    )
    encoders = {m: WINGS[source].TextEncoder(9, dim=3, cell="bag") for m in one.dims}
    twins = {m: WINGS[target].TextEncoder(9, dim=3, cell="bag") for m in other.dims}
    whole = WINGS[source].FusionClassifier(encoders, one, 4)
    for pair in (one, other), (whole, WINGS[target].FusionClassifier(twins, other, 4)):
        with pytest.raises(ModalityError) as error:
            convert.copy(*pair)
        assert str(error.value) == message
    for name, array in convert.arrays(other).items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize(("source", "target"), [("torch", "keras"), ("keras", "torch")])
def test_an_image_encoder_without_blocks(source, target):
    one, other = (WINGS[name].ImageEncoder((6, 4), (), dim=7) for name in (source, target))
    randomize(one)
    convert.copy(one, other)
    images = np.random.default_rng(0).normal(size=(2, 3, 6, 4)).astype("float32")
    results = {}
    for name, encoder in ((source, one), (target, other)):
        if name == "torch":
            results[name] = encoder.eval()(torch.tensor(images)).detach().numpy()
        else:
            last = convert.to_channels_last(images)
            results[name] = keras.ops.convert_to_numpy(encoder(last))
    np.testing.assert_allclose(results["torch"], results["keras"], atol=1e-5)
