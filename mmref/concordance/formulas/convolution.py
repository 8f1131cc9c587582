"""Entries of the family ``convolution``: convolution and pooling."""

import functools

import numpy as np

from mmref.concordance.formula import Formula, Peer, Vectors
from mmref.concordance.published import onnx_node_cases
from mmref.contract.windows import Window
from mmref.reference import convolution, pooling

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


def _sample(draw, *shapes, **options):
    return lambda rng: draw(rng, *shapes, **options)


CONV2D = {
    "plain": _sample(_conv, (BATCH, CHANNELS, 7, 5), (4, 3, 3, 2)),
    # The odd row and column of "same" are at the bottom and right: 6 and 8 divide by 2.
    "same, stride 2": _sample(
        _conv, (BATCH, CHANNELS, 6, 8), (4, 3, 3, 5), stride=2, padding="same"
    ),
    # Four different amounts; the last row and column are not reached.
    "asymmetric": _sample(
        _conv, (BATCH, CHANNELS, 6, 8), (4, 3, 3, 2), stride=(2, 3), padding=((2, 0), (1, 3))
    ),
    "dilated": _sample(
        _conv, (BATCH, CHANNELS, 9, 8), (4, 3, 3, 2), padding=(1, 2), dilation=(2, 3)
    ),
    "dilated and strided": _sample(
        _conv, (BATCH, CHANNELS, 9, 8), (4, 3, 2, 3), stride=(3, 2), dilation=2
    ),
    "groups": _sample(_conv, (BATCH, 4, 5, 6), (6, 2, 3, 2), padding="same", groups=2),
    "depthwise, stride 2": _sample(
        _conv, (BATCH, 4, 5, 6), (8, 1, 3, 2), stride=2, padding=1, groups=4
    ),
    "no bias, one pixel": _sample(
        _conv, (BATCH, CHANNELS, 5, 6), (4, 3, 1, 1), bias=False, stride=2
    ),
}


def _conv2d_layer(wing, arguments):
    """The wing's layer for these arguments."""
    (channels, in_channels, *size), groups = arguments["weight"].shape, arguments["groups"]
    options = {name: arguments[name] for name in ("stride", "padding", "dilation", "groups")}
    bias = arguments["bias"] is not None
    layer = wing.Conv2d(in_channels * groups, channels, size, **options, bias=bias)
    return _built(layer)


def _built(layer):
    """The layer; one of Keras has made its weights."""
    if hasattr(layer, "build"):
        layer.build(None)
    return layer


def _torch_conv2d(images, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    import torch

    window = Window(weight.shape[2:], stride, padding, dilation)
    images = _torch_padded(images, window)
    return torch.nn.functional.conv2d(images, weight, bias, stride, 0, dilation, groups)


def _torch_padded(images, window, fill=0.0):
    import torch

    top_bottom, left_right = window.pads(images.shape[2:])
    return torch.nn.functional.pad(images, (*left_right, *top_bottom), value=fill)


def _keras_conv2d(images, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    import keras

    images, padding = _keras_padded(
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


def _keras_padded(images, window, fill=0.0):
    """Images padded where Keras has no word for it, and the word."""
    import keras

    if window.padding in ("same", "valid"):
        return images, window.padding
    pads = ((0, 0), *window.padding, (0, 0))
    return keras.ops.pad(images, pads, constant_values=fill), "valid"


# Keras refuses a window that is both strided and dilated.
KERAS_CONV2D = tuple(name for name in CONV2D if name != "dilated and strided")


def _pool(rng, images, size, stride=None, padding=0, **options):
    drawn = {"images": rng.normal(size=images), "size": size, "stride": stride}
    return drawn | {"padding": padding} | options


def _tied(rng, *shapes, **options):
    """Pixels of three values: nearly every window has ties."""
    drawn = _pool(rng, *shapes, **options)
    return drawn | {"images": rng.integers(0, 3, size=shapes[0]).astype(float)}


POOLS = {
    "side by side": (((BATCH, CHANNELS, 7, 8), (3, 2)), {}),
    "overlapping, padded": (((BATCH, CHANNELS, 7, 8), 3), {"stride": 2, "padding": 1}),
    "same, stride 1": (((BATCH, CHANNELS, 5, 6), 3), {"stride": 1, "padding": "same"}),
    "same, stride 2": (((BATCH, CHANNELS, 6, 8), 3), {"stride": 2, "padding": "same"}),
    "asymmetric": (
        ((BATCH, CHANNELS, 5, 6), (3, 2)),
        {"stride": (1, 2), "padding": ((2, 0), (0, 1))},
    ),
}
MAX_POOL2D = {name: _sample(_pool, *shapes, **options) for name, (shapes, options) in POOLS.items()}
# No difference quotient exists at a tie; the first of equals gets the gradient.
MAX_POOL2D["ties"] = _sample(_tied, (BATCH, CHANNELS, 7, 8), 3, stride=2, padding=1)
AVG_POOL2D = {
    name: _sample(_pool, *shapes, **options, count_padding=False)
    for name, (shapes, options) in POOLS.items()
} | {
    f"{name}, padding counted": _sample(_pool, *shapes, **options, count_padding=True)
    for name, (shapes, options) in POOLS.items()
    if options
}


def _layer_of(name, *options):
    """A factory of the wing's layer of that name, given the options."""
    names = ("size", "stride", "padding", *options)

    def layer(wing, arguments):
        return _built(getattr(wing, name)(**{n: arguments[n] for n in names}))

    return layer


def _torch_max_pool2d(images, size, stride, padding):
    import torch

    images = _torch_padded(images, Window(size, stride or size, padding), -torch.inf)
    return torch.nn.functional.max_pool2d(images, size, stride)


def _torch_avg_pool2d(images, size, stride, padding, count_padding):
    """Symmetric padding alone: torch counts what it pads itself, or does not."""
    import torch

    return torch.nn.functional.avg_pool2d(
        images, size, stride, padding, count_include_pad=count_padding
    )


def _keras_pool(layer, images, size, stride, padding):
    images, padding = _keras_padded(images, Window(size, stride or size, padding), -float("inf"))
    return layer(size, stride, padding)(images)


def _keras_max_pool2d(images, **options):
    import keras

    return _keras_pool(keras.layers.MaxPooling2D, images, **options)


def _keras_avg_pool2d(images, count_padding, **options):
    import keras

    return _keras_pool(keras.layers.AveragePooling2D, images, **options)


# Published vectors. Left out: one and three dimensions, ceil_mode and dilated pooling, and
# integers, none of which our functions take; of "with_argmax" only the values are compared.


def _onnx(operation, names, options):
    """Pairs for the ONNX cases of one operation.

    names: of the inputs. options: function of the node's attributes and of the arguments so far,
    giving the rest; None leaves a case out.
    """
    from onnx import helper

    for case in onnx_node_cases():
        node = case.model.graph.node[0]
        if len(case.model.graph.node) != 1 or node.op_type != operation:
            continue
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        for inputs, outputs in case.data_sets:
            given = dict(zip(names, inputs, strict=False))
            rest = options(attributes, given)
            if rest is not None:
                yield given | rest, outputs[0]


def _onnx_window(attributes, given):
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
    window = _onnx_window(attributes, given)
    given.setdefault("bias", None)
    dilation, groups = attributes.get("dilations", [1, 1]), attributes.get("group", 1)
    options = {"stride": window["stride"], "padding": window["padding"]}
    return options | {"dilation": dilation, "groups": groups}


def _onnx_pool(attributes, given):
    if set(attributes.get("dilations", [1])) != {1}:
        return None
    return _onnx_window(attributes, given)


def _onnx_avg_pool(attributes, given):
    window = _onnx_pool(attributes, given)
    counted = {"count_padding": bool(attributes.get("count_include_pad", 0))}
    return None if window is None else window | counted


SYMMETRIC = ("side by side", "overlapping, padded")
TORCH_AVG = (*SYMMETRIC, "overlapping, padded, padding counted")
# Not "same, stride 2": for the odd row Keras on PyTorch repeats pixels and counts them.
KERAS_AVG = ("side by side", "same, stride 1")

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
                functools.partial(_onnx, "Conv", ("images", "weight", "bias"), _onnx_conv),
            ),
        ),
    ),
    Formula(
        name="max_pool2d",
        reference=pooling.max_pool2d,
        gradient=pooling.max_pool2d_gradient,
        samples=MAX_POOL2D,
        layer=_layer_of("MaxPool2d"),
        images=("images", "value"),
        peers=(
            Peer("torch.nn.functional.max_pool2d", "torch", _torch_max_pool2d, tuple(MAX_POOL2D)),
            Peer("keras.layers.MaxPooling2D", "keras", _keras_max_pool2d, tuple(MAX_POOL2D)),
        ),
        vectors=(
            Vectors("ONNX MaxPool", functools.partial(_onnx, "MaxPool", ("images",), _onnx_pool)),
        ),
    ),
    Formula(
        name="avg_pool2d",
        reference=pooling.avg_pool2d,
        gradient=pooling.avg_pool2d_gradient,
        samples=AVG_POOL2D,
        layer=_layer_of("AvgPool2d", "count_padding"),
        images=("images", "value"),
        peers=(
            Peer("torch.nn.functional.avg_pool2d", "torch", _torch_avg_pool2d, TORCH_AVG),
            Peer("keras.layers.AveragePooling2D", "keras", _keras_avg_pool2d, KERAS_AVG),
        ),
        vectors=(
            Vectors(
                "ONNX AveragePool",
                functools.partial(_onnx, "AveragePool", ("images",), _onnx_avg_pool),
            ),
        ),
    ),
)
