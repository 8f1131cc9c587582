"""Where the axes of images stand, and what depends on it."""

import keras
import torch
from keras import ops

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import draw, rounded


def torch_image_layout():
    images = torch.zeros(1, 3, 4, 5)  # (B, C, H, W)
    layer = torch.nn.Conv2d(3, 2, kernel_size=1)
    return {"output": tuple(layer(images).shape)}


def keras_image_layout():
    layer, right = keras.layers.Conv2D(2, 1), keras.layers.Conv2D(2, 1)
    naive = layer(ops.zeros((1, 3, 4, 5)))  # channels first: no error
    return {
        "output": tuple(naive.shape),
        "channels it saw": layer.kernel.shape[2],
        "output, channels last": tuple(right(ops.zeros((1, 4, 5, 3))).shape),
    }


IMAGE_LAYOUT = FrameworkDifference(
    name="image_layout",
    title="Axes of an image",
    torch=Side("(B, C, H, W)", torch_image_layout, {"output": (1, 2, 4, 5)}),
    keras=Side(
        "(B, H, W, C)",
        keras_image_layout,
        {"output": (1, 3, 4, 2), "channels it saw": 5, "output, channels last": (1, 4, 5, 2)},
    ),
    consequence=(
        "A Keras layer given channels-first images says nothing: it takes the width for "
        "channels, and its kernel is built for them."
    ),
    advice=(
        "`mmref.convert.to_channels_last` and `to_channels_first` move images and "
        "refuse what is not one."
    ),
)


def torch_flatten():
    maps, weight = draw((1, 2, 2, 3), (1, 12))  # (B, C, H, W)
    result = torch.nn.Flatten()(torch.tensor(maps)) @ torch.tensor(weight).T
    return {"result": rounded(result[0])}


def keras_flatten():
    maps, weight = draw((1, 2, 2, 3), (1, 12))
    flat = keras.layers.Flatten()(maps.transpose(0, 2, 3, 1))  # the order is H, W, C
    permuted = weight.reshape(1, 2, 2, 3).transpose(0, 2, 3, 1).reshape(1, 12)
    return {
        "result": rounded(ops.matmul(flat, weight.T)[0]),
        "remedied": rounded(ops.matmul(flat, permuted.T)[0]),
    }


FLATTEN = FrameworkDifference(
    name="flatten",
    title="Flattening maps before a dense layer",
    torch=Side("order C, H, W", torch_flatten, {"result": [-0.6464]}),
    keras=Side("order H, W, C", keras_flatten, {"result": [-3.5174], "remedied": [-0.6464]}),
    consequence="A dense layer's weights, copied after a flattened map, meet other pixels.",
    advice=(
        "Permute the rows that follow a flattened map; `mmref.convert` does it for "
        "`ImageEncoder`. Global average pooling avoids the question."
    ),
)
