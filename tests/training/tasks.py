"""What tests of the tasks share: labels of each kind, a model for them, and Keras's losses."""

import numpy as np
import pytest

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


def model_of(name, loss, outputs=K):
    wing = wing_of(name)
    encoders = {"left": wing.TableEncoder(4, 5, 6), "right": wing.TableEncoder(2, 5, 6)}
    fusion = wing.ConcatFusion({"left": 5, "right": 5}, 7)
    kind = wing.FusionRegressor if loss in ("mse", "mae") else wing.FusionClassifier
    return kind(encoders, fusion, outputs)


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
