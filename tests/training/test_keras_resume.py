"""In Keras a training that was stopped goes on by Keras's own callback."""

import numpy as np
import pytest

from mmref.seeding import seed_everything
from tests.wings import wing_of

EPOCHS = 4


class Stop(Exception):
    """What a test stops a training with."""


def train(folder=None, stop=None, epoch=0):
    """The weights after four epochs, or Stop when epoch ``stop`` begins; and the epochs trained."""
    mk = wing_of("keras")
    import keras

    class Stopping(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            trained.append(epoch)
            if epoch == stop:
                raise Stop

    seed_everything(0)
    rng, trained = np.random.default_rng(0), []
    x, labels = rng.normal(size=(45, 4)).astype("float32"), rng.integers(0, 3, 45)
    given = keras.Input((4,), name="x")
    model = keras.Model({"x": given}, keras.layers.Dense(3)(given))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.05), loss)
    batches = mk.Batches({"x": x}, labels, batch_size=15, augment=noise, seed=3)
    batches.epoch = epoch
    batches.shuffle()
    callbacks = [Stopping()]
    if folder is not None:
        callbacks.insert(0, keras.callbacks.BackupAndRestore(folder))
    options = {"epochs": EPOCHS, "shuffle": False, "verbose": 0, "callbacks": callbacks}
    model.fit(batches, **options)
    return model.get_weights(), trained


def noise(inputs, rng):
    return {"x": inputs["x"] + rng.normal(scale=0.1, size=inputs["x"].shape).astype("float32")}


def test_it_comes_to_the_same_weights(tmp_path):
    """In a new model, that begins from other weights and a fresh optimizer."""
    folder = tmp_path / "kept"
    with pytest.raises(Stop):
        train(folder, stop=2)
    weights, trained = train(folder, epoch=2)
    expected, all_epochs = train()
    assert trained == [2, 3] and all_epochs == [0, 1, 2, 3]
    for value, other in zip(weights, expected):
        np.testing.assert_allclose(value, other, rtol=1e-6, atol=1e-7)
    assert not folder.exists() or not any(folder.rglob("*.h5"))  # it has come to its end
