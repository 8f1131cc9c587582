"""What the training helper refuses, before the first step where it can."""

import numpy as np
import pytest

from mmref.errors import ChoiceError, ModalityError, ShapeError

torch = pytest.importorskip("torch")

from mmref.torch import evaluate, fit, predict  # noqa: E402
from tests.training.linear import Batches, Linear, N, data, trained  # noqa: E402


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


class Reader:
    """As ``mmref.data.folders.Reader``: batches by epoch and number, no iterator."""

    def __len__(self):
        return 1

    def batch(self, epoch, index):
        return data()


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


def test_augmentation_that_forgets_an_input_is_refused():
    """What it leaves out would count as there: which modalities are present, above all."""
    message = r"^augment\(inputs\): expected .* missing "
    with pytest.raises(ModalityError, match=message):
        trained(epochs=1, augment=lambda inputs, rng: dict([*inputs.items()][1:]))
