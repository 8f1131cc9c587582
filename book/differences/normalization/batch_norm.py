"""Batch norm."""

import keras
import torch
from keras import ops

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import draw, rounded


def torch_batch_norm_epsilon():
    x, layer = torch.tensor([[-0.01], [0.01]]), torch.nn.BatchNorm1d(1)
    return {"eps": layer.eps, "result": rounded(layer(x).ravel())}


def keras_batch_norm_epsilon():
    x, layer = ops.convert_to_tensor([[-0.01], [0.01]]), keras.layers.BatchNormalization()
    right = keras.layers.BatchNormalization(epsilon=1e-5)
    return {
        "epsilon": layer.epsilon,
        "result": rounded(layer(x, training=True)[:, 0]),
        "remedied": rounded(right(x, training=True)[:, 0]),
    }


BATCH_NORM_EPSILON = FrameworkDifference(
    name="batch_norm_epsilon",
    title="Epsilon of batch norm",
    torch=Side("1e-5", torch_batch_norm_epsilon, {"eps": 1e-05, "result": [-0.9535, 0.9535]}),
    keras=Side(
        "1e-3",
        keras_batch_norm_epsilon,
        {"epsilon": 0.001, "result": [-0.3015, 0.3015], "remedied": [-0.9535, 0.9535]},
    ),
    consequence=(
        "Channels with little variance come out smaller in Keras: a third, for a standard "
        "deviation of 0.01."
    ),
    advice="`epsilon=1e-5` in Keras.",
)


def torch_batch_norm_momentum():
    layer = torch.nn.BatchNorm1d(1)
    layer(torch.ones(4, 1))  # the running mean starts at 0, this batch has 1
    return {"momentum": layer.momentum, "result": rounded(layer.running_mean)}


def keras_batch_norm_momentum():
    def after_one_batch(**options):
        layer = keras.layers.BatchNormalization(**options)
        layer(ops.ones((4, 1)), training=True)
        return rounded(ops.convert_to_numpy(layer.moving_mean))

    return {
        "momentum": keras.layers.BatchNormalization().momentum,
        "result": after_one_batch(),
        "remedied": after_one_batch(momentum=0.9),
    }


BATCH_NORM_MOMENTUM = FrameworkDifference(
    name="batch_norm_momentum",
    title="Momentum of batch norm",
    torch=Side(
        "0.1, the share of the new",
        torch_batch_norm_momentum,
        {"momentum": 0.1, "result": [0.1]},
    ),
    keras=Side(
        "0.99, the share of the old",
        keras_batch_norm_momentum,
        {"momentum": 0.99, "result": [0.01], "remedied": [0.1]},
    ),
    consequence=(
        "The same number means the opposite, and the defaults differ tenfold: after a "
        "short training Keras's running statistics are still near their start."
    ),
    advice="`momentum=0.9` in Keras is PyTorch's 0.1.",
)


def torch_running_variance():
    x, layer = torch.tensor([[-1.0], [1.0]]), torch.nn.BatchNorm1d(1, momentum=1.0)
    layer(x)
    biased = layer.running_var * (2 - 1) / 2  # times (n - 1) / n
    return {"result": rounded(layer.running_var), "remedied": rounded(biased)}


def keras_running_variance():
    x = ops.convert_to_tensor([[-1.0], [1.0]])
    layer = keras.layers.BatchNormalization(momentum=0.0)
    layer(x, training=True)
    return {"result": rounded(ops.convert_to_numpy(layer.moving_variance))}


RUNNING_VARIANCE = FrameworkDifference(
    name="running_variance",
    title="Running variance of batch norm",
    torch=Side(
        "unbiased, divided by n − 1",
        torch_running_variance,
        {"result": [2.0], "remedied": [1.0]},
    ),
    keras=Side("biased, divided by n", keras_running_variance, {"result": [1.0]}),
    consequence=(
        "With two values in a batch PyTorch stores twice the variance; with 32 images of "
        "8 × 8, 0.05 % more."
    ),
    advice="Nothing for large batches; for an exact comparison multiply by (n − 1)/n.",
)


def torch_batch_norm_axis():
    x, layer = torch.tensor(draw((2, 2, 2))[0]), torch.nn.BatchNorm1d(2)  # x as (B, T, D)
    naive, right = layer(x), layer(x.transpose(1, 2)).transpose(1, 2)
    return {"result": rounded(naive[0]), "remedied": rounded(right[0])}


def keras_batch_norm_axis():
    layer = keras.layers.BatchNormalization(epsilon=1e-5)
    return {"result": rounded(layer(draw((2, 2, 2))[0], training=True)[0])}


BATCH_NORM_AXIS = FrameworkDifference(
    name="batch_norm_axis",
    title="Batch norm of sequences",
    torch=Side(
        "the second axis has the features: (B, D, T)",
        torch_batch_norm_axis,
        {
            "result": [[0.5134, -0.2614], [-0.2471, -1.4645]],
            "remedied": [[-0.3818, -1.1262], [0.3802, -0.5363]],
        },
    ),
    keras=Side(
        "the last one has: (B, T, D)",
        keras_batch_norm_axis,
        {"result": [[-0.3818, -1.1262], [0.3802, -0.5363]]},
    ),
    consequence=(
        "As for images; but a sequence (B, T, D) with T = D raises no error in PyTorch, which "
        "then normalizes each time step instead of each feature."
    ),
    advice="`x.transpose(1, 2)` before and after in PyTorch. `Conv1d` needs the same.",
)
