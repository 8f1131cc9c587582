"""Images made larger or smaller."""

import numpy as np
import torch
from keras import ops
from torch.nn import functional as F

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import rounded


def torch_resize_nearest():
    row = torch.arange(5.0).reshape(1, 1, 1, 5)
    result = F.interpolate(row, size=(1, 3), mode="nearest")
    remedied = F.interpolate(row, size=(1, 3), mode="nearest-exact")
    return {"result": rounded(result.ravel()), "remedied": rounded(remedied.ravel())}


def keras_resize_nearest():
    row = np.arange(5, dtype="float32").reshape(1, 1, 5, 1)
    result = ops.image.resize(row, (1, 3), interpolation="nearest")
    return {"result": rounded(result[0, 0, :, 0])}


RESIZE_NEAREST = FrameworkDifference(
    name="resize_nearest",
    title="Nearest neighbor",
    torch=Side(
        '`"nearest"` rounds down from the pixel\'s edge',
        torch_resize_nearest,
        {"result": [0.0, 1.0, 3.0], "remedied": [0.0, 2.0, 4.0]},
    ),
    keras=Side(
        "takes the pixel under the center", keras_resize_nearest, {"result": [0.0, 2.0, 4.0]}
    ),
    consequence=(
        "From five pixels to three, PyTorch takes 0, 1, 3 and Keras 0, 2, 4: the picture shifts."
    ),
    advice='`mode="nearest-exact"` in PyTorch.',
)


def torch_resize_bicubic():
    row = torch.tensor([[[[0.0, 0.0, 1.0, 0.0]]]])
    result = F.interpolate(row, size=(1, 8), mode="bicubic")
    bilinear = F.interpolate(row, size=(1, 8), mode="bilinear")
    return {"result": rounded(result.ravel()), "bilinear": rounded(bilinear.ravel())}


def keras_resize_bicubic():
    row = np.array([0, 0, 1, 0], "float32").reshape(1, 1, 4, 1)
    result = ops.image.resize(row, (1, 8), interpolation="bicubic")
    bilinear = ops.image.resize(row, (1, 8), interpolation="bilinear")
    return {"result": rounded(result[0, 0, :, 0]), "bilinear": rounded(bilinear[0, 0, :, 0])}


RESIZE_BICUBIC = FrameworkDifference(
    name="resize_bicubic",
    title="Bicubic resizing",
    torch=Side(
        "coefficient −0.75, edges repeated",
        torch_resize_bicubic,
        {
            "result": [0.0, -0.0352, -0.1055, 0.2617, 0.8789, 0.8789, 0.2617, -0.1055],
            "bilinear": [0.0, 0.0, 0.0, 0.25, 0.75, 0.75, 0.25, 0.0],
        },
    ),
    keras=Side(
        "TensorFlow: −0.5, edges left out; PyTorch backend: as PyTorch",
        keras_resize_bicubic,
        {
            "result": [0.0, -0.0219, -0.0687, 0.2266, 0.8672, 0.8473, 0.2117, -0.0882],
            "bilinear": [0.0, 0.0, 0.0, 0.25, 0.75, 0.75, 0.25, 0.0],
        },
        {
            "Keras on torch": {
                "result": [0.0, -0.0352, -0.1055, 0.2617, 0.8789, 0.8789, 0.2617, -0.1055],
                "bilinear": [0.0, 0.0, 0.0, 0.25, 0.75, 0.75, 0.25, 0.0],
            }
        },
    ),
    consequence=(
        "The same Keras program resizes differently on another backend. Bilinear resizing agrees."
    ),
    advice='Resize once, when the data are prepared, or use `"bilinear"`.',
)
