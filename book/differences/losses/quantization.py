"""Numbers moved to a grid in training: what a half is rounded to, and where a gradient ends."""

import keras
import numpy as np
import torch
from keras import ops

import mmref.keras
from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import rounded
from mmref.concordance.backends import run_keras


def torch_fake_quantization():
    x = torch.tensor([0.25, 1.7], requires_grad=True)  # half a step; beyond the last point, 1.5
    value = torch.fake_quantize_per_tensor_affine(x, 0.5, 4, -8, 7)
    value.sum().backward()
    return {"result": rounded(value), "gradient": rounded(x.grad)}


def keras_fake_quantization():
    x, one = {"x": np.array([0.25, 1.7], "float32")}, np.ones(2, "float32")

    def theirs(x):
        ends = ops.array(-6.0), ops.array(1.5)  # by its ends, not by scale and zero point
        return keras.quantizers.fake_quant_with_min_max_vars(x, *ends, num_bits=4)

    value, gradients = run_keras(theirs, x, one)
    ours, _ = run_keras(lambda x: mmref.keras.quantized(x, 0.5, 4, 4), x, one)
    return {
        "result": rounded(value),
        "gradient": rounded(gradients["x"]),
        "remedied": rounded(ours),
    }


FAKE_QUANTIZATION = FrameworkDifference(
    name="fake_quantization",
    title="Fake quantization",
    torch=Side(
        "rounds a half to even; the gradient passes where the rounded number is on the grid",
        torch_fake_quantization,
        {"result": [0.0, 1.5], "gradient": [1.0, 1.0]},
    ),
    keras=Side(
        "rounds a half up, counted from the lower end; the gradient passes up to the last point",
        keras_fake_quantization,
        {"result": [0.5, 1.5], "gradient": [1.0, 0.0], "remedied": [0.0, 1.5]},
    ),
    consequence="Numbers half a step from a point come out a step apart.",
    advice="`mmref.keras.quantized` rounds, and passes gradients, as PyTorch does.",
)
