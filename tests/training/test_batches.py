"""Batches for Keras's fit: every sample once an epoch, in a seeded order, augmented."""

import numpy as np
import pytest

from mmref.errors import ModalityError, ShapeError
from mmref.seeding import seed_everything

keras = pytest.importorskip("keras")

from mmref.keras import Batches  # noqa: E402

N, SIZE = 23, 5


def data(rows=N):
    x = np.arange(rows, dtype="float32")
    return {"x": x[:, None], "twice": 2 * x[:, None]}, np.arange(rows)


def epoch(batches):
    return [batches[i] for i in range(len(batches))]


def order(batches):
    return np.concatenate([labels for _, labels in epoch(batches)]).tolist()


def test_every_row_once_an_epoch():
    batches = Batches(*data(), batch_size=SIZE)
    assert len(batches) == 5
    drawn = epoch(batches)
    assert [len(labels) for _, labels in drawn] == [5, 5, 5, 5, 3]
    assert sorted(order(batches)) == list(range(N))
    for inputs, labels in drawn:  # rows of all arrays stay together
        np.testing.assert_array_equal(inputs["x"][:, 0], labels)
        np.testing.assert_array_equal(inputs["twice"][:, 0], 2 * labels)


@pytest.mark.parametrize(("size", "count"), [(1, 23), (22, 2), (23, 1), (64, 1)])
def test_the_number_of_batches(size, count):
    batches = Batches(*data(), batch_size=size)
    assert len(batches) == count and sorted(order(batches)) == list(range(N))


def test_shuffled_again_after_each_epoch():
    batches = Batches(*data(), batch_size=SIZE)
    orders = []
    for _ in range(3):
        assert order(batches) == order(batches)  # the same within an epoch
        orders.append(order(batches))
        batches.on_epoch_end()
    assert list(range(N)) not in orders
    assert orders[0] != orders[1] != orders[2] != orders[0]


def noise(inputs, rng):
    return inputs | {"x": inputs["x"] + rng.normal(size=inputs["x"].shape)}


def test_order_and_augmentation_follow_the_seed_alone():
    """The order and the augmentation follow the seed, and no global generator."""

    def drawn(seed, elsewhere):
        seed_everything(elsewhere)
        batches = Batches(*data(), batch_size=SIZE, augment=noise, seed=seed)
        first = epoch(batches)
        batches.on_epoch_end()
        return np.concatenate([x["x"] for x, _ in first + epoch(batches)])

    np.testing.assert_array_equal(drawn(0, 1), drawn(0, 2))
    assert (drawn(0, 1) != drawn(1, 1)).any()
    one, other = (Batches(*data(), seed=seed) for seed in (0, 1))
    assert order(one) != order(other)


def test_augment_gets_arrays_and_is_used():
    """Arrays whatever came, and what it changes is a copy."""
    torch = pytest.importorskip("torch")
    given = data()
    kept = given[0]["x"].copy()

    def augment(inputs, rng):
        assert isinstance(rng, np.random.Generator)
        assert all(isinstance(x, np.ndarray) for x in inputs.values())
        inputs["x"] += 100
        return inputs

    for inputs in (given[0], {m: torch.tensor(x) for m, x in given[0].items()}):
        x, labels = Batches(inputs, given[1].tolist(), SIZE, augment)[0]
        np.testing.assert_array_equal(x["x"][:, 0], labels + 100)
        np.testing.assert_array_equal(given[0]["x"], kept)


@pytest.mark.parametrize("labels", [np.arange(N) - 9, np.linspace(0, 1, N), np.eye(N)])
def test_labels_are_handed_on(labels):
    """Negative or float: whether that is right is for the loss to say."""
    batches = Batches(data()[0], labels, SIZE)
    drawn = np.concatenate([y for _, y in epoch(batches)])
    assert drawn.dtype == labels.dtype
    np.testing.assert_array_equal(drawn, labels[batches.order])


@pytest.mark.parametrize(
    ("inputs", "labels"),
    [
        (data()[0], np.arange(N - 1)),
        (data()[0] | {"x": np.zeros((N + 1, 1))}, np.arange(N)),
    ],
)
def test_lengths_that_differ(inputs, labels):
    with pytest.raises(ShapeError, match="^inputs: expected as many rows in every input"):
        Batches(inputs, labels)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"batch_size": 0}, ValueError, "batch_size: expected an integer, at least 1, got 0"),
        ({"batch_size": -1}, ValueError, "batch_size: expected an integer, at least 1, got -1"),
        ({"batch_size": 2.0}, TypeError, "batch_size: expected an integer, at least 1, got 2.0"),
        ({"batch_size": None}, TypeError, "batch_size: expected an integer, at least 1, got None"),
        ({"batch_size": True}, TypeError, "batch_size: expected an integer, at least 1, got True"),
        ({"seed": None}, TypeError, "seed: expected an integer, at least 0, got None"),
        ({"seed": -1}, ValueError, "seed: expected an integer, at least 0, got -1"),
        ({"augment": "x"}, TypeError, "augment: expected a function or None, got 'x'"),
        ({"inputs": {}}, ShapeError, "inputs: expected at least one input, got 0"),
        ({"inputs": [1]}, TypeError, "inputs: expected a mapping from name to array, got list"),
        ({"inputs": {"x": 1.0}}, ShapeError, r"inputs\['x'\]: expected \(N, ...\), got \(\)"),
    ],
)
def test_settings_that_are_none(options, error, message):
    inputs, labels = data()
    with pytest.raises(error, match=f"^{message}"):
        Batches(**({"inputs": inputs, "labels": labels} | options))


@pytest.mark.parametrize(
    ("augment", "error", "message"),
    [
        (lambda x: None, TypeError, r"augment\(inputs\): expected a mapping from name to array"),
        (lambda x: x | {"x": x["x"][:2]}, ShapeError, ".* expected 5 rows as it was"),
        (lambda x: x | {"x": np.repeat(x["x"], 2, 0)}, ShapeError, ".* expected 5 rows .* got 10"),
        (lambda x: {"y": x["x"]}, ModalityError, r"augment\(inputs\): expected .* missing \['x', "),
    ],
)
def test_augmentation_gives_back_all_of_as_many_rows(augment, error, message):
    batches = Batches(*data(), SIZE, augment=lambda x, rng: augment(x))
    with pytest.raises(error, match=f"^{message}"):
        batches[0]


def test_data_without_rows_is_refused():
    with pytest.raises(ShapeError, match="^inputs: expected at least one sample, got 0"):
        Batches(*data(rows=0))


def test_a_batch_does_not_depend_on_who_draws_it_when():
    """Keras looks at some batches in advance, and draws from threads of its own."""
    straight, crooked = (Batches(*data(), SIZE, noise) for _ in range(2))
    expected = epoch(straight)
    for i in (3, 0, 0, 4, 3):
        np.testing.assert_array_equal(crooked[i][0]["x"], expected[i][0]["x"])
    added = [x["x"][:3, 0] - labels[:3] for x, labels in expected]
    straight.on_epoch_end()
    added += [x["x"][:3, 0] - labels[:3] for x, labels in epoch(straight)]
    assert len({tuple(np.round(a, 4)) for a in added}) == 10  # new noise each time


class Watch(keras.layers.Layer):
    """Passes on what it gets; notes how often each row was trained on and in which step."""

    def build(self, _):
        self.count, self.when, self.step = (
            self.add_weight(shape=shape, initializer="zeros", trainable=False)
            for shape in ((N,), (N,), ())
        )

    def call(self, row):
        rows = keras.ops.sum(keras.ops.one_hot(row[:, 0], N), axis=0)
        self.count.assign(self.count + rows)
        self.when.assign(self.when + rows * self.step)
        self.step.assign(self.step + 1)
        return keras.ops.cast(row, "float32")


def fitted(epochs=3, seed=0, workers=1, augment=None, **options):
    """Loss, count and step of each row, for each epoch."""
    seed_everything(0)
    x, labels = data()
    x = {"x": x["x"], "row": labels[:, None]}
    batches = Batches(x, labels, SIZE, augment, seed, workers=workers)
    inputs = {m: keras.Input((1,), name=m, dtype=v.dtype.name) for m, v in x.items()}
    watch = Watch()
    model = keras.Model(inputs, watch(inputs["row"]) * 0 + keras.layers.Dense(1)(inputs["x"]))
    model.compile(keras.optimizers.SGD(1e-4), "mse")
    counts, steps = [], []

    class Read(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            for weight in watch.weights:
                weight.assign(keras.ops.zeros_like(weight))

        def on_epoch_end(self, epoch, logs=None):
            counts.append(keras.ops.convert_to_numpy(watch.count))
            steps.append(keras.ops.convert_to_numpy(watch.when))

    history = model.fit(batches, epochs=epochs, verbose=0, callbacks=[Read()], **options)
    return history.history["loss"], counts, steps


# With more workers Keras 3.15 serves stale batches on this backend.
WORKERS = [1] if keras.backend.backend() == "torch" else [1, 2]


@pytest.mark.parametrize("workers", WORKERS)
def test_fit_sees_every_row_once_an_epoch(workers):
    losses, counts, steps = fitted(workers=workers, shuffle=False)
    assert losses[2] < losses[1] < losses[0]
    np.testing.assert_array_equal(counts, np.ones((3, N)))
    for when in steps:
        assert np.bincount(when.astype(int)).tolist() == [5, 5, 5, 5, 3]
    assert (steps[0] != steps[1]).any() and (steps[1] != steps[2]).any()


@pytest.mark.parametrize("augment", [None, noise])
def test_fit_repeats_with_any_number_of_workers(augment):
    once = fitted(augment=augment, shuffle=False)
    for workers in WORKERS:
        again = fitted(augment=augment, shuffle=False, workers=workers)
        np.testing.assert_array_equal(once[2], again[2])
        np.testing.assert_allclose(once[0], again[0], rtol=1e-6)
    assert (np.array(once[2]) != fitted(seed=1, shuffle=False)[2]).any()


def test_fit_trains_on_what_augmentation_made():
    plain, noisy = fitted(shuffle=False)[0], fitted(augment=noise, shuffle=False)[0]
    assert not np.allclose(plain, noisy, rtol=1e-3)
