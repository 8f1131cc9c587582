"""Classes, labels of several values, numbers: losses, weights and metrics, in both frameworks."""

import numpy as np
import pytest

from mmref import convert
from mmref.errors import ChoiceError, ShapeError
from tests.wings import wing_of

N, K = 24, 3
RNG = np.random.default_rng(0)
X = {"left": RNG.normal(size=(N, 4)).astype("float32"), "right": RNG.normal(size=(N, 2))}
X["right"] = X["right"].astype("float32")
LABELS = {
    "cross_entropy": (X["left"][:, :K] + 0.1).argmax(axis=1),
    "binary_cross_entropy": (X["left"][:, :K] > 0.4).astype("int64"),
    "mse": X["left"][:, :K] * 2 + 1,
    "mae": X["left"][:, :K] * 2 + 1,
}
METRICS = {
    "cross_entropy": ["accuracy"],
    "binary_cross_entropy": ["accuracy", "f1"],
    "mse": ["mae"],
    "mae": ["mae"],
}
WEIGHTS = {0: 3.0, 2: 0.5}  # class 1 counts once


def model_of(name, loss, outputs=K):
    wing = wing_of(name)
    encoders = {"left": wing.TableEncoder(4, 5, 6), "right": wing.TableEncoder(2, 5, 6)}
    fusion = wing.ConcatFusion({"left": 5, "right": 5}, 7)
    kind = wing.FusionRegressor if loss in ("mse", "mae") else wing.FusionClassifier
    return kind(encoders, fusion, outputs)


def in_numpy(loss, outputs, labels, weights=None, smoothing=0.0):
    """The mean, straight from the formula, in float64."""
    s, w = outputs.astype("float64"), np.array([(weights or {}).get(k, 1.0) for k in range(K)])
    if loss == "cross_entropy":
        logs = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
        target = (1 - smoothing) * np.eye(K)[labels] + smoothing / K
        return (w[labels] * -(target * logs).sum(axis=1)).mean()
    if loss == "binary_cross_entropy":
        y, p = (1 - smoothing) * labels + smoothing / 2, 1 / (1 + np.exp(-s))
        return (w * -(y * np.log(p) + (1 - y) * np.log(1 - p))).mean()
    gap = s - labels
    return (gap**2).mean() if loss == "mse" else np.abs(gap).mean()


def metrics_in_numpy(loss, outputs, labels):
    if loss == "cross_entropy":
        return [(outputs.argmax(axis=1) == labels).mean()]
    if loss == "binary_cross_entropy":
        named, there = outputs > 0, labels > 0
        both = (named & there).sum()
        return [(named == there).mean(), both / (both + 0.5 * (named ^ there).sum())]
    return [np.abs(outputs - labels).mean()]


def fitted(model, loss, **options):
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD(model.parameters(), options.pop("rate", 0.0))
    options = {"epochs": 1, "progress": False, "loss": loss} | options
    data = X, options.pop("labels") if "labels" in options else LABELS[loss]
    return wing_of("torch").fit(model, optimizer, data, data, **options)


# ---- PyTorch ----


@pytest.mark.parametrize("size", [N, 7])
@pytest.mark.parametrize("loss", LABELS)
def test_loss_and_metrics_are_those_of_the_formulas(loss, size):
    """Over batches of unequal sizes too; the other metrics' lists stay empty."""
    pytest.importorskip("torch")
    mt, model = wing_of("torch"), model_of("torch", loss)
    outputs = mt.predict(model, X).numpy()
    expected = [in_numpy(loss, outputs, LABELS[loss])]
    expected += metrics_in_numpy(loss, outputs, LABELS[loss])
    assert mt.evaluate(model, (X, LABELS[loss]), loss) == pytest.approx(expected, rel=1e-5)
    history = fitted(model, loss, batch_size=size)
    for prefix in ("", "val_"):
        found = [getattr(history, prefix + name) for name in ["loss", *METRICS[loss]]]
        assert sum(found, []) == pytest.approx(expected, rel=1e-5)
        for name in {"accuracy", "f1", "mae"} - set(METRICS[loss]):
            assert getattr(history, prefix + name) == []


@pytest.mark.parametrize("loss", LABELS)
def test_every_task_is_learned(loss):
    rate = {"mse": 0.1, "mae": 0.3}.get(loss, 1.0)
    history = fitted(model_of("torch", loss), loss, rate=rate, epochs=80, batch_size=8)
    assert min(history.val_loss) < 0.5 * history.val_loss[0]
    best = {name: getattr(history, f"val_{name}")[-1] for name in METRICS[loss]}
    first = {name: getattr(history, f"val_{name}")[0] for name in METRICS[loss]}
    assert all((best[m] < first[m]) == (m == "mae") for m in best)


@pytest.mark.parametrize("smoothing", [0.0, 0.4])
@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy"])
def test_classes_count_by_their_weight_in_training_alone(loss, smoothing):
    pytest.importorskip("torch")
    model = model_of("torch", loss)
    outputs = wing_of("torch").predict(model, X).numpy()
    history = fitted(model, loss, batch_size=N, class_weight=WEIGHTS, label_smoothing=smoothing)
    expected = in_numpy(loss, outputs, LABELS[loss], WEIGHTS, smoothing)
    assert history.loss == [pytest.approx(expected, rel=1e-5)]
    assert history.val_loss == [pytest.approx(in_numpy(loss, outputs, LABELS[loss]), rel=1e-5)]


def test_one_number_for_each_row():
    """(N,) is as good as (N, 1), and never (N, N)."""
    pytest.importorskip("torch")
    mt, model, y = wing_of("torch"), model_of("torch", "mse", 1), LABELS["mse"][:, 0]
    expected = ((mt.predict(model, X).numpy()[:, 0] - y) ** 2).mean()
    for labels in (y, y[:, None], y.astype("float64")):
        assert mt.evaluate(model, (X, labels), "mse")[0] == pytest.approx(expected, rel=1e-5)
    whole = np.arange(N)
    assert mt.evaluate(model, (X, whole), "mae")[1] > 5  # integers are numbers


def test_a_loss_of_ones_own():
    torch = pytest.importorskip("torch")
    model, seen = model_of("torch", "mse"), []

    def pinball(outputs, labels):
        seen.append((labels.dtype, tuple(labels.shape)))
        gap = labels - outputs
        return torch.maximum(0.9 * gap, -0.1 * gap).mean()

    labels = LABELS["mse"].astype("float64")
    history = fitted(model, pinball, labels=labels, rate=0.1, epochs=5)
    assert seen[0] == (torch.float32, (N, K))
    assert history.loss[-1] < history.loss[0] and history.accuracy == history.mae == []
    assert wing_of("torch").evaluate(model, (X, labels), pinball) == (
        pytest.approx(history.val_loss[history.best_epoch], rel=1e-6),
    )


@pytest.mark.parametrize(("monitor", "right"), [("val_mae", min), ("val_f1", max)])
def test_the_metric_of_the_task_can_be_watched(monitor, right):
    loss = "mse" if monitor == "val_mae" else "binary_cross_entropy"
    history = fitted(model_of("torch", loss), loss, rate=0.3, epochs=15, monitor=monitor)
    scores = getattr(history, monitor)
    assert scores[history.best_epoch] == right(scores) != scores[0]


BAD = [
    ("nonsense", {}, ChoiceError, "loss: expected one of 'cross_entropy', 'binary_cross_entropy'"),
    (None, {}, ChoiceError, "loss: expected one of"),
    ("mse", {"monitor": "val_accuracy"}, ChoiceError, "monitor: .* 'val_loss', 'val_mae'; got"),
    ("mse", {"class_weight": WEIGHTS}, ValueError, "class_weight: expected None with loss='mse'"),
    ("mae", {"label_smoothing": 0.1}, ValueError, "label_smoothing: expected 0 with loss='mae'"),
    ("cross_entropy", {"class_weight": [1, 2, 3]}, TypeError, "class_weight: expected a mapping"),
    ("cross_entropy", {"class_weight": {5: 1.0}}, ValueError, "class_weight: expected 0 to 2, got"),
    ("cross_entropy", {"class_weight": {0: -1}}, ValueError, r"class_weight\[0\]: expected a fin"),
    ("cross_entropy", {"labels": LABELS["mse"][:, 0]}, ShapeError, "train labels: expected integ"),
    ("mse", {"labels": LABELS["mse"][:, :2]}, ShapeError, r"train labels: expected \(N, 3\), got"),
    ("mse", {"labels": np.full((N, K), np.nan)}, ValueError, "train labels: expected finite num"),
    ("mse", {"labels": ["a"] * N}, ShapeError, "train labels: expected real numbers, got"),
    (
        "binary_cross_entropy",
        {"labels": np.arange(N) % 2},
        ShapeError,
        r"train labels: expected \(",
    ),
    ("binary_cross_entropy", {"labels": LABELS["mse"]}, ValueError, "train labels: expected numbe"),
    (lambda s, y: s.sum(axis=1), {"labels": LABELS["mse"]}, ShapeError, r"loss\(outputs, labels\)"),
    (lambda s, y: 1.0, {"labels": LABELS["mse"]}, TypeError, r"loss\(outputs, labels\): expected"),
    (lambda s, y: s.mean(), {"labels": np.zeros(5)}, ShapeError, "train: expected as many rows"),
]


@pytest.mark.parametrize(("loss", "options", "error", "message"), BAD)
def test_losses_and_labels_that_do_not_fit_are_refused_before_the_first_step(
    loss, options, error, message
):
    model = model_of("torch", "mse")
    before = {name: a.copy() for name, a in convert.arrays(model).items()}
    known = loss if loss in list(LABELS) else "mse"
    with pytest.raises(error, match=f"^{message}"):
        fitted(model, loss, **{"rate": 1.0, "labels": LABELS[known]} | options)
    for name, array in convert.arrays(model).items():
        np.testing.assert_array_equal(array, before[name])


# ---- both: one step of gradient descent from the same weights ----


def keras_loss(loss, weighted):
    """What the docstrings of the models say to compile."""
    keras = pytest.importorskip("keras")
    if loss == "cross_entropy":
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if loss != "binary_cross_entropy":
        return (
            keras.losses.MeanSquaredError() if loss == "mse" else keras.losses.MeanAbsoluteError()
        )
    if not weighted:
        return keras.losses.BinaryCrossentropy(from_logits=True)
    ops, weights = keras.ops, keras.ops.array([3.0, 1.0, 0.5])

    def losses(y, s):
        return ops.mean(weights * ops.binary_crossentropy(y, s, from_logits=True), axis=-1)

    return losses


CASES = [(loss, False) for loss in LABELS] + [
    (loss, True) for loss in ("cross_entropy", "binary_cross_entropy")
]


@pytest.mark.parametrize(("loss", "weighted"), CASES)
def test_both_frameworks_have_the_same_loss_and_gradients(loss, weighted):
    keras = pytest.importorskip("keras")
    pytest.importorskip("torch")
    one, other = model_of("torch", loss), model_of("keras", loss)
    convert.copy(one, other)
    before = convert.arrays(one)
    weights = WEIGHTS if weighted else None
    history = fitted(one, loss, rate=1.0, batch_size=N, class_weight=weights)
    other.compile(keras.optimizers.SGD(1.0), keras_loss(loss, weighted))
    labels = LABELS[loss].astype("float32") if loss != "cross_entropy" else LABELS[loss]
    options = {"class_weight": WEIGHTS} if weighted and loss == "cross_entropy" else {}
    found = other.fit(X, labels, batch_size=N, verbose=0, **options).history["loss"]
    assert found == [pytest.approx(history.loss[0], rel=1e-5)]
    for name, array in convert.arrays(one).items():
        gradient = before[name] - array
        scale = np.abs(gradient).max()
        assert scale > 0 or "hidden" in name or "dense" in name, name
        twin = before[name] - convert.arrays(other)[name]
        np.testing.assert_allclose(twin, gradient, atol=1e-5 * max(scale, 0.1), err_msg=name)


def test_the_share_of_right_labels_in_keras():
    """The function that the docstring gives, against PyTorch's metric."""
    keras, ops = pytest.importorskip("keras"), pytest.importorskip("keras").ops
    one, other = (model_of(name, "binary_cross_entropy") for name in ("torch", "keras"))
    convert.copy(one, other)

    def accuracy(y, s):
        return ops.mean(ops.equal(y > 0.5, s > 0), axis=-1)

    other.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True), metrics=[accuracy])
    y = LABELS["binary_cross_entropy"]
    found = other.evaluate(X, y.astype("float32"), verbose=0)
    expected = wing_of("torch").evaluate(one, (X, y), "binary_cross_entropy")
    assert found == pytest.approx(expected[:2], rel=1e-5)


# ---- what Keras is given, looked at before it compiles ----


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
