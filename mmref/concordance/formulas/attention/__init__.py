"""Entries of attention: lookups, and the masks that they are asked with."""

from typing import Any

import numpy as np

from mmref.concordance.exemptions import MATMUL, TANH, in_float32
from mmref.concordance.formula import Formula, Peer, Vectors, function_of
from mmref.concordance.formulas.attention import peers
from mmref.concordance.formulas.attention.vectors import onnx_attention
from mmref.reference import attention
from mmref.types import Array

# All sizes differ: examples, heads, queries, keys, the width of a head and of a value ...
BATCH, HEADS, QUERIES, KEYS, WIDTH, VALUE_WIDTH = 2, 3, 5, 6, 4, 7
# ... and with them D_k and D_v of the inputs that are projected, H of additive attention.
KEY_WIDTH, INPUT_WIDTH, HIDDEN = 8, 10, 9
# Keras's own attention rounds its scale to float32, also among float64 numbers: that does no harm
# to 1 / sqrt(4), nor to this one.
SCALE = 0.375


def causal(rng: np.random.Generator) -> Array:
    """The queries are the last of the steps, as in decoding with a cache."""
    return attention.causal_mask(QUERIES, past=KEYS - QUERIES)


def padding(rng: np.random.Generator) -> Array:
    """Examples of different length: 4 and 1."""
    return (np.arange(KEYS) < np.array([4, 1])[:, None])[:, None, None]  # (B, 1, 1, Tk)


def per_head(rng: np.random.Generator) -> Array:
    mask = rng.random((BATCH, HEADS, QUERIES, KEYS)) < 0.5
    mask[..., 2] = True  # at least one in every row
    return mask


def hostile_mask(rng: np.random.Generator) -> Array:
    """Some queries keep nothing, some keys are kept by nobody; the same ones in all heads."""
    mask = per_head(rng)
    mask[..., 3:5] = False
    mask[1, :, 0] = mask[0, 1, 2] = False
    return mask


def poison(arguments: dict[str, Any], mask: Array) -> dict[str, Any]:
    """NaN and infinity wherever nothing looks, and nothing is looked at, in any head."""
    if arguments["queries"].ndim != 4:
        mask = np.any(mask, axis=1, keepdims=False)
    arguments["queries"][~mask.any(axis=-1)] = np.nan
    for name, junk in (("keys", np.inf), ("values", np.nan)):
        if name in arguments:
            arguments[name][~mask.any(axis=-2)] = junk
    return arguments


def _lookup(rng, mask=None, scale=None, values=True):
    shape = (BATCH, HEADS)
    arrays = {
        "queries": rng.normal(size=(*shape, QUERIES, WIDTH)),
        "keys": rng.normal(size=(*shape, KEYS, WIDTH)),
    }
    if values:
        arrays["values"] = rng.normal(size=(*shape, KEYS, VALUE_WIDTH))
    return arrays | {"mask": mask, "scale": scale}


def _lookups(values):
    def hostile(rng):
        mask = hostile_mask(rng)
        return poison(_lookup(rng, mask, values=values), mask)

    return {
        "no mask": lambda rng: _lookup(rng, values=values),
        "causal": lambda rng: _lookup(rng, causal(rng), values=values),
        "padding": lambda rng: _lookup(rng, padding(rng), values=values),
        "per head": lambda rng: _lookup(rng, per_head(rng), values=values),
        "scaled": lambda rng: _lookup(rng, scale=SCALE, values=values),
        "hostile": hostile,
    }


def _additive(rng, mask=None):
    return {
        "queries": rng.normal(size=(BATCH, QUERIES, WIDTH)),
        "keys": rng.normal(size=(BATCH, KEYS, KEY_WIDTH)),
        "values": rng.normal(size=(BATCH, KEYS, INPUT_WIDTH)),
        "query_weight": rng.normal(size=(HIDDEN, WIDTH)),
        "key_weight": rng.normal(size=(HIDDEN, KEY_WIDTH)),
        "score_weight": rng.normal(size=HIDDEN),
        "mask": mask,
    }


def _additive_hostile(rng):
    mask = hostile_mask(rng)[:, 0]
    return poison(_additive(rng, mask), mask[:, None])


FAIR = ("no mask", "causal", "padding", "per head", "scaled")
FORMULAS = (
    Formula(
        name="attention_weights",
        reference=attention.attention_weights,
        gradient=attention.attention_weights_gradient,
        samples=_lookups(values=False),
        layer=function_of("attention_weights"),
        exemptions=MATMUL,
    ),
    Formula(
        name="dot_product_attention",
        reference=attention.dot_product_attention,
        gradient=attention.dot_product_attention_gradient,
        samples=_lookups(values=True),
        layer=function_of("dot_product_attention"),
        peers=(
            Peer(peers.SDPA, "torch", peers.torch_dot_product, FAIR),
            Peer(
                "keras.ops.dot_product_attention",
                "keras",
                peers.keras_dot_product,
                FAIR,
                in_float32("dot_product_attention", "jax"),
            ),
            Peer(
                "keras.layers.Attention",
                "keras",
                peers.keras_attention,
                ("no mask", "padding", "scaled"),
            ),
        ),
        vectors=(Vectors("ONNX Attention", onnx_attention),),
        exemptions=MATMUL,
    ),
    Formula(
        name="additive_attention",
        reference=attention.additive_attention,
        gradient=attention.additive_attention_gradient,
        samples={
            "no mask": _additive,
            "causal": lambda rng: _additive(rng, causal(rng)),
            "padding": lambda rng: _additive(rng, padding(rng)[:, 0]),
            "hostile": _additive_hostile,
        },
        layer=lambda wing, arguments: wing.AdditiveAttention(WIDTH, KEY_WIDTH, HIDDEN),
        weights=("query_weight", "key_weight", "score_weight"),
        peers=(
            Peer(
                "keras.layers.AdditiveAttention after two keras.layers.Dense",
                "keras",
                peers.keras_additive,
                ("no mask", "padding"),
            ),
        ),
        exemptions=MATMUL + TANH,
    ),
)
