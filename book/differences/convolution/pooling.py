"""Average and maximum over windows."""

import keras
import numpy as np
import torch
from keras import ops
from torch.nn import functional as F

import mmref.keras
from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import rounded
from mmref.concordance.backends import run_keras, run_torch


def torch_average_padding():
    ones = torch.ones(1, 1, 3, 3)
    counted = F.avg_pool2d(ones, 3, stride=1, padding=1)
    left_out = F.avg_pool2d(ones, 3, stride=1, padding=1, count_include_pad=False)
    return {"result": rounded(counted[0, 0]), "remedied": rounded(left_out[0, 0])}


def keras_average_padding():
    layer = keras.layers.AveragePooling2D(3, strides=1, padding="same")
    return {"result": rounded(layer(ops.ones((1, 3, 3, 1)))[0, ..., 0])}


AVERAGE_PADDING = FrameworkDifference(
    name="average_padding",
    title="Padding in average pooling",
    torch=Side(
        "counted as zeros",
        torch_average_padding,
        {
            "result": [
                [0.4444, 0.6667, 0.4444],
                [0.6667, 1.0, 0.6667],
                [0.4444, 0.6667, 0.4444],
            ],
            "remedied": [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]],
        },
    ),
    keras=Side(
        "not counted",
        keras_average_padding,
        {"result": [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]},
    ),
    consequence=(
        "Means along the border are too small in PyTorch: an image of ones has 4/9 in its corners."
    ),
    advice="`count_include_pad=False` in PyTorch.",
)


def torch_average_same():
    row = torch.tensor([[[[1.0, 2.0, 3.0, 4.0]]]])
    naive = F.avg_pool2d(row, (1, 3), stride=(1, 2), padding=(0, 1))
    right = F.avg_pool2d(row, (1, 3), stride=(1, 2), ceil_mode=True)
    return {"result": rounded(naive.ravel()), "remedied": rounded(right.ravel())}


def keras_average_same():
    row = ops.reshape(ops.convert_to_tensor([1.0, 2.0, 3.0, 4.0]), (1, 1, 4, 1))
    layer = keras.layers.AveragePooling2D((1, 3), strides=(1, 2), padding="same")
    ours = mmref.keras.AvgPool2d((1, 3), stride=(1, 2), padding="same")
    return {
        "result": rounded(layer(row)[0, 0, :, 0]),
        "mmref.keras.AvgPool2d": rounded(ours(row)[0, 0, :, 0]),
    }


AVERAGE_SAME = FrameworkDifference(
    name="average_same",
    title='Average pooling, "same" with odd padding',
    torch=Side(
        'no "same"; `ceil_mode=True` leaves out what lies beyond the end',
        torch_average_same,
        {"result": [1.0, 3.0], "remedied": [2.0, 3.5]},
    ),
    keras=Side(
        "TensorFlow: padding left out; PyTorch backend: edge pixels repeated",
        keras_average_same,
        {"result": [2.0, 3.5], "mmref.keras.AvgPool2d": [2.0, 3.5]},
        {
            "Keras on torch": {
                "result": [2.0, 3.6667],
                "mmref.keras.AvgPool2d": [2.0, 3.5],
            }
        },
    ),
    consequence=(
        "Windows of 3, two pixels apart, over 1, 2, 3, 4: the last one holds 3, 4 and a pixel "
        "of padding. Its mean is 3.5 on TensorFlow; on the PyTorch backend the 4 counts twice. "
        "So it is where an axis gets more padding at one end than at the other; otherwise the "
        "backends agree, and for the maximum they always do."
    ),
    advice=(
        "`mmref.keras.AvgPool2d` is the same on both backends. In PyTorch `ceil_mode=True`, "
        "where the padding is one pixel, at the end, and the stride at least 2."
    ),
)


def torch_max_ties():
    ties, one = np.ones((1, 1, 2, 2)), np.ones((1, 1, 1, 1))
    _, pooled = run_torch(lambda x: F.max_pool2d(x, 2), {"x": ties}, one)
    _, along = run_torch(lambda x: x.max(dim=-1).values, {"x": np.ones(4)}, np.ones(()))
    _, of_all = run_torch(lambda x: x.max(), {"x": np.ones(4)}, np.ones(()))
    _, amax = run_torch(lambda x: x.amax(dim=-1), {"x": np.ones(4)}, np.ones(()))
    return {
        "gradient of max_pool2d": rounded(pooled["x"].ravel()),
        "of max() without an axis": rounded(of_all["x"]),
        "result": rounded(along["x"]),
        "remedied": rounded(amax["x"]),
    }


def keras_max_ties():
    ties, one = np.ones((1, 2, 2, 1)), np.ones((1, 1, 1, 1))
    _, pooled = run_keras(lambda x: ops.max_pool(x, 2), {"x": ties}, one)
    _, along = run_keras(lambda x: ops.max(x, axis=-1), {"x": np.ones(4)}, np.ones(()))
    return {
        "gradient of max_pool": rounded(pooled["x"].ravel()),
        "result": rounded(along["x"]),
    }


MAX_TIES = FrameworkDifference(
    name="max_ties",
    title="Gradient of a maximum with ties",
    torch=Side(
        "pooling, `max(dim)`: all to one; `max()`, `amax` share it",
        torch_max_ties,
        {
            "gradient of max_pool2d": [1.0, 0.0, 0.0, 0.0],
            "of max() without an axis": [0.25, 0.25, 0.25, 0.25],
            "result": [1.0, 0.0, 0.0, 0.0],
            "remedied": [0.25, 0.25, 0.25, 0.25],
        },
    ),
    keras=Side(
        "pooling: all to one; `ops.max` shares it",
        keras_max_ties,
        {"gradient of max_pool": [1.0, 0.0, 0.0, 0.0], "result": [0.25, 0.25, 0.25, 0.25]},
    ),
    consequence=(
        "Max-pooling agrees. `x.max(dim)` in PyTorch picks one of the largest; `ops.max` in Keras "
        "divides the gradient among them, and so does PyTorch's `x.max()` over all axes."
    ),
    advice="`amax` in PyTorch, where sharing is wanted.",
)
