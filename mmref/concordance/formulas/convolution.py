"""Entry of convolution."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mmref.concordance.formula import Formula, Peer, Vectors
from mmref.concordance.published import onnx_pairs
from mmref.contract.convolution import Window
from mmref.reference import convolution
from mmref.types import Arrays, Layer, Tensor

# B, C, O, H, W, h and w all differ, and all weights are random: published vectors often have one
# channel and kernels of ones, which a flipped or transposed kernel passes too.
BATCH, CHANNELS = 2, 3


def _conv(rng, images, weight, bias=True, stride=1, padding=0, dilation=1, groups=1):
    return {
        "images": rng.normal(size=images),
        "weight": rng.normal(size=weight),
        "bias": rng.normal(size=weight[0]) if bias else None,
        "stride": stride,
        "padding": padding,
        "dilation": dilation,
        "groups": groups,
    }


def sample(
    draw: Callable[..., dict], *shapes: Any, **options: Any
) -> Callable[[np.random.Generator], dict]:
    return lambda rng: draw(rng, *shapes, **options)


CONV2D = {
    "plain": sample(_conv, (BATCH, CHANNELS, 7, 5), (4, 3, 3, 2)),
    # The odd row and column of "same" are at the bottom and right: 6 and 8 divide by 2.
    "same, stride 2": sample(
        _conv, (BATCH, CHANNELS, 6, 8), (4, 3, 3, 5), stride=2, padding="same"
    ),
    # Four different amounts; the last row and column are not reached.
    "asymmetric": sample(
        _conv, (BATCH, CHANNELS, 6, 8), (4, 3, 3, 2), stride=(2, 3), padding=((2, 0), (1, 3))
    ),
    "dilated": sample(
        _conv, (BATCH, CHANNELS, 9, 8), (4, 3, 3, 2), padding=(1, 2), dilation=(2, 3)
    ),
    "dilated and strided": sample(
        _conv, (BATCH, CHANNELS, 9, 8), (4, 3, 2, 3), stride=(3, 2), dilation=2
    ),
    "groups": sample(_conv, (BATCH, 4, 5, 6), (6, 2, 3, 2), padding="same", groups=2),
    "depthwise, stride 2": sample(
        _conv, (BATCH, 4, 5, 6), (8, 1, 3, 2), stride=2, padding=1, groups=4
    ),
    "no bias, one pixel": sample(
        _conv, (BATCH, CHANNELS, 5, 6), (4, 3, 1, 1), bias=False, stride=2
    ),
}


def _conv2d_layer(wing, arguments):
    """The wing's layer for these arguments."""
    (channels, in_channels, *size), groups = arguments["weight"].shape, arguments["groups"]
    options = {name: arguments[name] for name in ("stride", "padding", "dilation", "groups")}
    bias = arguments["bias"] is not None
    layer = wing.Conv2d(in_channels * groups, channels, size, **options, bias=bias)
    return built(layer)


def built(layer: Layer) -> Layer:
    """The layer; one of Keras has made its weights."""
    if hasattr(layer, "build"):
        layer.build(None)
    return layer


def _torch_conv2d(images, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    import torch

    window = Window(weight.shape[2:], stride, padding, dilation)
    images = torch_padded(images, window)
    return torch.nn.functional.conv2d(images, weight, bias, stride, 0, dilation, groups)


def torch_padded(images: Tensor, window: Window, fill: float = 0.0) -> Tensor:
    import torch

    top_bottom, left_right = window.pads(images.shape[2:])
    return torch.nn.functional.pad(images, (*left_right, *top_bottom), value=fill)


def _keras_conv2d(images, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    import keras

    images, padding = keras_padded(
        images, Window(tuple(weight.shape[2:]), stride, padding, dilation)
    )
    layer = keras.layers.Conv2D(
        weight.shape[0],
        tuple(weight.shape[2:]),
        stride,
        padding,
        dilation_rate=dilation,
        groups=groups,
        use_bias=bias is not None,
    )
    layer.build(images.shape)
    kernel = keras.ops.transpose(weight, (2, 3, 1, 0))  # (h, w, C / groups, O)
    return layer.stateless_call([kernel] + [bias] * (bias is not None), [], images)[0]


def keras_padded(images: Tensor, window: Window, fill: float = 0.0) -> tuple[Tensor, str]:
    """Images padded where Keras has no word for it, and the word."""
    import keras

    if window.padding in ("same", "valid"):
        return images, window.padding
    pads = ((0, 0), *window.padding, (0, 0))
    return keras.ops.pad(images, pads, constant_values=fill), "valid"


# Keras refuses a window that is both strided and dilated.
KERAS_CONV2D = tuple(name for name in CONV2D if name != "dilated and strided")


def onnx_window(attributes: Mapping[str, Any], given: Arrays) -> dict[str, Any] | None:
    """The size, stride and padding of a node; None for what is not ours."""
    images, size = given["images"], attributes["kernel_shape"]
    if images.ndim != 4 or images.dtype != np.float32 or attributes.get("ceil_mode"):
        return None
    stride = attributes.get("strides", [1, 1])
    word = attributes.get("auto_pad", b"NOTSET")
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    padding = ((top, bottom), (left, right))
    if word.startswith(b"SAME"):
        padding = Window(size, stride, "same").pads(images.shape[2:])
        if word == b"SAME_LOWER":  # the odd row on top
            padding = tuple(amounts[::-1] for amounts in padding)
    return {"size": size, "stride": stride, "padding": padding}


def _onnx_conv(attributes, given):
    window = onnx_window(attributes, given)
    given.setdefault("bias", None)
    dilation, groups = attributes.get("dilations", [1, 1]), attributes.get("group", 1)
    options = {"stride": window["stride"], "padding": window["padding"]}
    return options | {"dilation": dilation, "groups": groups}


FORMULAS = (
    Formula(
        name="conv2d",
        reference=convolution.conv2d,
        gradient=convolution.conv2d_gradient,
        samples=CONV2D,
        layer=_conv2d_layer,
        weights=("weight", "bias"),
        images=("images", "value"),
        peers=(
            Peer("torch.nn.functional.conv2d", "torch", _torch_conv2d, tuple(CONV2D)),
            Peer("keras.layers.Conv2D", "keras", _keras_conv2d, KERAS_CONV2D),
        ),
        vectors=(
            Vectors(
                "ONNX Conv",
                functools.partial(onnx_pairs, "Conv", ("images", "weight", "bias"), _onnx_conv),
            ),
        ),
    ),
)
