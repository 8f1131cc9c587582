"""Entries of the family ``attention``: lookups. Blocks are in ``transformer``."""

import numpy as np

from mmref.concordance.formula import Formula, Peer, Vectors
from mmref.concordance.formulas import attention_peers as peers
from mmref.concordance.formulas.attention_vectors import onnx_attention
from mmref.concordance.formulas.fusion import MATMUL
from mmref.reference import attention, multi_head

# All sizes differ: examples, heads, queries, keys, the width of a head and of a value ...
BATCH, HEADS, QUERIES, KEYS, WIDTH, VALUE_WIDTH = 2, 3, 5, 6, 4, 7
# ... and with them D = heads * width, D_k and D_v of multi-head attention, H of the additive one.
DIM, KEY_WIDTH, INPUT_WIDTH, HIDDEN = HEADS * WIDTH, 8, 10, 9
# Keras's own attention rounds its scale to float32, also among float64 numbers: that does no harm
# to 1 / sqrt(4), nor to this one.
SCALE = 0.375


def causal(rng):
    """The queries are the last of the steps, as in decoding with a cache."""
    return attention.causal_mask(QUERIES, past=KEYS - QUERIES)


def padding(rng):
    """Examples of different length: 4 and 1."""
    return (np.arange(KEYS) < np.array([4, 1])[:, None])[:, None, None]  # (B, 1, 1, Tk)


def per_head(rng):
    mask = rng.random((BATCH, HEADS, QUERIES, KEYS)) < 0.5
    mask[..., 2] = True  # at least one in every row
    return mask


def hostile_mask(rng):
    """Some queries keep nothing, some keys are kept by nobody; the same ones in all heads."""
    mask = per_head(rng)
    mask[..., 3:5] = False
    mask[1, :, 0] = mask[0, 1, 2] = False
    return mask


def poison(arguments, mask):
    """NaN and infinity wherever nothing looks, and nothing is looked at, in any head."""
    mask = mask if arguments["queries"].ndim == 4 else mask.any(axis=1)
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


def _function(name):
    """The wing's function, its option applied."""

    def layer(wing, arguments):
        return lambda **arrays: getattr(wing, name)(**arrays, scale=arguments["scale"])

    return layer


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


def heads_arrays(rng, dim=DIM, key_width=DIM, value_width=DIM):
    """The arrays that a multi-head attention holds."""
    widths = {"query": dim, "key": key_width, "value": value_width, "output": dim}
    arrays = {}
    for which, width in widths.items():
        arrays[f"{which}_weight"] = rng.normal(scale=0.7, size=(dim, width)) / np.sqrt(width)
        arrays[f"{which}_bias"] = rng.normal(scale=0.5, size=dim)
    return arrays


def _multi_head(rng, mask=None, key_width=KEY_WIDTH, value_width=INPUT_WIDTH):
    arrays = {
        "queries": rng.normal(size=(BATCH, QUERIES, DIM)),
        "keys": rng.normal(size=(BATCH, KEYS, key_width)),
        "values": rng.normal(size=(BATCH, KEYS, value_width)),
    }
    arrays |= heads_arrays(rng, DIM, key_width, value_width)
    return arrays | {"heads": HEADS, "mask": mask}


def _multi_head_hostile(rng):
    mask = hostile_mask(rng)
    return poison(_multi_head(rng, mask), mask)


def _multi_head_layer(wing, arguments):
    widths = [arguments[f"{which}_weight"].shape[1] for which in ("query", "key", "value")]
    dim, key_width, value_width = widths
    return wing.MultiHeadAttention(dim, arguments["heads"], key_width, value_width)


FAIR = ("no mask", "causal", "padding", "per head", "scaled")
MASKED = ("no mask", "causal", "padding", "per head", "equal widths")

FORMULAS = (
    Formula(
        name="attention_weights",
        reference=attention.attention_weights,
        gradient=attention.attention_weights_gradient,
        samples=_lookups(values=False),
        layer=_function("attention_weights"),
        exemptions=MATMUL,
    ),
    Formula(
        name="dot_product_attention",
        reference=attention.dot_product_attention,
        gradient=attention.dot_product_attention_gradient,
        samples=_lookups(values=True),
        layer=_function("dot_product_attention"),
        peers=(
            Peer(peers.SDPA, "torch", peers.torch_dot_product, FAIR),
            Peer("keras.ops.dot_product_attention", "keras", peers.keras_dot_product, FAIR),
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
        exemptions=MATMUL,
    ),
    Formula(
        name="multi_head_attention",
        reference=multi_head.multi_head_attention,
        gradient=multi_head.multi_head_attention_gradient,
        samples={
            "no mask": _multi_head,
            "causal": lambda rng: _multi_head(rng, causal(rng)),
            "padding": lambda rng: _multi_head(rng, padding(rng)[:, 0]),
            "per head": lambda rng: _multi_head(rng, per_head(rng)),
            "equal widths": lambda rng: _multi_head(rng, None, DIM, DIM),
            "hostile": _multi_head_hostile,
        },
        layer=_multi_head_layer,
        weights=tuple(
            f"{which}_{array}"
            for which in ("query", "key", "value", "output")
            for array in ("weight", "bias")
        ),
        peers=(
            Peer("torch.nn.MultiheadAttention", "torch", peers.torch_multi_head, MASKED),
            Peer("keras.layers.MultiHeadAttention", "keras", peers.keras_multi_head, MASKED),
        ),
        exemptions=MATMUL,
    ),
)
