"""What is added around an image, and in which order."""

import numpy as np
import torch
from keras import ops
from torch.nn import functional as F

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import draw, rounded


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


STRIDE_TWO_SAME = FrameworkDifference(
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
    advice="In PyTorch pad with `F.pad(image, (0, 1, 0, 1))`, then convolve without padding.",
)


def torch_pad_order():
    padded = F.pad(torch.ones(2, 3), (1, 0, 0, 0))
    return {"result": tuple(padded.shape)}


def keras_pad_order():
    ones = ops.ones((2, 3))
    naive, right = ops.pad(ones, ((1, 0), (0, 0))), ops.pad(ones, ((0, 0), (1, 0)))
    return {"result": tuple(naive.shape), "remedied": tuple(right.shape)}


PAD_ORDER = FrameworkDifference(
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
)
