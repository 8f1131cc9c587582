"""Spectral normalization."""

import keras
import numpy as np
import torch
from keras import ops

import mmref.keras
from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import rounded
from mmref.concordance.backends import run_keras


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


SPECTRAL_NORM = FrameworkDifference(
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
)
