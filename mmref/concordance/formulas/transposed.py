"""Entry of the transposed convolution."""

from mmref.concordance.formula import Formula, Peer, Vectors
from mmref.concordance.published import onnx_cases
from mmref.reference import transposed


def _maps(rng, stride, padding, output_padding, bias=True, size=(4, 3), kernel=(3, 2)):
    arrays = {
        "images": rng.normal(size=(2, 3, *size)),
        "weight": rng.normal(size=(3, 5, *kernel)),
        "bias": rng.normal(size=5) if bias else None,
    }
    return arrays | {
        "stride": stride,
        "padding": padding,
        "output_padding": output_padding,
    }


def _transposed_layer(wing, arguments):
    channels, out, *kernel = arguments["weight"].shape
    names = ("stride", "padding", "output_padding")
    return wing.ConvTranspose2d(
        channels,
        out,
        kernel,
        bias=arguments["bias"] is not None,
        **{name: arguments[name] for name in names},
    )


def _torch_transposed(images, weight, bias, stride, padding, output_padding):
    import torch

    return torch.nn.functional.conv_transpose2d(
        images, weight, bias, stride, padding, output_padding
    )


def _keras_transposed(images, weight, bias, stride, padding, output_padding):
    """keras.layers.Conv2DTranspose without padding, and the padding cut off afterwards."""
    import keras

    ops = keras.ops
    layer = keras.layers.Conv2DTranspose(
        weight.shape[1],
        tuple(weight.shape[2:]),
        stride,
        "valid",
        use_bias=bias is not None,
    )
    layer.build(images.shape)
    kernel = ops.transpose(weight, (2, 3, 1, 0))
    y, _ = layer.stateless_call([kernel] + ([] if bias is None else [bias]), [], images)
    rows, columns = padding if isinstance(padding, tuple) else (padding, padding)
    return y[:, rows : y.shape[1] - rows, columns : y.shape[2] - columns]


def _onnx_conv_transpose():
    """The ConvTranspose cases of the ONNX standard that are two-dimensional, of one group, not
    dilated and padded alike on both ends."""
    for _, attributes, inputs, outputs in onnx_cases("ConvTranspose"):
        (images, weight, *bias), (expected,) = inputs.values(), outputs.values()
        options = _onnx_options(attributes, images, weight, expected)
        if options is not None:
            given = {"images": images, "weight": weight, "bias": bias[0] if bias else None}
            yield given | options, expected


def _onnx_options(known, images, weight, expected):
    """The case's attributes as ours, or None where we have no word for them."""
    if images.ndim != 4 or known.get("group", 1) != 1 or set(known.get("dilations", [1])) != {1}:
        return None
    stride = tuple(known.get("strides", (1, 1)))
    extra = tuple(known.get("output_padding", (0, 0)))
    # Some cases name the size of the output instead of the padding.
    places = zip(images.shape[2:], stride, weight.shape[2:], extra, expected.shape[2:], strict=True)
    total = [(n - 1) * s + k + e - out for n, s, k, e, out in places]
    pads = known.get("pads", [n // 2 for n in total] + [n - n // 2 for n in total])
    before, after = tuple(pads[:2]), tuple(pads[2:])
    if (
        before != after
        or min(before) < 0
        or any(e >= s for e, s in zip(extra, stride, strict=True))
    ):
        return None
    return {"stride": stride, "padding": before, "output_padding": extra}


FORMULAS = (
    Formula(
        name="conv_transpose2d",
        reference=transposed.conv_transpose2d,
        gradient=transposed.conv_transpose2d_gradient,
        samples={
            "stride 2": lambda rng: _maps(rng, 2, 0, 0),
            "stride 1, padded": lambda rng: _maps(rng, 1, 1, 0),
            "all of it": lambda rng: _maps(rng, (3, 2), (1, 0), (2, 1)),
            "as in DCGAN": lambda rng: _maps(rng, 2, 1, 0, size=(4, 4), kernel=(4, 4)),
            "stride beyond the kernel": lambda rng: _maps(rng, (4, 3), 0, (0, 2)),
        },
        layer=_transposed_layer,
        weights=("weight", "bias"),
        images=("images", "value"),
        peers=(
            Peer(
                "torch.nn.functional.conv_transpose2d",
                "torch",
                _torch_transposed,
                ("stride 2", "stride 1, padded", "all of it", "as in DCGAN"),
            ),
            Peer(
                "keras.layers.Conv2DTranspose",
                "keras",
                _keras_transposed,
                ("stride 2", "stride 1, padded", "as in DCGAN"),
            ),
        ),
        vectors=(Vectors("ONNX ConvTranspose", _onnx_conv_transpose),),
    ),
)
