"""Entries of layer norm, the Transformer block and patches."""

import numpy as np

from mmref.concordance.formula import BOUNDS, Exemption, Formula, Peer, Vectors
from mmref.concordance.formulas.attention import BATCH, DIM, HEADS, QUERIES, heads_arrays
from mmref.concordance.formulas.attention_peers import (
    blocked_by_head,
    torch_multi_head_parameters,
)
from mmref.concordance.formulas.attention_vectors import onnx_layer_normalization
from mmref.concordance.formulas.fusion import MATMUL
from mmref.reference import attention, transformer, vision

HIDDEN, WIDTH = 11, 4
STEPS, PATCH, COLOR, GRID = QUERIES, 2, 5, (2, 3)  # rows and columns of patches


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


def _patches(rng, patch=PATCH):
    size = (patch * GRID[0], patch * GRID[1])
    return {
        "images": rng.normal(size=(BATCH, COLOR, *size)),
        "weight": rng.normal(size=(WIDTH + 2, patch * patch * COLOR)),
        "bias": rng.normal(size=WIDTH + 2),
        "patch": patch,
    }


def _patch_layer(wing, arguments):
    size, patch = arguments["images"].shape[2:], arguments["patch"]
    return wing.PatchEmbedding(size, patch, len(arguments["bias"]), COLOR)


def _torch_patches(images, weight, bias, patch):
    import torch

    kernel = weight.unflatten(1, (patch, patch, -1)).permute(0, 3, 1, 2)  # (D, C, P, P)
    found = torch.nn.functional.conv2d(images, kernel, bias, stride=patch)
    return found.flatten(2).transpose(1, 2)


def _keras_patches(images, weight, bias, patch):
    from keras import ops

    kernel = ops.reshape(ops.transpose(weight), (patch, patch, -1, weight.shape[0]))
    found = ops.conv(images, kernel, strides=patch, data_format="channels_last") + bias
    return ops.reshape(found, (images.shape[0], -1, weight.shape[0]))


MEAN = (
    Exemption(
        "keras on torch",
        "float64",
        BOUNDS["float32"],
        "on that backend keras.ops.mean computes float64 inputs in float32",
    ),
)

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
        vectors=(Vectors("ONNX LayerNormalization", onnx_layer_normalization),),
        exemptions=MEAN,
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
        exemptions=MATMUL,
    ),
    Formula(
        name="patch_embedding",
        reference=vision.patch_embedding,
        gradient=vision.patch_embedding_gradient,
        samples={"2 x 2": _patches, "3 x 3": lambda rng: _patches(rng, 3)},
        layer=_patch_layer,
        weights=("weight", "bias"),
        images=("images",),
        peers=(
            Peer("torch.nn.functional.conv2d", "torch", _torch_patches, ("2 x 2", "3 x 3")),
            Peer("keras.ops.conv", "keras", _keras_patches, ("2 x 2", "3 x 3")),
        ),
        exemptions=MATMUL,
    ),
)
