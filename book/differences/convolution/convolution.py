"""Kernels of convolutions, stride and dilation."""

import keras
import torch
from keras import ops
from torch.nn import functional as F

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import draw, rounded


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


CONV_KERNEL = FrameworkDifference(
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
)


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


DEPTHWISE_KERNEL = FrameworkDifference(
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
)


def torch_stride_and_dilation():
    image, kernel = draw((1, 1, 5, 5), (1, 1, 2, 2))
    result = F.conv2d(torch.tensor(image), torch.tensor(kernel), stride=2, dilation=2)
    return {"result": rounded(result[0, 0])}


def keras_stride_and_dilation():
    image, kernel = draw((1, 1, 5, 5), (1, 1, 2, 2))
    last, kernel = image.transpose(0, 2, 3, 1), kernel.transpose(2, 3, 1, 0)
    try:
        keras.layers.Conv2D(1, 2, strides=2, dilation_rate=2)
        refused = False
    except ValueError:
        refused = True
    depthwise = ops.depthwise_conv(last, kernel, strides=2, dilation_rate=2)  # of one channel
    dilated = ops.conv(last, kernel, dilation_rate=2)
    return {
        "Conv2D refused": refused,
        "depthwise_conv": rounded(depthwise[0, ..., 0]),
        "remedied": rounded(dilated[0, ::2, ::2, 0]),
    }


STRIDE_AND_DILATION = FrameworkDifference(
    name="stride_and_dilation",
    title="Stride and dilation together",
    torch=Side(
        "allowed", torch_stride_and_dilation, {"result": [[1.1744, 3.1718], [2.093, 0.9073]]}
    ),
    keras=Side(
        "refused by `Conv2D`, allowed by `DepthwiseConv2D`",
        keras_stride_and_dilation,
        {
            "Conv2D refused": True,
            "depthwise_conv": [[1.1744, 3.1718], [2.093, 0.9073]],
            "remedied": [[1.1744, 3.1718], [2.093, 0.9073]],
        },
        dict.fromkeys(
            ["Keras 3.13 on tensorflow", "Keras 3.14 on tensorflow"],
            {
                "Conv2D refused": True,
                "depthwise_conv": [[1.1744]],
                "remedied": [[1.1744, 3.1718], [2.093, 0.9073]],
            },
        ),
    ),
    consequence=(
        "Keras computes both for a depthwise convolution and for a separable one, which starts "
        "with it. Before 3.15 on TensorFlow the depthwise one loses outputs, with no more than a "
        "warning."
    ),
    advice=(
        "For `Conv2D` keep stride 1 in Keras and take every second output, at four times the work."
    ),
)
