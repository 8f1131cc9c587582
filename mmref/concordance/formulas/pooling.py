"""Entries of pooling; windows are those of ``convolution``."""

import functools

from mmref.concordance.formula import Formula, Peer, Vectors
from mmref.concordance.formulas.convolution import (
    BATCH,
    CHANNELS,
    built,
    keras_padded,
    onnx_window,
    sample,
    torch_padded,
)
from mmref.concordance.published import onnx_pairs
from mmref.contract.convolution import Window
from mmref.reference import pooling


def _pool(rng, images, size, stride=None, padding=0, **options):
    drawn = {"images": rng.normal(size=images), "size": size, "stride": stride}
    return drawn | {"padding": padding} | options


def _tied(rng, *shapes, **options):
    """Pixels of three values: nearly every window has ties."""
    drawn = _pool(rng, *shapes, **options)
    return drawn | {"images": rng.integers(0, 3, size=shapes[0]).astype(float)}


POOLS: dict[str, tuple[tuple, dict]] = {
    "side by side": (((BATCH, CHANNELS, 7, 8), (3, 2)), {}),
    "overlapping, padded": (((BATCH, CHANNELS, 7, 8), 3), {"stride": 2, "padding": 1}),
    "same, stride 1": (((BATCH, CHANNELS, 5, 6), 3), {"stride": 1, "padding": "same"}),
    "same, stride 2": (((BATCH, CHANNELS, 6, 8), 3), {"stride": 2, "padding": "same"}),
    "asymmetric": (
        ((BATCH, CHANNELS, 5, 6), (3, 2)),
        {"stride": (1, 2), "padding": ((2, 0), (0, 1))},
    ),
}

MAX_POOL2D = {name: sample(_pool, *shapes, **options) for name, (shapes, options) in POOLS.items()}
# No difference quotient exists at a tie; the first of equals gets the gradient.
MAX_POOL2D["ties"] = sample(_tied, (BATCH, CHANNELS, 7, 8), 3, stride=2, padding=1)
AVG_POOL2D = {
    name: sample(_pool, *shapes, **options, count_padding=False)
    for name, (shapes, options) in POOLS.items()
} | {
    f"{name}, padding counted": sample(_pool, *shapes, **options, count_padding=True)
    for name, (shapes, options) in POOLS.items()
    if options
}


def _layer_of(name, *options):
    """A factory of the wing's layer of that name, given the options."""
    names = ("size", "stride", "padding", *options)

    def layer(wing, arguments):
        return built(getattr(wing, name)(**{n: arguments[n] for n in names}))

    return layer


def _torch_max_pool2d(images, size, stride, padding):
    import torch

    images = torch_padded(images, Window(size, stride or size, padding), -torch.inf)
    return torch.nn.functional.max_pool2d(images, size, stride)


def _torch_avg_pool2d(images, size, stride, padding, count_padding):
    """Symmetric padding alone: torch counts what it pads itself, or does not."""
    import torch

    return torch.nn.functional.avg_pool2d(
        images, size, stride, padding, count_include_pad=count_padding
    )


def _keras_pool(layer, images, size, stride, padding):
    images, padding = keras_padded(images, Window(size, stride or size, padding), -float("inf"))
    return layer(size, stride, padding)(images)


def _keras_max_pool2d(images, **options):
    import keras

    return _keras_pool(keras.layers.MaxPooling2D, images, **options)


def _keras_avg_pool2d(images, count_padding, **options):
    import keras

    return _keras_pool(keras.layers.AveragePooling2D, images, **options)


# Published vectors. Left out: one and three dimensions, ceil_mode and dilated pooling, and
# integers, none of which our functions take; of "with_argmax" only the values are compared.


def _onnx_pool(attributes, given):
    if set(attributes.get("dilations", [1])) != {1}:
        return None
    return onnx_window(attributes, given)


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
            Vectors(
                "ONNX MaxPool",
                functools.partial(onnx_pairs, "MaxPool", ("images",), _onnx_pool),
            ),
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
                functools.partial(onnx_pairs, "AveragePool", ("images",), _onnx_avg_pool),
            ),
        ),
    ),
)
