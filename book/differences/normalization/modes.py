"""Training, inference, frozen; and what is counted."""

import keras
import numpy as np
import torch
from keras import ops

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import rounded


def torch_training_mode():
    ones = torch.ones(10_000)
    layer = torch.nn.Dropout(0.5)
    dropped = (layer(ones) == 0).float().mean()  # just made, and called
    after_eval = (layer.eval()(ones) == 0).float().mean()
    return {"result": rounded(dropped, 1), "remedied": rounded(after_eval, 1)}


def keras_training_mode():
    ones = ops.ones((10_000,))
    layer = keras.layers.Dropout(0.5)
    asked = np.mean(ops.convert_to_numpy(layer(ones, training=True)) == 0)
    dropped = np.mean(ops.convert_to_numpy(layer(ones)) == 0)
    return {"training=True": rounded(asked, 1), "result": rounded(dropped, 1)}


TRAINING_MODE = FrameworkDifference(
    name="training_mode",
    title="The mode of a layer just made",
    torch=Side("training, until `eval()`", torch_training_mode, {"result": 0.5, "remedied": 0.0}),
    keras=Side(
        "inference, unless `fit` runs it or `training=True`",
        keras_training_mode,
        {"training=True": 0.5, "result": 0.0},
    ),
    consequence=(
        "Called directly, a new PyTorch model drops half of its features and a new Keras "
        "model none. A training loop of one's own in Keras forgets dropout without "
        "`training=True`."
    ),
    advice=(
        "`model.eval()` before predicting in PyTorch; `model(x, training=True)` in a Keras loop."
    ),
)


def torch_frozen_statistics():
    ones, layer = torch.ones(4, 1), torch.nn.BatchNorm1d(1)
    layer.requires_grad_(False)
    layer(ones)
    moved = layer.running_mean.clone()
    layer.reset_running_stats()
    layer.eval()(ones)
    return {"result": rounded(moved), "remedied": rounded(layer.running_mean)}


def keras_frozen_statistics():
    layer = keras.layers.BatchNormalization()
    layer.trainable = False
    layer(ops.ones((4, 1)), training=True)
    return {"result": rounded(ops.convert_to_numpy(layer.moving_mean))}


FROZEN_STATISTICS = FrameworkDifference(
    name="frozen_statistics",
    title="Frozen batch norm",
    torch=Side(
        "`requires_grad_(False)` stops weights, not statistics",
        torch_frozen_statistics,
        {"result": [0.1], "remedied": [0.0]},
    ),
    keras=Side("`trainable = False` stops both", keras_frozen_statistics, {"result": [0.0]}),
    consequence='A "frozen" PyTorch backbone drifts while its head is trained.',
    advice="Put frozen batch norms in `eval()` mode, again after each `model.train()`.",
)


def torch_counting():
    layer = torch.nn.BatchNorm2d(10)
    count = sum(p.numel() for p in layer.parameters())
    return {"result": count, "remedied": count + layer.running_mean.numel() * 2}


def keras_counting():
    layer = keras.layers.BatchNormalization()
    layer.build((None, 4, 4, 10))
    trainable = sum(np.prod(w.shape) for w in layer.trainable_weights)
    return {"result": layer.count_params(), "trainable": int(trainable)}


COUNTING = FrameworkDifference(
    name="counting",
    title="Counting parameters",
    torch=Side(
        "running statistics are buffers, not counted",
        torch_counting,
        {"result": 20, "remedied": 40},
    ),
    keras=Side("`count_params()` counts them", keras_counting, {"result": 40, "trainable": 20}),
    consequence=(
        'The same network has more "parameters" in Keras: two for each channel of each batch norm.'
    ),
    advice="Sum over `trainable_weights` in Keras, or add the buffers in PyTorch.",
)
