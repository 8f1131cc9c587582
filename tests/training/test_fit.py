"""The training helper for PyTorch, and training in Keras by its own means."""

import math

import numpy as np
import pytest

from mmref.seeding import seed_everything
from tests.wings import classifier, inputs

torch = pytest.importorskip("torch")

from mmref.torch import evaluate, fit, predict  # noqa: E402
from tests.training.linear import Batches, Linear, N, as_tensors, data, trained  # noqa: E402


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
    drawn = []  # by each batch for itself
    trained(augment=lambda batch, rng: drawn.append(rng.random()) or batch)
    assert len(set(drawn)) == len(drawn) > 4


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


def test_what_is_validated_is_not_augmented():
    def nothing(batch, rng):
        return {"x": 0 * batch["x"]}

    model, history = trained(epochs=1, augment=nothing, validation=data(1))
    loss, accuracy = evaluate(model, data(1))
    assert history.val_loss == [loss] and history.val_accuracy == [accuracy]
    assert loss != evaluate(model, (nothing(*data(1)), data(1)[1]))[0]


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
