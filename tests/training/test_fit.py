"""The training helper for PyTorch, and training in Keras by its own means."""

import math
import subprocess
import sys

import numpy as np
import pytest

from mmref.errors import ChoiceError, ModalityError, ShapeError
from mmref.seeding import seed_everything
from tests.wings import classifier, inputs

torch = pytest.importorskip("torch")

from mmref.torch import evaluate, fit, predict  # noqa: E402

N = 48


class Linear(torch.nn.Module):
    """The smallest model that takes a mapping."""

    def __init__(self, classes=3, width=4):
        super().__init__()
        self.head = torch.nn.Linear(width, classes)
        self.dropout = torch.nn.Dropout(0.2)

    def forward(self, inputs, present=None):
        return self.head(self.dropout(inputs["x"]))


def data(seed=0, rows=N):
    """Three classes that a linear model can separate, almost."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, size=rows)
    x = rng.normal(size=(rows, 4)) + 2 * np.eye(3, 4)[labels]
    return {"x": x.astype("float32")}, labels


def trained(weights_seed=0, epochs=4, **options):
    seed_everything(weights_seed)
    model = Linear()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    train = options.pop("train", data())
    options = {"seed": weights_seed, "batch_size": 16, "progress": False} | options
    return model, fit(model, optimizer, train, epochs=epochs, **options)


def test_loss_decreases_and_history_tells():
    model, history = trained(epochs=6, validation=data(1))
    assert history.loss[-1] < history.loss[0]
    assert [len(getattr(history, n)) for n in ("loss", "accuracy", "val_loss", "val_accuracy")] == [
        6
    ] * 4
    assert history.val_loss[-1] < history.val_loss[0]
    assert history.best_epoch == int(np.argmin(history.val_loss))
    loss, accuracy = evaluate(model, data(1))
    assert math.isclose(loss, history.val_loss[history.best_epoch], rel_tol=1e-6)
    assert math.isclose(accuracy, history.val_accuracy[history.best_epoch], rel_tol=1e-6)


def test_without_validation_the_last_epoch_is_the_best():
    _, history = trained()
    assert history.val_loss == [] and history.best_epoch == 3 and len(history.loss) == 4


def test_the_same_seed_gives_the_same_weights():
    one, other, third = trained(0), trained(0), trained(1)
    assert one[1] == other[1] and one[1] != third[1]
    for p, q in zip(one[0].parameters(), other[0].parameters(), strict=True):
        assert torch.equal(p, q)


def test_the_order_of_samples_follows_the_seed_alone():
    weights_seeds = iter(range(100, 200))

    def orders(seed):
        seen = []

        def spy(batch, generator):
            seen.append(batch["x"][:, 0].tolist())
            return batch

        # The weights' seed differs from call to call; it must not matter.
        trained(next(weights_seeds), epochs=2, seed=seed, augment=spy)
        return seen

    assert orders(0) == orders(0) and orders(0) != orders(1)
    first, second = orders(0)[:3], orders(0)[3:]
    assert sorted(sum(first, [])) == sorted(sum(second, [])) and first != second


def test_augmentation_is_used_and_reproducible():
    def noise(batch, rng):
        return {"x": batch["x"] + rng.normal(size=batch["x"].shape).astype("float32")}

    assert trained(augment=noise)[1] == trained(augment=noise)[1]
    assert trained(augment=noise)[1] != trained()[1]


def test_augmentation_gets_numpy_even_of_tensors():
    """One augmentation then serves both frameworks; and what it changes is a copy."""

    def augment(batch, rng):
        assert type(batch["x"]) is np.ndarray and isinstance(rng, np.random.Generator)
        batch["x"] += 100
        return {"x": torch.tensor(batch["x"])}  # tensors may come back

    x, labels = data()
    kept = x["x"].copy()
    for given in (x, {"x": torch.tensor(x["x"])}):
        trained(train=(given, labels), augment=augment, epochs=1)
        np.testing.assert_array_equal(x["x"], kept)


def test_steps_are_taken_in_training_mode_and_validation_in_evaluation_mode():
    """Whatever mode the model came in, and again after each validation."""
    seen = []

    class Noting(Linear):
        def forward(self, inputs, present=None):
            seen.append(self.training)
            return super().forward(inputs)

    model = Noting().eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    fit(model, optimizer, data(), data(1), epochs=2, batch_size=16, progress=False)
    assert seen == 2 * [True, True, True, False]


def test_augmentation_that_forgets_an_input_is_refused():
    """What it leaves out would count as there: which modalities are present, above all."""
    message = r"^augment\(inputs\): expected .* missing "
    with pytest.raises(ModalityError, match=message):
        trained(epochs=1, augment=lambda inputs, rng: dict([*inputs.items()][1:]))


def test_what_is_validated_is_not_augmented():
    def nothing(batch, rng):
        return {"x": 0 * batch["x"]}

    model, history = trained(epochs=1, augment=nothing, validation=data(1))
    loss, accuracy = evaluate(model, data(1))
    assert history.val_loss == [loss] and history.val_accuracy == [accuracy]
    assert loss != evaluate(model, (nothing(*data(1)), data(1)[1]))[0]


def as_tensors(inputs, labels):
    return {"x": torch.tensor(inputs["x"])}, torch.tensor(labels)


def with_small_labels(inputs, labels):
    return inputs, labels.astype("int32")


def read_only(inputs, labels):
    for array in (inputs["x"], labels):
        array.flags.writeable = False
    return inputs, labels


@pytest.mark.parametrize("convert", [as_tensors, with_small_labels, read_only])
def test_the_same_data_in_other_forms(convert, recwarn):
    expected, history = trained(validation=data(1))
    train, validation = convert(*data()), convert(*data(1))
    model, same = trained(train=train, validation=validation)
    assert same == history
    assert torch.equal(model.head.weight, expected.head.weight)
    assert evaluate(model, validation) == evaluate(model, data(1))
    assert [str(w.message) for w in recwarn if "writ" in str(w.message)] == []


class Batches:
    """Batches in a fixed order, as tensors or as they are."""

    def __init__(self, inputs, labels, size=16, tensors=True):
        self.passes, self.tensors = 0, tensors
        self.parts = [
            ({m: x[i : i + size] for m, x in inputs.items()}, labels[i : i + size])
            for i in range(0, len(labels), size)
        ]

    def __iter__(self):
        self.passes += 1
        yield from (as_tensors(*part) for part in self.parts) if self.tensors else self.parts


@pytest.mark.parametrize("tensors", [True, False])
def test_batches_instead_of_pairs(tensors):
    """The same batches in the same order train the same model."""
    inputs, labels = data()
    order = np.random.default_rng(3).permutation(N)  # what fit draws with the seed 3
    batches = Batches({"x": inputs["x"][order]}, labels[order], tensors=tensors)
    validation = Batches(*data(1), size=20, tensors=tensors)
    once, history = trained(train=batches, validation=validation, epochs=1, seed=3, batch_size=None)
    expected, same = trained(validation=data(1), epochs=1, seed=3)
    assert torch.equal(once.head.weight, expected.head.weight)
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        assert getattr(history, name) == pytest.approx(getattr(same, name), rel=1e-6)
    assert evaluate(once, validation) == pytest.approx(evaluate(once, data(1)), rel=1e-6)
    trained(train=batches, validation=validation, epochs=3, batch_size=None)
    assert batches.passes == 1 + 3


def test_a_list_of_two_batches_is_no_pair():
    parts = Batches(*data(), size=24).parts
    _, history = trained(train=parts, epochs=2, batch_size=None)
    assert history.loss[1] < history.loss[0]


def test_the_loader_of_pytorch_itself():
    inputs, labels = data()
    rows = [({"x": torch.tensor(x)}, int(y)) for x, y in zip(inputs["x"], labels, strict=True)]
    loader = torch.utils.data.DataLoader(rows, batch_size=16, shuffle=True)
    _, history = trained(train=loader, epochs=5, batch_size=None)
    assert history.loss[-1] < history.loss[0]
    assert evaluate(trained(train=loader, epochs=1, batch_size=None)[0], loader)[0] > 0


class Items(torch.utils.data.Dataset):
    """Batches by their number: always in the same order, whatever the epoch."""

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return Batches(*data()).parts[index]


BATCHES = Batches(*data())


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"train": BATCHES, "batch_size": 16}, ValueError, "batch_size: expected None, as train"),
        ({"train": BATCHES, "augment": lambda x, rng: x}, ValueError, "augment: expected None, as"),
        ({"train": iter(BATCHES.parts)}, TypeError, "train: expected batches for every epoch, got"),
        ({"validation": iter(BATCHES.parts)}, TypeError, "validation: expected batches for every"),
        ({"train": Items()}, TypeError, "train: expected a DataLoader, got its Dataset, Items"),
        ({"train": (data()[0]["x"], data()[1])}, TypeError, r"train: expected a pair \(mapping of"),
        ({"train": [data()[0]] * 3}, TypeError, r"train: .*, or batches of them, got dict for one"),
        ({"train": []}, ShapeError, "train: expected at least one batch, got 0"),
        ({"train": BATCHES, "validation": []}, ShapeError, "validation: expected at least one bat"),
        ({"train": Batches(data()[0], np.full(N, 3))}, ValueError, "train labels: expected 0 to 2"),
        ({"train": Batches(data()[0], np.full(N, -100))}, ValueError, "train labels: .* got -100"),
        ({"train": Batches(data()[0], np.eye(N))}, ShapeError, r"train labels: expected integers"),
        (
            {"train": BATCHES, "validation": Batches(data()[0], np.full(N, -1))},
            ValueError,
            "validation labels: expected 0 to 2, got -1 to -1",
        ),
        ({"monitor": "loss"}, ChoiceError, "monitor: expected one of 'val_loss', 'val_accuracy'"),
    ],
)
def test_batches_that_do_not_fit_are_refused(options, error, message):
    with pytest.raises(error, match=f"^{message}"):
        trained(**({"batch_size": None} | options))


def with_label(label):
    """Data in which one sample, not the first, has this label."""
    inputs, labels = data()
    labels[-1] = label
    return inputs, labels


class Scripted(torch.nn.Module):
    """A model whose weight counts training steps and whose validation loss follows a script."""

    def __init__(self, script):
        super().__init__()
        self.step = torch.nn.Parameter(torch.zeros(()))
        self.script = script

    def forward(self, inputs, present=None):
        rows = len(inputs["x"])
        if self.training:
            return self.step.expand(rows, 2) * torch.tensor([1.0, -1.0])
        # Logits (0, s) of a sample of class 0 have the loss log(1 + exp(s)).
        scores = torch.tensor(self.script[round(-self.step.item()) - 1], dtype=torch.float32)
        scores = scores.expand(rows)  # one for all, or one for each
        return torch.stack([torch.zeros(rows), scores], dim=1)


class CountDown(torch.optim.SGD):
    def step(self):
        with torch.no_grad():
            self.param_groups[0]["params"][0].sub_(1)


def scripted(script, rows=4, **options):
    model = Scripted(script)
    sample = {"x": np.zeros((rows, 1), dtype="float32")}, np.zeros(rows, dtype="int64")
    optimizer = CountDown(model.parameters(), lr=1.0)
    history = fit(model, optimizer, sample, sample, epochs=len(script), progress=False, **options)
    return model, history


def test_early_stopping_restores_the_best_weights():
    model, history = scripted([5, 4, 1, 2, 3, 0, 0], patience=2)
    assert len(history.val_loss) == 5 and history.best_epoch == 2
    assert model.step.item() == -3  # the weights after the third epoch


def test_the_best_weights_are_restored_without_patience():
    model, history = scripted([5, 4, 1, 2, 3])
    assert len(history.val_loss) == 5 and history.best_epoch == 2 and model.step.item() == -3


def test_accuracy_can_be_watched_instead_of_the_loss():
    """The scores of two samples, of class 0: at -1 each is right, at 1 wrong, by more or less."""
    script = [[9, -1], [1, 1], [-1, -1], [-5, 3], [-9, -9], [2, -2]]
    _, by_loss = scripted(script, rows=2)
    model, history = scripted(script, rows=2, monitor="val_accuracy", patience=3)
    assert history.val_accuracy == [0.5, 0, 1, 0.5, 1, 0.5]
    assert by_loss.best_epoch == 4  # the lowest loss
    assert history.best_epoch == 2 and model.step.item() == -3  # the first of the best
    _, history = scripted(script, rows=2, monitor="val_accuracy", patience=1)
    assert len(history.val_loss) == 2


def test_patience_counts_from_the_last_best():
    _, history = scripted([5, 6, 4, 5, 3, 4, 5], patience=2)
    assert len(history.val_loss) == 7 and history.best_epoch == 4


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"patience": 2}, ValueError, "patience: needs a validation set to watch, got validation="),
        ({"train": data(rows=0)}, ShapeError, "train: expected at least one sample, got 0"),
        ({"train": ({}, data()[1])}, ShapeError, "train: expected at least one input, got 0"),
        ({"train": (data()[0], data()[1][:5])}, ShapeError, "train: expected as many rows in ever"),
        (
            {"validation": (data()[0], data()[1][:5])},
            ShapeError,
            "validation: expected as many row",
        ),
        ({"train": (data()[0], np.eye(N))}, ShapeError, "train labels: expected integers, got flo"),
        ({"train": (data()[0], data()[1] / 2)}, ShapeError, "train labels: expected integers, got"),
        (
            {"train": (data()[0], data()[1][:, None])},
            ShapeError,
            r"train labels: expected \(48,\), got \(48, 1\)",
        ),
        ({"validation": (data()[0], np.eye(N))}, ShapeError, "validation labels: expected integer"),
        ({"validation": data(rows=0)}, ShapeError, "validation: expected at least one sample, got"),
        ({"epochs": 0}, ValueError, "epochs: expected an integer, at least 1, got 0"),
        ({"epochs": 2.0}, TypeError, "epochs: expected an integer, at least 1, got 2.0"),
        ({"batch_size": 0}, ValueError, "batch_size: expected an integer, at least 1, got 0"),
        ({"batch_size": -3}, ValueError, "batch_size: expected an integer, at least 1, got -3"),
        (
            {"patience": 0, "validation": data()},
            ValueError,
            "patience: expected an integer, at lea",
        ),
        ({"train": with_label(3)}, ValueError, "train labels: expected 0 to 2, got 0 to 3"),
        ({"train": with_label(-100)}, ValueError, "train labels: expected 0 to 2, got -100 to 2"),
        ({"validation": with_label(7)}, ValueError, "validation labels: expected 0 to 2, got 0 to"),
        ({"validation": with_label(-1)}, ValueError, "validation labels: expected 0 to 2, got -1 "),
        (
            {"label_smoothing": np.nan},
            ValueError,
            r"label_smoothing: expected a number in \[0, 1\]",
        ),
        ({"label_smoothing": -0.1}, ValueError, "label_smoothing: .* got -0.1"),
        ({"label_smoothing": 1.5}, ValueError, "label_smoothing: .* got 1.5"),
        ({"label_smoothing": True}, TypeError, "label_smoothing: .* got True"),
        ({"label_smoothing": "0.1"}, TypeError, "label_smoothing: .* got '0.1'"),
        ({"seed": None}, TypeError, "seed: expected an integer, at least 0, got None"),
        ({"seed": "x"}, TypeError, "seed: expected an integer, at least 0, got 'x'"),
        ({"progress": "no"}, ChoiceError, "progress: expected one of True, False; got 'no'"),
        ({"scheduler": "x"}, TypeError, "scheduler: expected a learning-rate scheduler or None, g"),
        ({"augment": "x"}, TypeError, "augment: expected a function or None, got 'x'"),
        ({"train": None}, TypeError, r"train: expected a pair \(mapping of inputs, labels\), or"),
        ({"model": None}, TypeError, "model: expected a torch.nn.Module, got NoneType"),
        (
            {"optimizer": None},
            TypeError,
            "optimizer: expected a torch.optim.Optimizer, got NoneType",
        ),
        (
            {"train": ({"x": np.array(["x"] * N)}, data()[1])},
            ShapeError,
            r"train\['x'\]: expected numbers or booleans, got <U1",
        ),
        (
            {"train": ({"x": np.ones((N, 4))}, data()[1])},
            ShapeError,
            r"train\['x'\]: expected float32 as in the model, got float64",
        ),
        (
            {"augment": lambda x, rng: None},
            TypeError,
            r"augment\(inputs\): expected a mapping from",
        ),
        (
            {"augment": lambda x, rng: {"x": x["x"][:2]}},
            ShapeError,
            r"augment\(inputs\)\['x'\]: expected 48 rows as it was given, got 2",
        ),
        (
            {"augment": lambda x, rng: {"x": np.concatenate([x["x"], x["x"]])}},
            ShapeError,
            r"augment\(inputs\)\['x'\]: expected 48 rows as it was given, got 96",
        ),
        (
            {"augment": lambda x, rng: {"x": 1.0}},
            ShapeError,
            r"augment\(inputs\)\['x'\]: expected 48 rows, got a single value",
        ),
    ],
)
def test_options_and_data_that_do_not_fit_are_refused(options, error, message):
    model = Linear()
    before = model.head.weight.detach().clone()
    options = {"train": data(), "epochs": 1, "model": model} | options
    options = {"optimizer": torch.optim.SGD(model.parameters(), lr=0.1)} | options
    with pytest.raises(error, match=f"^{message}") as caught:
        fit(**({"progress": False} | options))
    assert type(caught.value) is error
    assert torch.equal(model.head.weight, before)  # before training, not after


def test_bad_input_of_a_prediction():
    x, labels = data()
    with pytest.raises(ValueError, match="batch_size: expected an integer, at least 1, got 0"):
        predict(Linear(), x, batch_size=0)
    with pytest.raises(ShapeError, match="inputs: expected at least one sample, got 0"):
        predict(Linear(), data(rows=0)[0])
    with pytest.raises(ShapeError, match="inputs: expected at least one input, got 0"):
        predict(Linear(), {})
    with pytest.raises(TypeError, match="inputs: expected a mapping of inputs, got ndarray"):
        predict(Linear(), x["x"])
    with pytest.raises(TypeError, match="inputs: expected a mapping of inputs, or batches of them"):
        predict(Linear(), None)
    with pytest.raises(TypeError, match="inputs: expected a mapping of inputs, got list"):
        predict(Linear(), [[1.0]])
    with pytest.raises(ShapeError, match="inputs: expected at least one batch, got 0"):
        predict(Linear(), [])
    with pytest.raises(TypeError, match="inputs: expected .* got a Reader: mmref.torch.FolderBat"):
        predict(Linear(), Reader())
    with pytest.raises(TypeError, match="model: expected a torch.nn.Module, got NoneType"):
        predict(None, x)
    with pytest.raises(ValueError, match="data labels: expected 0 to 2, got 0 to 3"):
        evaluate(Linear(), with_label(3))
    with pytest.raises(TypeError, match=r"data: expected a pair .*, got NoneType"):
        evaluate(Linear(), None)


class FlatLogits(Linear):
    def forward(self, inputs, present=None):
        return super().forward(inputs)[:, 0]


def test_a_model_that_gives_no_logits():
    with pytest.raises(ShapeError, match=r"^model\(inputs\): expected \(48, K\), got \(48,\)"):
        evaluate(FlatLogits(), data())


class Breaking(Linear):
    """Fails, or gives NaN, when it is asked in evaluation mode."""

    def __init__(self, error=None):
        super().__init__()
        self.error = error
        self.frozen = torch.nn.Dropout().eval()

    def forward(self, inputs, present=None):
        if self.training:
            return super().forward(inputs)
        if self.error:
            raise self.error
        return super().forward(inputs) * float("nan")


@pytest.mark.parametrize("call", [lambda m: predict(m, data()[0]), lambda m: evaluate(m, data())])
@pytest.mark.parametrize("training", [True, False])
def test_the_mode_is_as_it_was_after_an_error_too(call, training):
    model = Breaking(RuntimeError("broken")).train(training)
    model.frozen.eval()
    with pytest.raises(RuntimeError, match="broken"):
        call(model)
    assert model.training == model.head.training == training and not model.frozen.training


def test_the_mode_is_restored_when_the_validation_breaks():
    model = Breaking(RuntimeError("broken"))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(RuntimeError, match="broken"):
        fit(model, optimizer, data(), data(1), epochs=2, progress=False)
    assert model.training and model.head.training


@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy"])
def test_a_validation_loss_that_is_not_finite_stops(monitor):
    """It is never better than another, so the last epoch's weights would count as the best."""
    model = Breaking()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match="^val_loss: expected a finite number, got nan in epoch 0"):
        fit(model, optimizer, data(), data(1), epochs=2, monitor=monitor, progress=False)


def test_rows_that_differ_are_a_shape_error():
    with pytest.raises(ShapeError, match="data: expected as many rows in every input"):
        evaluate(Linear(), (data()[0], data()[1][:5]))


def test_a_loss_that_is_not_finite_stops():
    """Of numbers that are finite themselves."""
    model = Linear()
    torch.nn.init.constant_(model.head.weight, 3e38)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match="loss: expected a finite number, got (nan|inf)"):
        fit(model, optimizer, data(), epochs=1, progress=False)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_an_input_that_is_not_finite_is_named_with_its_row(number):
    """Before the first step, and in a batch when it comes."""
    x, labels = data()
    x["x"][37, 2] = number
    model = Linear()
    before = model.head.weight.detach().clone()
    options = {"epochs": 1, "progress": False}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    message = rf"\['x'\]: expected finite numbers, got {number} in row "
    with pytest.raises(ValueError, match=f"^train{message}37$"):
        fit(model, optimizer, (x, labels), **options)
    with pytest.raises(ValueError, match=f"^validation{message}37$"):
        fit(model, optimizer, data(), (x, labels), **options)
    assert torch.equal(model.head.weight, before)
    with pytest.raises(ValueError, match=f"^train{message}5 of batch 2$"):
        fit(model, optimizer, Batches(x, labels), **options)
    with pytest.raises(ValueError, match=f"^data{message}37$"):
        evaluate(model, (x, labels))
    with pytest.raises(ValueError, match=f"^inputs{message}37$"):
        predict(model, x)


@pytest.mark.parametrize("scale", [255, 1])
def test_pixels_up_to_255_are_warned_of_before_training(scale, recwarn):
    class Pixels(Linear):
        def forward(self, inputs, present=None):
            return self.head(inputs["image"].flatten(1))

    images = np.random.default_rng(0).random((N, 3, 4, 4), "float32") * scale
    model = Pixels(width=48)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-6)
    fit(model, optimizer, ({"image": images}, data()[1]), epochs=1, progress=False)
    said = [str(w.message) for w in recwarn if "pixels" in str(w.message)]
    bright = "expected pixels of about 0 to 1, got some above 32: divide by 255"
    assert said == [f"train['image']: {bright}"] * (scale == 255)


def test_an_optimizer_of_another_model_is_refused():
    """Nothing would be learned, and nobody told. One over a part of the model is fine."""
    model, other = Linear(), Linear()
    frozen = Linear().requires_grad_(False)
    for mine, its in ((model, other), (frozen, frozen)):
        with pytest.raises(ValueError, match="^optimizer: expected one over trainable parameters"):
            fit(mine, torch.optim.SGD(its.parameters(), 0.1), data(), epochs=1, progress=False)
    bias = torch.optim.SGD([model.head.bias], 0.1)
    before = model.head.bias.detach().clone()
    fit(model, bias, data(), epochs=1, progress=False)
    assert not torch.equal(model.head.bias, before)


class Reader:
    """As ``mmref.data.folders.Reader``: batches by epoch and number, no iterator."""

    def __len__(self):
        return 1

    def batch(self, epoch, index):
        return data()


MISTAKES = [
    (
        "fit(model, opt, x, y)",
        lambda fit: fit(data()[0], data()[1]),
        TypeError,
        r"train: expected a pair .*, got the inputs alone: join them, \(x, y\)",
    ),
    (
        "a reader",
        lambda fit: fit(Reader()),
        TypeError,
        r"train: expected .*, got a Reader: mmref.torch.FolderBatches\(reader\).loader\(\) makes",
    ),
    (
        "a reader to watch",
        lambda fit: fit(data(), Reader()),
        TypeError,
        "validation: expected .*, got a Reader: mmref.torch.FolderBatches",
    ),
    (
        "texts",
        lambda fit: fit(({"x": ["a b"] * N}, data()[1])),
        ShapeError,
        r"train\['x'\]: expected numbers or booleans, got <U3 \(texts: Vocabulary.encode makes ids",
    ),
    (
        "ragged ids",
        lambda fit: fit(({"x": [[1], [1, 2]] * (N // 2)}, data()[1])),
        ShapeError,
        r"train\['x'\]: .* got ragged ones \(texts: mmref.data.text.pad makes them equal\)",
    ),
    (
        "None",
        lambda fit: fit((data()[0] | {"image": None}, data()[1])),
        TypeError,
        r"train\['image'\]: expected an array, got None \(rows without the modality hold zeros, ",
    ),
    (
        "None in a row",
        lambda fit: fit(({"x": [None, 1.0] * (N // 2)}, data()[1])),
        TypeError,
        r"train\['x'\]: expected numbers or booleans, got None or other objects \(rows without",
    ),
    (
        "labels from 1",
        lambda fit: fit((data()[0], data()[1] + 1)),
        ValueError,
        r"train labels: expected 0 to 2, got 1 to 3 \(num_classes is 3; classes are numbered from",
    ),
    (
        "a name for an optimizer",
        lambda fit: fit(data(), optimizer="adam"),
        TypeError,
        r"optimizer: expected a torch.optim.Optimizer, got 'adam' \(such as torch.optim.Adam\(",
    ),
    (
        "a class for an optimizer",
        lambda fit: fit(data(), optimizer=torch.optim.Adam),
        TypeError,
        "optimizer: expected a torch.optim.Optimizer, got type ",
    ),
]


@pytest.mark.parametrize(
    ("call", "error", "message"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES]
)
def test_what_is_often_done_wrong_is_told(call, error, message):
    model = Linear()

    def begun(*data, optimizer=None):
        if optimizer is None:
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        fit(model, optimizer, *data, epochs=1, progress=False)

    with pytest.raises(error, match=f"^{message}"):
        call(begun)


def test_a_model_on_two_devices_is_refused():
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2, device="meta"))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    message = "^model: expected all weights on one device, got 0.bias on cpu, 1.bias on meta"
    for call in (
        lambda: fit(model, optimizer, data(), epochs=1, progress=False),
        lambda: evaluate(model, data()),
        lambda: predict(model, data()[0]),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_prediction_keeps_the_mode_and_does_not_depend_on_the_batch():
    model = Linear()
    x, _ = data()
    model.train()
    one = predict(model, x)
    assert model.training and one.shape == (N, 3) and not one.requires_grad
    torch.testing.assert_close(predict(model, x, batch_size=7), one)
    model.eval()
    predict(model, x)
    assert not model.training


def test_the_scheduler_steps_after_every_batch():
    model = Linear()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-6)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    fit(model, optimizer, data(), epochs=2, batch_size=16, scheduler=scheduler, progress=False)
    assert math.isclose(optimizer.param_groups[0]["lr"], 1e-6 * 0.5**6)


def test_the_progress_bar(capsys):
    trained(epochs=1)
    assert capsys.readouterr().err == ""
    trained(epochs=1, progress=True)
    assert "epochs" in capsys.readouterr().err


def test_label_smoothing_spreads_its_share_evenly():
    """Half of the target: a sixth for each of three classes, and the other half for the label."""
    torch.manual_seed(0)
    model = Linear()
    model.dropout.p = 0.0
    logits = predict(model, data()[0]).double().numpy()
    losses = np.log(np.exp(logits).sum(axis=1, keepdims=True)) - logits
    target = 0.5 * np.eye(3)[data()[1]] + 0.5 / 3
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    history = fit(model, optimizer, data(), epochs=1, label_smoothing=0.5, progress=False)
    assert history.loss == [pytest.approx((target * losses).sum(axis=1).mean(), rel=1e-5)]


def test_label_smoothing_changes_the_training_loss_only():
    _, smoothed = trained(epochs=1, label_smoothing=0.5, validation=data(1))
    _, plain = trained(epochs=1, validation=data(1))
    assert smoothed.loss != plain.loss


def test_a_classifier_learns_in_both_frameworks():
    keras = pytest.importorskip("keras")
    labels = np.arange(6) % 3
    seed_everything(0)
    model = classifier("torch")
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    history = fit(model, optimizer, (inputs("torch"), labels), epochs=30, progress=False)
    assert history.loss[-1] < 0.5 * history.loss[0]

    model = classifier("keras")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    history = model.fit(inputs("keras"), labels, epochs=30, verbose=0).history
    assert history["loss"][-1] < 0.5 * history["loss"][0]


@pytest.mark.parametrize(
    ("seed", "error"),
    [(None, TypeError), (1.0, TypeError), (True, TypeError), (-1, ValueError), (2**32, ValueError)],
)
def test_seeds_that_would_draw_anew_or_not_at_all_are_refused(seed, error):
    before = np.random.get_state()[1].copy()
    with pytest.raises(error, match="^seed: expected "):
        seed_everything(seed)
    assert (np.random.get_state()[1] == before).all()


def test_seeding_reaches_every_generator():
    import random

    keras = pytest.importorskip("keras")

    def draws(seed):
        seed_everything(seed)
        ours = keras.ops.convert_to_numpy(keras.random.normal((2,)))
        return random.random(), np.random.rand(), torch.rand(1).item(), *ours.tolist()

    assert draws(0) == draws(0)
    assert all(a != b for a, b in zip(draws(0), draws(1), strict=True))


@pytest.mark.parametrize("framework", ["math", "torch"])
def test_seeding_without_keras(framework):
    """Keras seeds NumPy and Python too, so what happens without it is another question."""
    program = f"""
import random, numpy, {framework}
from mmref.seeding import seed_everything
def draws():
    seed_everything(0)
    drawn = {framework}.rand(1).item() if "{framework}" == "torch" else None
    return random.random(), numpy.random.rand(), drawn
assert draws() == draws()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
