"""Entry of multi-head attention."""

import numpy as np

from mmref.concordance.exemptions import MATMUL, in_float32
from mmref.concordance.formula import Formula, Peer
from mmref.concordance.formulas.attention import (
    BATCH,
    HEADS,
    INPUT_WIDTH,
    KEY_WIDTH,
    KEYS,
    QUERIES,
    WIDTH,
    causal,
    hostile_mask,
    padding,
    per_head,
    poison,
)
from mmref.reference import multi_head
from mmref.types import Array, Shape, Tensor, Tensors

DIM = HEADS * WIDTH


def heads_arrays(
    rng: np.random.Generator, dim: int = DIM, key_width: int = DIM, value_width: int = DIM
) -> dict[str, Array]:
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


# The frameworks' own layers.


def torch_multi_head(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    heads: int,
    mask: Tensor | None,
    **arrays: Tensor,
) -> Tensor:
    """torch.nn.MultiheadAttention: True in its mask, one for each example and head, is blocked."""
    import torch

    dim, widths = queries.shape[-1], (keys.shape[-1], values.shape[-1])
    layer = torch.nn.MultiheadAttention(
        dim, heads, kdim=widths[0], vdim=widths[1], batch_first=True
    )
    parameters = torch_multi_head_parameters(arrays, packed=widths == (dim, dim))
    blocked = None
    if mask is not None:
        blocked = blocked_by_head(mask, (len(queries), heads, queries.shape[1], keys.shape[1]))
    call = torch.func.functional_call
    options = {"attn_mask": blocked, "need_weights": False}
    return call(layer, parameters, (queries, keys, values), options)[0]


def torch_multi_head_parameters(arrays: Tensors, packed: bool, path: str = "") -> dict[str, Tensor]:
    """Our arrays under PyTorch's names."""
    import torch

    inputs = ("query", "key", "value")
    weights = {which: arrays[f"{which}_weight"] for which in inputs}
    named = {f"{which[0]}_proj_weight": weight for which, weight in weights.items()}
    if packed:
        named = {"in_proj_weight": torch.cat(list(weights.values()))}
    named["in_proj_bias"] = torch.cat([arrays[f"{which}_bias"] for which in inputs])
    named |= {f"out_proj.{array}": arrays[f"output_{array}"] for array in ("weight", "bias")}
    return {f"{path}{name}": array for name, array in named.items()}


def blocked_by_head(mask: Tensor, shape: Shape) -> Tensor:
    """(B * K, Tq, Tk), True = blocked, from a mask with three or four axes, True = keep."""
    mask = mask[:, None] if mask.ndim == 3 else mask
    return ~mask.expand(*shape).flatten(0, 1)


def keras_multi_head(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    heads: int,
    mask: Tensor | None,
    **arrays: Tensor,
) -> Tensor:
    """keras.layers.MultiHeadAttention with these arrays."""
    import keras
    from keras import ops

    dim = queries.shape[-1]
    size = dim // heads
    layer = keras.layers.MultiHeadAttention(heads, size, size, output_shape=dim)
    layer.build(queries.shape, values.shape, keys.shape)
    given = {}
    for which in ("query", "key", "value"):
        dense = getattr(layer, f"{which}_dense")
        weight = ops.transpose(arrays[f"{which}_weight"])  # (D_in, D)
        given[dense.kernel.path] = ops.reshape(weight, (-1, heads, size))
        given[dense.bias.path] = ops.reshape(arrays[f"{which}_bias"], (heads, size))
    weight = ops.transpose(arrays["output_weight"])  # (D, D_o)
    given[layer.output_dense.kernel.path] = ops.reshape(weight, (heads, size, -1))
    given[layer.output_dense.bias.path] = arrays["output_bias"]
    variables = [given[v.path] for v in layer.trainable_variables]
    state = [v.value for v in layer.non_trainable_variables]
    call = layer.stateless_call
    return call(variables, state, queries, values, key=keys, attention_mask=mask)[0]


MASKED = ("no mask", "causal", "padding", "per head", "equal widths")
FORMULAS = (
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
            Peer("torch.nn.MultiheadAttention", "torch", torch_multi_head, MASKED),
            Peer(
                "keras.layers.MultiHeadAttention",
                "keras",
                keras_multi_head,
                MASKED,
                in_float32("dot_product_attention, and so this layer,", "jax"),
            ),
        ),
        exemptions=MATMUL,
    ),
)
