"""Convolution, pooling and resizing."""

import keras
import numpy as np
import torch
from keras import ops
from torch.nn import functional as F

import mmref.keras
from mmref.concordance.backends import run_keras, run_torch
from mmref.concordance.differences.difference import Difference, Group, Side, draw, rounded


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


def torch_conv_kernel():
    image, kernel = draw((1, 2, 3, 3), (2, 2, 2, 2))
    result = F.conv2d(torch.tensor(image), torch.tensor(kernel))  # (1, 2, 2, 2)
    shape = tuple(torch.nn.Conv2d(3, 5, (2, 4)).weight.shape)
    return {"kernel": shape, "result": rounded(result[0, 0])}


def keras_conv_kernel():
    image, kernel = draw((1, 2, 3, 3), (2, 2, 2, 2))
    last = image.transpose(0, 2, 3, 1)
    layer = keras.layers.Conv2D(5, (2, 4))
    layer.build((None, 9, 9, 3))
    naive = ops.conv(last, kernel)  # all sizes are 2, so nothing complains
    right = ops.conv(last, kernel.transpose(2, 3, 1, 0))
    return {
        "kernel": tuple(layer.kernel.shape),
        "result": rounded(naive[0, ..., 0]),
        "remedied": rounded(right[0, ..., 0]),
    }


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


def torch_stride_two_same():
    (image,) = draw((1, 1, 4, 4))
    image, ones = torch.tensor(image), torch.ones(1, 1, 3, 3)
    try:
        torch.nn.Conv2d(1, 1, 3, stride=2, padding="same")
        refused = False
    except ValueError:
        refused = True
    result = F.conv2d(image, ones, stride=2, padding=1)
    remedied = F.conv2d(F.pad(image, (0, 1, 0, 1)), ones, stride=2)  # right and bottom only
    return {
        'padding="same" refused': refused,
        "result": rounded(result[0, 0]),
        "remedied": rounded(remedied[0, 0]),
    }


def keras_stride_two_same():
    (image,) = draw((1, 1, 4, 4))
    ones = np.ones((3, 3, 1, 1), "float32")
    result = ops.conv(image.transpose(0, 2, 3, 1), ones, strides=2, padding="same")
    return {"result": rounded(result[0, ..., 0])}


def torch_pad_order():
    padded = F.pad(torch.ones(2, 3), (1, 0, 0, 0))
    return {"result": tuple(padded.shape)}


def keras_pad_order():
    ones = ops.ones((2, 3))
    naive, right = ops.pad(ones, ((1, 0), (0, 0))), ops.pad(ones, ((0, 0), (1, 0)))
    return {"result": tuple(naive.shape), "remedied": tuple(right.shape)}


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


def torch_stride_and_dilation():
    layer = torch.nn.Conv2d(1, 1, 3, stride=2, dilation=2)
    return {"output": tuple(layer(torch.zeros(1, 1, 9, 9)).shape)}


def keras_stride_and_dilation():
    try:
        keras.layers.Conv2D(1, 3, strides=2, dilation_rate=2)
        refused = False
    except ValueError:
        refused = True
    dilated = keras.layers.Conv2D(1, 3, dilation_rate=2)(ops.zeros((1, 9, 9, 1)))
    return {"refused": refused, "every second output": tuple(dilated[:, ::2, ::2].shape)}


def torch_depthwise_kernel():
    image, kernel = draw((1, 2, 3, 3), (4, 1, 2, 2))  # two channels, two filters for each
    result = F.conv2d(torch.tensor(image), torch.tensor(kernel), groups=2)
    shape = tuple(torch.nn.Conv2d(2, 4, 2, groups=2).weight.shape)
    return {"kernel": shape, "result": rounded(result[0, :, 0, 0])}


def keras_depthwise_kernel():
    image, kernel = draw((1, 2, 3, 3), (4, 1, 2, 2))
    last = image.transpose(0, 2, 3, 1)
    layer = keras.layers.DepthwiseConv2D(2, depth_multiplier=2, use_bias=False)
    layer.build(last.shape)
    layer.set_weights([kernel.reshape(2, 2, 2, 2)])
    naive = layer(last)[0, 0, 0]
    layer.set_weights([kernel.reshape(2, 2, 2, 2).transpose(2, 3, 0, 1)])
    return {
        "kernel": tuple(layer.kernel.shape),
        "result": rounded(naive),
        "remedied": rounded(layer(last)[0, 0, 0]),
    }


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


def torch_average_padding():
    ones = torch.ones(1, 1, 3, 3)
    counted = F.avg_pool2d(ones, 3, stride=1, padding=1)
    left_out = F.avg_pool2d(ones, 3, stride=1, padding=1, count_include_pad=False)
    return {"result": rounded(counted[0, 0]), "remedied": rounded(left_out[0, 0])}


def keras_average_padding():
    layer = keras.layers.AveragePooling2D(3, strides=1, padding="same")
    return {"result": rounded(layer(ops.ones((1, 3, 3, 1)))[0, ..., 0])}


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


def torch_max_ties():
    ties, one = np.ones((1, 1, 2, 2)), np.ones((1, 1, 1, 1))
    _, pooled = run_torch(lambda x: F.max_pool2d(x, 2), {"x": ties}, one)
    _, along = run_torch(lambda x: x.max(dim=-1).values, {"x": np.ones(4)}, np.ones(()))
    _, amax = run_torch(lambda x: x.amax(dim=-1), {"x": np.ones(4)}, np.ones(()))
    return {
        "gradient of max_pool2d": rounded(pooled["x"].ravel()),
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


def torch_resize_nearest():
    row = torch.arange(5.0).reshape(1, 1, 1, 5)
    result = F.interpolate(row, size=(1, 3), mode="nearest")
    remedied = F.interpolate(row, size=(1, 3), mode="nearest-exact")
    return {"result": rounded(result.ravel()), "remedied": rounded(remedied.ravel())}


def keras_resize_nearest():
    row = np.arange(5, dtype="float32").reshape(1, 1, 5, 1)
    result = ops.image.resize(row, (1, 3), interpolation="nearest")
    return {"result": rounded(result[0, 0, :, 0])}


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


DIFFERENCES = (
    Difference(
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
    ),
    Difference(
        name="conv_kernel",
        title="Kernel of a convolution",
        torch=Side(
            "(O, I, h, w)",
            torch_conv_kernel,
            {"kernel": (5, 3, 2, 4), "result": [[-2.3299, 1.2906], [1.3682, -1.7408]]},
        ),
        keras=Side(
            "(h, w, I, O)",
            keras_conv_kernel,
            {
                "kernel": (2, 4, 3, 5),
                "result": [[1.3011, -0.0312], [-1.0032, -1.2527]],
                "remedied": [[-2.3299, 1.2906], [1.3682, -1.7408]],
            },
        ),
        consequence=(
            "Where all four sizes are equal, a kernel copied as it stands fits and computes "
            "something else."
        ),
        advice="`kernel.transpose(2, 3, 1, 0)`; `mmref.convert` does it.",
    ),
    Difference(
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
    ),
    Difference(
        name="depthwise_kernel",
        title="Kernel of a depthwise convolution",
        torch=Side(
            "`groups=C`, (C m, 1, h, w)",
            torch_depthwise_kernel,
            {"kernel": (4, 1, 2, 2), "result": [-0.8314, -0.0857, 2.5314, 1.6598]},
        ),
        keras=Side(
            "`DepthwiseConv2D`, (h, w, C, m)",
            keras_depthwise_kernel,
            {
                "kernel": (2, 2, 2, 2),
                "result": [0.6025, 0.1, 0.6986, -2.418],
                "remedied": [-0.8314, -0.0857, 2.5314, 1.6598],
            },
        ),
        consequence=(
            "The m filters of a channel stand beside each other on PyTorch's first axis and "
            "have an axis of their own in Keras."
        ),
        advice="`kernel.reshape(C, m, h, w).transpose(2, 3, 0, 1)`.",
    ),
    Difference(
        name="stride_two_same",
        title='"same" with stride 2',
        torch=Side(
            "refused; `padding=1` pads all sides",
            torch_stride_two_same,
            {
                'padding="same" refused': True,
                "result": [[-0.1804, 3.2259], [-4.6871, -1.4317]],
                "remedied": [[-0.8285, 2.4145], [-6.3822, -2.5601]],
            },
        ),
        keras=Side(
            "pads bottom and right only, for even sizes",
            keras_stride_two_same,
            {"result": [[-0.8285, 2.4145], [-6.3822, -2.5601]]},
        ),
        consequence=(
            "`padding=1` gives the same size from windows that start one pixel earlier: other "
            "values everywhere."
        ),
        advice=("In PyTorch pad with `F.pad(image, (0, 1, 0, 1))`, then convolve without padding."),
    ),
    Difference(
        name="pad_order",
        title="Order of padding",
        torch=Side("last axis first, in one list", torch_pad_order, {"result": (2, 4)}),
        keras=Side(
            "first axis first, a pair each",
            keras_pad_order,
            {"result": (3, 3), "remedied": (2, 4)},
        ),
        consequence="Numbers copied from `F.pad` in their order pad other sides.",
        advice="Reverse the pairs. `ops.pad` needs one for every axis, batch and channels too.",
    ),
    Difference(
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
    ),
    Difference(
        name="stride_and_dilation",
        title="Stride and dilation together",
        torch=Side("allowed", torch_stride_and_dilation, {"output": (1, 1, 3, 3)}),
        keras=Side(
            "refused",
            keras_stride_and_dilation,
            {"refused": True, "every second output": (1, 3, 3, 1)},
        ),
        consequence="A dilated convolution with stride 2 exists in PyTorch only.",
        advice="In Keras keep stride 1 and take every second output, at four times the work.",
    ),
    Difference(
        name="flatten",
        title="Flattening maps before a dense layer",
        torch=Side("order C, H, W", torch_flatten, {"result": [-0.6464]}),
        keras=Side("order H, W, C", keras_flatten, {"result": [-3.5174], "remedied": [-0.6464]}),
        consequence="A dense layer's weights, copied after a flattened map, meet other pixels.",
        advice=(
            "Permute the rows that follow a flattened map; `mmref.convert` does it for "
            "`ImageEncoder`. Global average pooling avoids the question."
        ),
    ),
    Difference(
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
            "Means along the border are too small in PyTorch: an image of ones has 4/9 in its "
            "corners."
        ),
        advice="`count_include_pad=False` in PyTorch.",
    ),
    Difference(
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
    ),
    Difference(
        name="max_ties",
        title="Gradient of a maximum with ties",
        torch=Side(
            "all to one; `amax` shares it",
            torch_max_ties,
            {
                "gradient of max_pool2d": [1.0, 0.0, 0.0, 0.0],
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
            "Max-pooling agrees. `x.max(dim)` in PyTorch picks one of the largest, `ops.max` "
            "in Keras divides the gradient among them."
        ),
        advice="`amax` in PyTorch, where sharing is wanted.",
    ),
    Difference(
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
            "From five pixels to three, PyTorch takes 0, 1, 3 and Keras 0, 2, 4: the picture "
            "shifts."
        ),
        advice='`mode="nearest-exact"` in PyTorch.',
    ),
    Difference(
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
            "The same Keras program resizes differently on another backend. Bilinear resizing "
            "agrees."
        ),
        advice='Resize once, when the data are prepared, or use `"bilinear"`.',
    ),
)

GROUP = Group(
    name="convolution",
    title="Convolution, pooling, resizing",
    introduction=(
        "The arithmetic is the same in both: cross-correlation, in the order height, "
        "width. What differs is where the channels stand, and what happens at the edge."
    ),
    differences=DIFFERENCES,
)
