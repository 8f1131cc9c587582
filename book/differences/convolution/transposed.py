"""Transposed convolutions."""

import keras
import numpy as np
import torch
from keras import ops
from torch.nn import functional as F

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import draw, rounded


def torch_transposed_kernel():
    image, kernel = draw((1, 2, 2, 2), (2, 2, 2, 2))
    result = F.conv_transpose2d(torch.tensor(image), torch.tensor(kernel))  # (1, 2, 3, 3)
    shape = tuple(torch.nn.ConvTranspose2d(3, 5, (2, 4)).weight.shape)
    return {"kernel": shape, "result": rounded(result[0, 0])}


def keras_transposed_kernel():
    image, kernel = draw((1, 2, 2, 2), (2, 2, 2, 2))
    last = image.transpose(0, 2, 3, 1)
    layer = keras.layers.Conv2DTranspose(5, (2, 4))
    layer.build((None, 9, 9, 3))
    naive = ops.conv_transpose(last, kernel, strides=1)
    right = ops.conv_transpose(last, kernel.transpose(2, 3, 1, 0), strides=1)
    return {
        "kernel": tuple(layer.kernel.shape),
        "result": rounded(naive[0, ..., 0]),
        "remedied": rounded(right[0, ..., 0]),
    }


TRANSPOSED_KERNEL = FrameworkDifference(
    name="transposed_kernel",
    title="Kernel of a transposed convolution",
    torch=Side(
        "(I, O, h, w)",
        torch_transposed_kernel,
        {
            "kernel": (3, 5, 2, 4),
            "result": [
                [0.2031, -0.0935, 0.0528],
                [-1.4593, -2.1342, -0.0608],
                [0.1376, 1.7104, 0.9917],
            ],
        },
    ),
    keras=Side(
        "(h, w, O, I)",
        keras_transposed_kernel,
        {
            "kernel": (2, 4, 5, 3),
            "result": [
                [0.5894, -0.5397, 0.228],
                [-1.9998, -3.8372, 0.06],
                [-0.761, 1.3429, 1.2807],
            ],
            "remedied": [
                [0.2031, -0.0935, 0.0528],
                [-1.4593, -2.1342, -0.0608],
                [0.1376, 1.7104, 0.9917],
            ],
        },
    ),
    consequence=(
        "PyTorch turns input and output around, and so does Keras: one transposition "
        "serves for both kinds of layer."
    ),
    advice="`kernel.transpose(2, 3, 1, 0)`, as for a convolution; `mmref.convert` does it.",
)


def torch_transposed_same():
    (row,) = draw((1, 1, 4))
    row, ones = torch.tensor(row), torch.ones(1, 1, 3)
    doubled = {"stride": 2, "padding": 1, "output_padding": 1}
    result = F.conv_transpose1d(row, ones, **doubled)
    remedied = F.conv_transpose1d(row, ones, stride=2)[..., :8]  # all, then cut on the right
    return {
        "length with padding=1": F.conv_transpose1d(row, ones, stride=2, padding=1).shape[-1],
        "result": rounded(result[0, 0]),
        "remedied": rounded(remedied[0, 0]),
    }


def keras_transposed_same():
    (row,) = draw((1, 4, 1))
    ones = np.ones((3, 1, 1), "float32")
    result = ops.conv_transpose(row, ones, strides=2, padding="same")
    return {"result": rounded(result[0, :, 0])}


TRANSPOSED_SAME = FrameworkDifference(
    name="transposed_same",
    title='"same", transposed, stride 2',
    torch=Side(
        "`padding` cuts both ends; `output_padding` adds at the end",
        torch_transposed_same,
        {
            "length with padding=1": 7,
            "result": [0.1257, -0.0064, -0.1321, 0.5083, 0.6404, 0.7453, 0.1049, 0.1049],
            "remedied": [0.1257, 0.1257, -0.0064, -0.1321, 0.5083, 0.6404, 0.7453, 0.1049],
        },
    ),
    keras=Side(
        "cuts at the end only",
        keras_transposed_same,
        {"result": [0.1257, 0.1257, -0.0064, -0.1321, 0.5083, 0.6404, 0.7453, 0.1049]},
        dict.fromkeys(
            ["Keras 3.13 on torch", "Keras 3.14 on torch"],
            {"result": [0.1257, -0.0064, -0.1321, 0.5083, 0.6404, 0.7453, 0.1049, 0.1049]},
        ),
    ),
    consequence=(
        "`padding=1` alone is one shorter than twice the input; with `output_padding=1` "
        "the length is right and all is shifted by one."
    ),
    advice="In PyTorch transpose without padding and cut what is too long on the right.",
)
