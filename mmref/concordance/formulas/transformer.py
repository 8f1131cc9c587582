"""Entries of layer norm, GELU and the Transformer block."""

import numpy as np

from mmref.concordance.exemptions import MATMUL, MEAN
from mmref.concordance.formula import BOUNDS, Exemption, Formula, Peer, Vectors, function_of
from mmref.concordance.formulas.attention import BATCH, HEADS, QUERIES
from mmref.concordance.formulas.multi_head import (
    DIM,
    blocked_by_head,
    heads_arrays,
    torch_multi_head_parameters,
)
from mmref.concordance.published import onnx_cases
from mmref.reference import attention, transformer

HIDDEN, WIDTH, STEPS = 11, 4, QUERIES


def _norm(rng, epsilon=1e-5, scale=1.0):
    return {
        "x": scale * rng.normal(size=(BATCH, STEPS, WIDTH)),
        "scale": rng.normal(size=WIDTH),
        "shift": rng.normal(size=WIDTH),
        "epsilon": epsilon,
    }


def _torch_layer_norm(x, scale, shift, epsilon):
    import torch

    return torch.nn.functional.layer_norm(x, scale.shape, scale, shift, epsilon)


def _keras_layer_norm(x, scale, shift, epsilon):
    import keras

    layer = keras.layers.LayerNormalization(epsilon=epsilon)
    layer.build(x.shape)
    return layer.stateless_call([scale, shift], [], x)[0]


def _onnx_layer_norm():
    """All cases: axes after the first of those to be normalized become one."""
    for _, attributes, inputs, outputs in onnx_cases("LayerNormalization"):
        x, axis = inputs["X"], attributes.get("axis", -1)
        axis %= x.ndim
        joined = (*x.shape[:axis], -1)
        yield (
            {
                "x": x.reshape(joined),
                "scale": inputs["W"].ravel(),
                "shift": inputs["B"].ravel(),
                "epsilon": attributes.get("epsilon", 1e-5),
            },
            outputs["Y"].reshape(joined),
        )


def _block(rng, mask=None, norm_first=True, activation="gelu", epsilon=1e-5):
    def norm():
        return {"scale": rng.normal(1, 0.3, size=DIM), "shift": rng.normal(size=DIM)}

    def dense(out, width):
        weight = rng.normal(scale=0.5, size=(out, width)) / np.sqrt(width)
        return {"weight": weight, "bias": rng.normal(size=out)}

    return {
        "x": rng.normal(size=(BATCH, STEPS, DIM)),
        "attention": heads_arrays(rng),
        "attention_norm": norm(),
        "widen": dense(HIDDEN, DIM),
        "narrow": dense(DIM, HIDDEN),
        "feed_forward_norm": norm(),
        "heads": HEADS,
        "norm_first": norm_first,
        "activation": activation,
        "epsilon": epsilon,
        "mask": mask,
    }


def _block_padding(rng):
    return (np.arange(STEPS) < np.array([4, 1])[:, None])[:, None]  # (B, 1, T)


def _block_empty_rows(rng):
    """Steps that keep nothing, in some heads or in all."""
    mask = rng.random((BATCH, HEADS, STEPS, STEPS)) < 0.5
    mask[0, :, 1] = mask[1, 0, 2] = False
    return _block(rng, mask, norm_first=False)


def _block_layer(wing, arguments):
    options = {name: arguments[name] for name in ("norm_first", "activation", "epsilon")}
    return wing.TransformerBlock(DIM, HEADS, HIDDEN, **options)


def _torch_block(
    x,
    attention,
    attention_norm,
    widen,
    narrow,
    feed_forward_norm,
    heads,
    norm_first,
    activation,
    epsilon,
    mask,
):
    import torch

    hidden = len(widen["bias"])
    layer = torch.nn.TransformerEncoderLayer(
        x.shape[-1],
        heads,
        hidden,
        dropout=0.0,
        activation=activation,
        layer_norm_eps=epsilon,
        batch_first=True,
        norm_first=norm_first,
    )
    parameters = torch_multi_head_parameters(attention, packed=True, path="self_attn.")
    for name, pair in (("norm1", attention_norm), ("norm2", feed_forward_norm)):
        parameters |= {f"{name}.weight": pair["scale"], f"{name}.bias": pair["shift"]}
    for name, pair in (("linear1", widen), ("linear2", narrow)):
        parameters |= {f"{name}.{array}": value for array, value in pair.items()}
    blocked = None
    if mask is not None:
        blocked = blocked_by_head(mask, (len(x), heads, x.shape[1], x.shape[1]))
    return torch.func.functional_call(layer, parameters, (x, blocked))


def _gelu(rng, far=1.0):
    return {"x": far * rng.normal(size=(BATCH, STEPS, WIDTH))}


def _torch_gelu(x):
    import torch

    return torch.nn.functional.gelu(x)


def _keras_gelu(x):
    import keras

    return keras.activations.gelu(x, approximate=False)


FORMULAS = (
    Formula(
        name="layer_norm",
        reference=transformer.layer_norm,
        gradient=transformer.layer_norm_gradient,
        samples={
            "default": _norm,
            "large epsilon": lambda rng: _norm(rng, epsilon=0.1),
            "small numbers": lambda rng: _norm(rng, epsilon=1e-3, scale=0.03),
        },
        layer=lambda wing, arguments: wing.LayerNorm(WIDTH, arguments["epsilon"]),
        weights=("scale", "shift"),
        peers=(
            Peer(
                "torch.nn.functional.layer_norm",
                "torch",
                _torch_layer_norm,
                ("default", "large epsilon", "small numbers"),
            ),
            Peer(
                "keras.layers.LayerNormalization",
                "keras",
                _keras_layer_norm,
                ("default", "large epsilon", "small numbers"),
            ),
        ),
        vectors=(Vectors("ONNX LayerNormalization", _onnx_layer_norm),),
        exemptions=MEAN,
    ),
    Formula(
        name="gelu",
        reference=transformer.gelu,
        gradient=transformer.gelu_gradient,
        samples={"near zero": _gelu, "far out": lambda rng: _gelu(rng, 4.0)},
        layer=function_of("gelu"),
        peers=(
            Peer("torch.nn.functional.gelu", "torch", _torch_gelu, ("near zero", "far out")),
            Peer(
                "keras.activations.gelu",
                "keras",
                _keras_gelu,
                ("near zero", "far out"),
                (
                    Exemption(
                        "keras on tensorflow",
                        "float64",
                        BOUNDS["float32"],
                        "on that backend its sqrt(2) is a float32",
                    ),
                ),
            ),
        ),
    ),
    Formula(
        name="transformer_block",
        reference=transformer.transformer_block,
        gradient=transformer.transformer_block_gradient,
        samples={
            "pre-norm": _block,
            "post-norm": lambda rng: _block(rng, norm_first=False),
            "relu": lambda rng: _block(rng, activation="relu", epsilon=0.1),
            "causal": lambda rng: _block(rng, attention.causal_mask(STEPS), norm_first=False),
            "padding": lambda rng: _block(rng, _block_padding(rng)),
            "empty rows": _block_empty_rows,
        },
        layer=_block_layer,
        weights=("attention", "attention_norm", "widen", "narrow", "feed_forward_norm"),
        peers=(
            Peer(
                "torch.nn.TransformerEncoderLayer",
                "torch",
                _torch_block,
                ("pre-norm", "post-norm", "relu", "causal", "padding"),
            ),
        ),
        exemptions=MATMUL + MEAN,
    ),
)
