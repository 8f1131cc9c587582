"""What a model in Keras is given, looked at before it compiles."""

import numpy as np
import pytest

from mmref.errors import ShapeError
from tests.training.tasks import LABELS, RNG, K, N, X, keras_loss, model_of
from tests.wings import wing_of


def compiled(loss="cross_entropy"):
    keras = pytest.importorskip("keras")
    model = model_of("keras", loss)
    model.compile(keras.optimizers.SGD(0.1), keras_loss(loss, False))
    return model


class Reader:
    """As ``mmref.data.folders.Reader``."""

    def batch(self, epoch, index):
        return X, LABELS["cross_entropy"]


def with_nan(row):
    left = X["left"].copy()
    left[row, 1] = np.nan
    return X | {"left": left}


Y = LABELS["cross_entropy"]
WRONG = [
    (
        "NaN",
        "cross_entropy",
        with_nan(9),
        Y,
        ValueError,
        r"x\['left'\]: expected finite numbers, got nan in row 9",
    ),
    (
        "labels from 1",
        "cross_entropy",
        X,
        Y + 1,
        ValueError,
        r"y: expected 0 to 2, got 1 to 3 \(num_classes is 3; classes are numbered from 0\)$",
    ),
    (
        "labels of floats",
        "cross_entropy",
        X,
        Y.astype("float32"),
        ShapeError,
        "y: expected integers, got float32",
    ),
    (
        "a label below 0",
        "cross_entropy",
        X,
        Y - 1,
        ValueError,
        "y: .* got -1 to 1 .num_classes is 3",
    ),
    (
        "texts",
        "cross_entropy",
        X | {"left": ["a b"] * N},
        Y,
        ShapeError,
        r"x\['left'\]: expected numbers or booleans, got <U3 \(texts: Vocabulary.encode",
    ),
    (
        "ragged",
        "cross_entropy",
        X | {"left": [[1.0], [1.0, 2.0]] * 12},
        Y,
        ShapeError,
        r"x\['left'\]: .* got ragged ones \(texts: mmref.data.text.pad",
    ),
    (
        "None",
        "cross_entropy",
        X | {"left": None},
        Y,
        TypeError,
        r"x\['left'\]: expected an array, got None \(rows without the modality hold",
    ),
    ("fewer labels", "cross_entropy", X, Y[:5], ShapeError, "x: expected as many rows in every"),
    (
        "a reader",
        "cross_entropy",
        Reader(),
        None,
        TypeError,
        r"x: expected arrays or batches, got a Reader: mmref.keras.FolderBatches\(reader\)",
    ),
    (
        "truths above 1",
        "binary_cross_entropy",
        X,
        2 * LABELS["binary_cross_entropy"],
        ValueError,
        "y: expected numbers from 0 to 1, got 2",
    ),
    (
        "too few numbers",
        "mse",
        X,
        LABELS["mse"][:, :2],
        ShapeError,
        r"y: .*got .* \(the model has 3",
    ),
    ("NaN for a number", "mse", X, LABELS["mse"] * np.nan, ValueError, "y: expected finite numb"),
]


@pytest.mark.parametrize(
    ("loss", "x", "y", "error", "message"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG]
)
def test_keras_is_told_before_it_compiles(loss, x, y, error, message):
    model = compiled(loss)
    for call in (
        lambda: model.fit(x, y, verbose=0),
        lambda: model.evaluate(x, y, verbose=0),
    ):
        with pytest.raises(error, match=f"^{message}"):
            call()


def test_keras_is_told_of_the_validation_set_and_of_batches():
    model, mk = compiled(), wing_of("keras")
    with pytest.raises(ValueError, match=r"^validation_data\[1\]: expected 0 to 2, got 1 to 3"):
        model.fit(X, Y, validation_data=(X, Y + 1), verbose=0)
    with pytest.raises(ValueError, match=r"^validation_data\['left'\]: expected finite numbers"):
        model.fit(X, Y, validation_data=(with_nan(2), Y), verbose=0)
    with pytest.raises(ValueError, match="^labels: expected 0 to 2, got 1 to 3"):
        model.fit(mk.Batches(X, Y + 1), verbose=0)
    with pytest.raises(ValueError, match=r"^inputs\['left'\]: expected finite numbers, got nan in"):
        mk.Batches(with_nan(4), Y)


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "probabilities"])
def test_keras_is_told_of_a_loss_that_takes_logits_for_probabilities(loss):
    keras = pytest.importorskip("keras")
    model = model_of("keras", "cross_entropy")
    model.compile("sgd", keras.losses.BinaryCrossentropy() if loss == "probabilities" else loss)
    with pytest.raises(
        ValueError, match="^loss: expected from_logits=True, as the model gives log"
    ):
        model.fit(X, Y, verbose=0)


def dataset():
    """Batches that nobody has looked at."""
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(8)


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "binary_crossentropy"])
def test_keras_is_told_of_such_a_loss_with_batches_as_well(loss):
    model, mk = model_of("keras", "cross_entropy"), wing_of("keras")
    model.compile("sgd", loss)
    for batches in (dataset(), mk.Batches(X, Y)):
        for call in (model.fit, model.evaluate):
            with pytest.raises(ValueError, match="^loss: expected from_logits=True, as the model"):
                call(batches, verbose=0)


WEIGHTLESS = [
    ([1, 2, 3], TypeError, "class_weight: expected a mapping from class to weight, or None, got l"),
    ({"star": 1.0}, TypeError, r"class_weight: .* number .* data.classes.index\('star'\), got 's"),
    ({1.5: 1.0}, TypeError, "class_weight: expected an integer, at least 0, got 1.5"),
    ({9: 3.0}, ValueError, r"class_weight: expected 0 to 2, got 9 .*\(num_classes is 3"),
    ({1: float("nan")}, ValueError, r"class_weight\[1\]: expected a finite number, at least 0"),
    ({1: -1.0}, ValueError, r"class_weight\[1\]: expected a finite number, at least 0, got -1"),
]


@pytest.mark.parametrize(("weights", "error", "message"), WEIGHTLESS)
def test_keras_is_told_of_weights_of_no_class(weights, error, message):
    model = compiled()
    for given in ((dataset(),), (X, Y)):
        with pytest.raises(error, match=f"^{message}"):
            model.fit(*given, class_weight=weights, verbose=0)


def test_keras_takes_weights_of_classes_with_batches():
    history = compiled().fit(dataset(), class_weight={0: 1.0, 1: 2.0, 2: 1.0}, verbose=0).history
    assert np.isfinite(history["loss"][0])


def test_keras_takes_what_is_right_in_any_form():
    """Tensors, lists, labels as a column."""
    keras = pytest.importorskip("keras")
    expected = compiled().fit(X, Y, verbose=0, shuffle=False).history["loss"][0]
    for x, y in (
        ({m: keras.ops.convert_to_tensor(a) for m, a in X.items()}, Y.astype("int32")),
        ({m: a.tolist() for m, a in X.items()}, Y[:, None]),
        ({m: a.astype("float64") for m, a in X.items()}, keras.ops.convert_to_tensor(Y)),
    ):
        keras.utils.set_random_seed(0)
        model = compiled()
        found = model.fit(x, y, verbose=0, shuffle=False).history["loss"][0]
        assert np.isfinite(found) and found < 2 * expected


def test_keras_warns_of_pixels_up_to_255():
    pytest.importorskip("keras")
    wing = wing_of("keras")
    encoders = {"image": wing.ImageEncoder((4, 4), (2,), dim=3)}
    model = wing.FusionClassifier(encoders, wing.ConcatFusion({"image": 3}, 4), K)
    images = RNG.random((6, 4, 4, 3)).astype("float32")
    with pytest.warns(
        UserWarning, match=r"^x\['image'\]: expected pixels of about 0 to 1, got som"
    ):
        model.predict({"image": 255 * images}, verbose=0)
