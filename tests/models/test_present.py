"""Missing modalities: ``present`` by name among the inputs, from a call to training and export."""

import numpy as np
import pytest

from mmref.errors import ModalityError, ShapeError
from tests.messages import assert_raises
from tests.wings import FUSIONS, WINGS, numpy, tensor, tensors, wing_of

# Declared in another order than names sort, and than the inputs stand in.
DIMS = {"text": 5, "table": 6, "image": 7}
ROWS, CLASSES = 8, 4  # as many as D, for fusions that decide between them


def model_of(name, fusion="AdaptiveFusion"):
    """Three modalities, which no line of the model knows by number."""
    wing = wing_of(name)
    encoders = {
        "image": wing.ImageEncoder((4, 4), (3,), dim=7),
        "table": wing.TableEncoder(2, dim=6, hidden=4),
        "text": wing.TextEncoder(11, embedding=4, dim=5, cell="bag"),
    }
    return wing.FusionClassifier(encoders, getattr(wing, fusion)(DIMS, 4), CLASSES)


def drawn(name, seed=0):
    """Inputs as NumPy arrays, and which rows have which: some of each, and every row something."""
    rng = np.random.default_rng(seed)
    shape = (ROWS, 3, 4, 4) if name == "torch" else (ROWS, 4, 4, 3)
    inputs = {
        "image": rng.random(shape, "float32"),
        "table": rng.normal(size=(ROWS, 2)).astype("float32"),
        "text": rng.integers(1, 11, (ROWS, 3)),
    }
    there = {"table": np.arange(ROWS) % 2 == 0, "image": np.arange(ROWS) % 3 > 0}
    there["text"] = ~there["table"] | (np.arange(ROWS) < 3)
    return inputs, there


def with_zeros(inputs, there):
    """Absent rows as a reader gives them."""
    return {
        m: x * there[m].reshape(-1, *[1] * (x.ndim - 1)).astype(x.dtype) for m, x in inputs.items()
    }


def stacked(there):
    return np.stack([there[m] for m in DIMS], axis=1)


def given(name):
    inputs, there = drawn(name)
    return with_zeros(inputs, there) | {"present": there}


def labels():
    return np.arange(ROWS) % CLASSES


def as_tensors(name, inputs):
    return {m: tensors(name, x) if m == "present" else tensor(name, x) for m, x in inputs.items()}


def logits(name, model, inputs, present=None):
    if name == "torch":
        model.eval()
    present = None if present is None else tensor(name, present)
    return numpy(model(as_tensors(name, inputs), present))


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("name", WINGS)
def test_by_name_is_the_same_as_by_column(name, fusion):
    """Whatever the order of the names; and it matters."""
    model, (inputs, there) = model_of(name, fusion), drawn(name)
    expected = logits(name, model, inputs, stacked(there))
    for order in (there, dict(sorted(there.items()))):
        found = logits(name, model, inputs | {"present": order})
        np.testing.assert_array_equal(found, expected)
    assert np.abs(logits(name, model, inputs) - expected).max() > 1e-4


@pytest.mark.parametrize("name", WINGS)
def test_what_an_absent_row_holds_has_no_effect(name):
    """Not even NaN, in evaluation mode."""
    model, (inputs, there) = model_of(name), drawn(name)
    expected = logits(name, model, with_zeros(inputs, there) | {"present": there})
    inputs["table"][~there["table"]] = np.nan
    inputs["image"][~there["image"]] = np.nan
    np.testing.assert_allclose(
        logits(name, model, inputs | {"present": there}), expected, atol=1e-6
    )


BAD = [
    (
        lambda there: {m: c for m, c in there.items() if m != "text"},
        ModalityError,
        "inputs['present']: expected the modalities ['text', 'table', 'image'], "
        "got ['table', 'image']; missing ['text']",
    ),
    (
        lambda there: there | {"sound": there["text"]},
        ModalityError,
        "inputs['present']: expected the modalities ['text', 'table', 'image'], "
        "got ['table', 'image', 'text', 'sound']; unexpected ['sound']",
    ),
    (
        lambda there: there | {"text": there["text"].astype("int32")},
        ShapeError,
        "inputs['present']['text']: expected dtype bool (True = the modality is there), got int32",
    ),
    (
        lambda there: there | {"table": there["table"][:, None]},
        ShapeError,
        f"inputs['present']['table']: expected (B,), got ({ROWS}, 1)",
    ),
    (
        lambda there: there | {"image": there["image"][:-1]},
        ShapeError,
        f"inputs['present']['image']: expected {ROWS} rows as inputs['present']['text'], got 7",
    ),
]


@pytest.mark.parametrize(("change", "error", "message"), BAD)
@pytest.mark.parametrize("name", WINGS)
def test_present_that_does_not_fit_is_refused(name, change, error, message):
    inputs, there = drawn(name)
    model = model_of(name)
    assert_raises(
        error, message, lambda: model(as_tensors(name, inputs | {"present": change(there)}))
    )


@pytest.mark.parametrize("name", WINGS)
def test_present_given_twice_or_by_column_among_the_inputs_is_refused(name):
    inputs, there = drawn(name)
    model, by_column = model_of(name), tensor(name, stacked(there))
    message = "present: expected it in the inputs or as an argument, got both"
    named = as_tensors(name, inputs | {"present": there})
    assert_raises(ValueError, message, lambda: model(named, by_column))
    with pytest.raises(TypeError, match=r"inputs\['present'\]: expected a mapping from name to"):
        model(tensors(name, inputs) | {"present": by_column})


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("name", WINGS)
def test_no_modality_can_be_called_present(name, fusion):
    message = "dims: expected names other than 'present', which says which rows have them, got it"
    make = getattr(wing_of(name), fusion)
    assert_raises(ModalityError, message, lambda: make({"text": 3, "present": 2}, 4))


@pytest.mark.parametrize("name", WINGS)
def test_a_mask_and_none_are_told(name):
    inputs, _ = drawn(name)
    model = model_of(name)
    mask = tensors(name, inputs | {"mask": inputs["text"] != 0})
    with pytest.raises(ModalityError, match=r"unexpected \['mask'\] \(no mask is wanted: id 0 is"):
        model(mask)
    with pytest.raises(TypeError, match=r"inputs\['table'\]: expected an array, got None \(rows w"):
        model(tensors(name, inputs) | {"table": None})


# ---- training ----


class Batches:
    """Batches in a fixed order, as any loader yields them: with labels, or alone."""

    def __init__(self, inputs, labels=None, size=3):
        self.parts = []
        for i in range(0, ROWS, size):
            part = {m: x[i : i + size] for m, x in inputs.items() if m != "present"}
            part["present"] = {m: c[i : i + size] for m, c in inputs["present"].items()}
            part = as_tensors("torch", part)
            self.parts.append(part if labels is None else (part, labels[i : i + size]))

    def __iter__(self):
        return iter(self.parts)


def test_torch_trains_evaluates_and_predicts_with_it():
    torch = pytest.importorskip("torch")
    mt, x, y = wing_of("torch"), given("torch"), labels()
    histories = []
    for pair in ((x, y), (as_tensors("torch", x), torch.tensor(y))):
        torch.manual_seed(0)
        model = model_of("torch")
        optimizer = torch.optim.Adam(model.parameters(), 0.02)
        options = {"epochs": 12, "batch_size": 4, "progress": False}
        histories.append(mt.fit(model, optimizer, pair, pair, **options))
    assert histories[0] == histories[1]
    assert histories[0].loss[-1] < histories[0].loss[0]
    expected = logits("torch", model, x)
    np.testing.assert_allclose(mt.predict(model, x, batch_size=3).numpy(), expected, atol=1e-6)
    for batches in (Batches(x), Batches(x, y), Batches(x, np.zeros(ROWS, int))):
        found = mt.predict(model, batches).numpy()  # labels beside the inputs are left alone
        np.testing.assert_allclose(found, expected, atol=1e-6)
    whole = mt.evaluate(model, (x, y))
    assert mt.evaluate(model, Batches(x, y)) == pytest.approx(whole, rel=1e-5)
    all_there = {m: np.ones_like(c) for m, c in x["present"].items()}
    assert mt.evaluate(model, (x | {"present": all_there}, y)) != pytest.approx(whole, rel=1e-5)


def test_torch_trains_from_a_loader_that_collates_it():
    torch = pytest.importorskip("torch")
    mt, x, y = wing_of("torch"), given("torch"), labels()
    rows = [
        (
            {m: torch.tensor(v[i]) for m, v in x.items() if m != "present"}
            | {"present": {m: torch.tensor(c[i]) for m, c in x["present"].items()}},
            int(y[i]),
        )
        for i in range(ROWS)
    ]
    loader = torch.utils.data.DataLoader(rows, batch_size=3)
    model = model_of("torch")
    optimizer = torch.optim.Adam(model.parameters(), 0.02)
    history = mt.fit(model, optimizer, loader, loader, epochs=12, progress=False)
    assert history.val_loss[history.best_epoch] < history.val_loss[0]
    found = mt.predict(model, loader).numpy()
    np.testing.assert_allclose(found, logits("torch", model, x), atol=1e-6)


def test_an_absent_encoder_gets_no_gradient_from_the_row():
    torch = pytest.importorskip("torch")
    model, x = model_of("torch"), as_tensors("torch", given("torch"))
    x["table"] = torch.ones(ROWS, 2)  # whatever it holds
    x["present"]["table"] = torch.zeros(ROWS, dtype=torch.bool)
    model(x).square().sum().backward()
    assert all((p.grad == 0).all() for p in model.encoders["table"].parameters())
    assert any((p.grad != 0).any() for p in model.encoders["text"].parameters())


def compiled():
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(0)
    model = model_of("keras")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss, metrics=["accuracy"])
    return model


def test_keras_trains_evaluates_and_predicts_with_it():
    """On mappings, on our batches and, where TensorFlow is there, on tf.data."""
    keras = pytest.importorskip("keras")
    mk, x, y = wing_of("keras"), given("keras"), labels()
    model = compiled()
    history = model.fit(
        x, y, batch_size=4, epochs=12, validation_data=(x, y), verbose=0, shuffle=False
    ).history
    assert history["val_loss"][-1] < history["val_loss"][0]
    expected = logits("keras", model, x)
    np.testing.assert_allclose(model.predict(x, batch_size=3, verbose=0), expected, atol=1e-5)
    loss, accuracy = model.evaluate(x, y, batch_size=3, verbose=0)
    assert loss == pytest.approx(history["val_loss"][-1], rel=1e-5)
    assert accuracy == (expected.argmax(axis=1) == y).mean()

    batches = mk.Batches(x, y, batch_size=4)
    assert model.fit(batches, epochs=1, verbose=0, shuffle=False).history["loss"][0] < 2 * loss
    if keras.backend.backend() != "tensorflow":
        return
    tf = pytest.importorskip("tensorflow")
    model, again = compiled(), compiled()
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(4)
    found = model.fit(data, epochs=2, verbose=0).history["loss"]
    same = again.fit(x, y, batch_size=4, epochs=2, verbose=0, shuffle=False).history["loss"]
    np.testing.assert_allclose(found, same, rtol=1e-5)
    alone = data.map(lambda inputs, _: inputs)
    expected = logits("keras", model, x)
    np.testing.assert_allclose(model.predict(alone, verbose=0), expected, atol=1e-5)


def test_a_row_without_anything_is_refused_before_training():
    x, y = given("torch"), labels()
    x["present"] = {m: c & (np.arange(ROWS) != 5) for m, c in x["present"].items()}
    torch = pytest.importorskip("torch")
    mt, model = wing_of("torch"), model_of("torch")
    optimizer = torch.optim.Adam(model.parameters())
    message = "expected at least one modality present in every row, got none in row 5"
    for call in (
        lambda: mt.fit(model, optimizer, (x, y), epochs=1, progress=False),
        lambda: mt.evaluate(model, (x, y)),
        lambda: mt.predict(model, x),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(ValueError, match=f"{message[:-1]}2 of batch 1"):
        mt.predict(model, Batches(x))


def test_what_is_not_finite_where_it_is_absent_is_refused_in_training_alone():
    """A gradient of 0 times NaN would be NaN; a prediction looks at what is there."""
    torch = pytest.importorskip("torch")
    mt, model, x, y = wing_of("torch"), model_of("torch"), given("torch"), labels()
    expected = mt.predict(model, x).numpy()
    table = x["table"].copy()
    table[1] = np.nan
    assert not x["present"]["table"][1]
    spoiled = x | {"table": table}
    np.testing.assert_allclose(mt.predict(model, spoiled).numpy(), expected, atol=1e-6)
    assert mt.evaluate(model, (spoiled, y)) == pytest.approx(mt.evaluate(model, (x, y)))
    optimizer = torch.optim.Adam(model.parameters())
    message = r"train\['table'\]: .* got nan in row 1 \(absent there: zeros belong there\)"
    with pytest.raises(ValueError, match=message):
        mt.fit(model, optimizer, (spoiled, y), epochs=1, progress=False)
    table[0] = np.nan
    with pytest.raises(ValueError, match=r"inputs\['table'\]: .* got nan in row 0$"):
        mt.predict(model, spoiled)


def test_keras_refuses_a_row_without_anything_too():
    pytest.importorskip("keras")
    x, y = given("keras"), labels()
    x["present"] = {m: c & (np.arange(ROWS) != 5) for m, c in x["present"].items()}
    model = compiled()
    message = "expected at least one modality present in every row, got none in row 5"
    for call in (
        lambda: model.fit(x, y, verbose=0),
        lambda: model.fit(given("keras"), y, validation_data=(x, y), verbose=0),
        lambda: model.evaluate(x, y, verbose=0),
        lambda: model.predict(x, verbose=0),
        lambda: wing_of("keras").Batches(x, y),
    ):
        with pytest.raises(ValueError, match=message):
            call()
