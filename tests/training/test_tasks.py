"""Classes, labels of several values, numbers: losses, weights and metrics, in both frameworks."""

import numpy as np
import pytest

from mmref import convert
from mmref.errors import ChoiceError, ShapeError
from tests.training.tasks import LABELS, K, N, X, keras_loss, model_of
from tests.wings import wing_of

METRICS = {
    "cross_entropy": ["accuracy"],
    "binary_cross_entropy": ["accuracy", "f1"],
    "mse": ["mae"],
    "mae": ["mae"],
}
WEIGHTS = {0: 3.0, 2: 0.5}  # class 1 counts once


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
