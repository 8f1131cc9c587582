"""Normalization, dropout and modes."""

import inspect

import keras
import numpy as np
import torch
from keras import ops

import mmref.keras
from mmref.concordance.backends import run_keras
from mmref.concordance.differences.difference import Difference, Group, Side, draw, rounded


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


def torch_batch_norm_axis():
    x, layer = torch.tensor(draw((2, 2, 2))[0]), torch.nn.BatchNorm1d(2)  # x as (B, T, D)
    naive, right = layer(x), layer(x.transpose(1, 2)).transpose(1, 2)
    return {"result": rounded(naive[0]), "remedied": rounded(right[0])}


def keras_batch_norm_axis():
    layer = keras.layers.BatchNormalization(epsilon=1e-5)
    return {"result": rounded(layer(draw((2, 2, 2))[0], training=True)[0])}


def torch_layer_norm_epsilon():
    x, layer = torch.tensor([[-0.01, 0.01]]), torch.nn.LayerNorm(2)
    return {"eps": layer.eps, "result": rounded(layer(x)[0])}


def keras_layer_norm_epsilon():
    x, layer = ops.convert_to_tensor([[-0.01, 0.01]]), keras.layers.LayerNormalization()
    right = keras.layers.LayerNormalization(epsilon=1e-5)
    return {
        "epsilon": layer.epsilon,
        "result": rounded(layer(x)[0]),
        "remedied": rounded(right(x)[0]),
    }


def torch_layer_norm_axes():
    maps = torch.tensor(draw((1, 2, 2, 2))[0])  # (B, C, H, W)
    result = torch.nn.LayerNorm(maps.shape[1:])(maps)
    return {"result": rounded(result[0, 0])}


def keras_layer_norm_axes():
    maps = draw((1, 2, 2, 2))[0].transpose(0, 2, 3, 1)
    naive = keras.layers.LayerNormalization(epsilon=1e-5)  # the last axis: each pixel by itself
    right = keras.layers.LayerNormalization(axis=(1, 2, 3), epsilon=1e-5)
    return {
        "result": rounded(naive(maps)[0, ..., 0]),
        "remedied": rounded(right(maps)[0, ..., 0]),
    }


def torch_group_norm():
    (x,) = draw((1, 4))
    layer = torch.nn.GroupNorm(2, 4)
    return {"eps": layer.eps, "result": rounded(layer(torch.tensor(0.01 * x))[0])}


def keras_group_norm():
    (x,) = draw((1, 4))
    layer = keras.layers.GroupNormalization(2)
    right = keras.layers.GroupNormalization(2, epsilon=1e-5)
    default = inspect.signature(keras.layers.GroupNormalization).parameters["groups"].default
    return {
        "groups by default": default,
        "epsilon": layer.epsilon,
        "result": rounded(layer(0.01 * x)[0]),
        "remedied": rounded(right(0.01 * x)[0]),
    }


def torch_rms_norm():
    x = torch.tensor([[1e-3, 2e-3]])
    layer = torch.nn.RMSNorm(2)  # eps None: the smallest step of the number type
    return {"eps": str(layer.eps), "result": rounded(layer(x)[0])}


def keras_rms_norm():
    x = ops.convert_to_tensor([[1e-3, 2e-3]])
    layer = keras.layers.RMSNormalization()
    right = keras.layers.RMSNormalization(epsilon=float(np.finfo("float32").eps))
    return {
        "epsilon": layer.epsilon,
        "result": rounded(layer(x)[0]),
        "remedied": rounded(right(x)[0]),
    }


def torch_spectral_norm():
    layer = torch.nn.Linear(2, 2, bias=False)
    layer.weight.data = torch.diag(torch.tensor([4.0, 1.0]))
    layer = torch.nn.utils.parametrizations.spectral_norm(layer)
    kept = layer.parametrizations.weight.original
    layer(torch.ones(1, 2)).sum().backward()
    return {
        "used": rounded(layer.weight.diag()),
        "kept after a call": rounded(kept.diag()),
        "result": rounded(kept.grad.diag()),  # d (sum of outputs) / d weight
    }


def keras_spectral_norm():
    weight, one = np.diag([4.0, 1.0]).astype("float32"), ops.ones((1, 2))
    dense = keras.layers.Dense(2, use_bias=False)
    layer = keras.layers.SpectralNormalization(dense, power_iterations=20)
    layer.build((None, 2))
    dense.kernel.assign(weight)
    layer(one, training=True)
    kept = ops.convert_to_numpy(dense.kernel)
    model = keras.Sequential([layer])
    sgd = keras.optimizers.SGD(1.0)  # a step is minus the gradient
    model.compile(sgd, lambda _, output: ops.sum(output), run_eagerly=True)
    model.train_on_batch(one, one)
    step = kept - ops.convert_to_numpy(dense.kernel)

    u, v = mmref.keras.power_iteration(ops.convert_to_tensor(weight), ops.ones(2), steps=20)

    def output_with(w):
        return ops.matmul(one, mmref.keras.spectral_normalization(w, u, v))

    _, gradients = run_keras(output_with, {"w": weight}, np.ones((1, 2), "float32"))
    return {
        "kept after a call": rounded(np.diag(kept)),
        "result": rounded(np.diag(step)),
        "remedied": rounded(np.diag(gradients["w"])),
    }


def torch_counting():
    layer = torch.nn.BatchNorm2d(10)
    count = sum(p.numel() for p in layer.parameters())
    return {"result": count, "remedied": count + layer.running_mean.numel() * 2}


def keras_counting():
    layer = keras.layers.BatchNormalization()
    layer.build((None, 4, 4, 10))
    trainable = sum(np.prod(w.shape) for w in layer.trainable_weights)
    return {"result": layer.count_params(), "trainable": int(trainable)}


DIFFERENCES = (
    Difference(
        name="training_mode",
        title="The mode of a layer just made",
        torch=Side(
            "training, until `eval()`", torch_training_mode, {"result": 0.5, "remedied": 0.0}
        ),
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
            "`model.eval()` before predicting in PyTorch; `model(x, training=True)` in a "
            "Keras loop."
        ),
    ),
    Difference(
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
    ),
    Difference(
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
    ),
    Difference(
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
    ),
    Difference(
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
    ),
    Difference(
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
    ),
    Difference(
        name="layer_norm_epsilon",
        title="Epsilon of layer norm",
        torch=Side("1e-5", torch_layer_norm_epsilon, {"eps": 1e-05, "result": [-0.9535, 0.9535]}),
        keras=Side(
            "1e-3",
            keras_layer_norm_epsilon,
            {"epsilon": 0.001, "result": [-0.3015, 0.3015], "remedied": [-0.9535, 0.9535]},
        ),
        consequence="As for batch norm; a converted Transformer is wrong in every block.",
        advice="`epsilon=1e-5` in Keras.",
    ),
    Difference(
        name="layer_norm_axes",
        title="Axes of layer norm",
        torch=Side(
            "as many last axes as its argument has",
            torch_layer_norm_axes,
            {"result": [[-0.4065, -0.8698], [0.5182, -0.4439]]},
        ),
        keras=Side(
            "the last axis only",
            keras_layer_norm_axes,
            {
                "result": [[1.0, -0.9999], [-1.0, -1.0]],
                "remedied": [[-0.4065, -0.8698], [0.5182, -0.4439]],
            },
        ),
        consequence=(
            "On images `LayerNorm((C, H, W))` normalizes a whole image, Keras's default each pixel."
        ),
        advice="`axis=(1, 2, 3)` in Keras.",
    ),
    Difference(
        name="group_norm",
        title="Group norm",
        torch=Side(
            "groups must be given; epsilon 1e-5",
            torch_group_norm,
            {"eps": 1e-05, "result": [0.3775, -0.3775, 0.6462, -0.6462]},
        ),
        keras=Side(
            "32 groups by default; epsilon 1e-3",
            keras_group_norm,
            {
                "groups by default": 32,
                "epsilon": 0.001,
                "result": [0.0407, -0.0407, 0.0844, -0.0844],
                "remedied": [0.3775, -0.3775, 0.6462, -0.6462],
            },
        ),
        consequence="As for batch norm, where a group varies little.",
        advice="Give the groups, and `epsilon=1e-5` in Keras.",
    ),
    Difference(
        name="rms_norm",
        title="Epsilon of RMS norm",
        torch=Side(
            "the step of the number type, 1.2e-7 in float32",
            torch_rms_norm,
            {"eps": "None", "result": [0.6179, 1.2358]},
        ),
        keras=Side(
            "1e-6",
            keras_rms_norm,
            {"epsilon": 1e-06, "result": [0.5345, 1.069], "remedied": [0.6179, 1.2358]},
        ),
        consequence="Visible only for inputs near 0.001 and below.",
        advice="Give `eps` and `epsilon` yourself.",
    ),
    Difference(
        name="spectral_norm",
        title="Spectral normalization",
        torch=Side(
            "keeps W and uses W/σ; the gradient goes through the quotient",
            torch_spectral_norm,
            {
                "used": [1.0, 0.25],
                "kept after a call": [4.0, 1.0],
                "result": [-0.0625, 0.25],
            },
        ),
        keras=Side(
            "overwrites W by W/σ at each call in training; the gradient does not see σ",
            keras_spectral_norm,
            {
                "kept after a call": [1.0, 0.25],
                "result": [1.0, 1.0],
                "remedied": [-0.0625, 0.25],
            },
        ),
        consequence=(
            "PyTorch's gradient has no part that would only scale W; Keras's has, takes the step, "
            "and throws the scale away at the next call. Until then, in inference too, Keras "
            "computes with a weight whose largest singular value is not 1."
        ),
        advice=(
            "In Keras a layer that keeps its kernel and computes with "
            "`mmref.keras.spectral_normalization(kernel, u, v, axis=-1)`, u and v from "
            "`mmref.keras.power_iteration` along the same axis: PyTorch's gradient."
        ),
    ),
    Difference(
        name="counting",
        title="Counting parameters",
        torch=Side(
            "running statistics are buffers, not counted",
            torch_counting,
            {"result": 20, "remedied": 40},
        ),
        keras=Side("`count_params()` counts them", keras_counting, {"result": 40, "trainable": 20}),
        consequence=(
            'The same network has more "parameters" in Keras: two for each channel of each '
            "batch norm."
        ),
        advice="Sum over `trainable_weights` in Keras, or add the buffers in PyTorch.",
    ),
)

GROUP = Group(
    name="normalization",
    title="Normalization, dropout, modes",
    introduction=(
        "The formulas agree; the constants do not, nor does the mode that a layer is in "
        "when nobody says."
    ),
    differences=DIFFERENCES,
)
