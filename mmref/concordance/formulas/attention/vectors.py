"""The Attention cases of the ONNX standard, and which of them we take."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from mmref.concordance.published import onnx_cases
from mmref.reference.multi_head import split_heads
from mmref.types import Array, Arrays

UNKNOWN = {
    "softcap": "scores are squashed",
    "left_window_size": "a window of neighbors",
    "right_window_size": "a window of neighbors",
    "softmax_precision": "precision of the softmax",
}


def left_out(attributes: Mapping[str, Any], inputs: Arrays) -> str | None:
    """Why a case of Attention asks for something our signature has no word for; None if not."""
    for attribute, reason in UNKNOWN.items():
        default = {"softcap": 0.0}.get(attribute, -1)
        if attributes.get(attribute, default) != default:
            return reason
    if "nonpad_kv_seqlen" in inputs:
        return "lengths instead of a mask"
    if any(array.dtype not in (np.float32, np.bool_) for array in inputs.values()):
        return "half precision"
    if "attn_mask" in inputs and inputs["attn_mask"].dtype != np.bool_:
        return "numbers added to the scores"
    return None


def onnx_attention() -> Iterator[tuple[dict[str, Any], Array]]:
    """The cases that need nothing else: heads split, groups repeated, the past put in front."""
    for _, attributes, inputs, outputs in onnx_cases("Attention"):
        if left_out(attributes, inputs) is None:
            yield arguments_of(attributes, inputs, outputs)


def arguments_of(
    attributes: Mapping[str, Any], inputs: Arrays, outputs: Arrays
) -> tuple[dict[str, Any], Array]:
    """Ours, and the expected output."""
    expected, *_ = outputs.values()
    queries, keys, values = inputs["Q"], inputs["K"], inputs["V"]
    if queries.ndim == 3:
        queries = split_heads(queries, attributes["q_num_heads"])
        keys, values = (split_heads(x, attributes["kv_num_heads"]) for x in (keys, values))
        shape = (*expected.shape[:2], queries.shape[1], -1)
        expected = expected.reshape(shape).swapaxes(1, 2)
    past = 0
    if "past_key" in inputs:
        past = inputs["past_key"].shape[2]
        keys = np.concatenate([inputs["past_key"], keys], axis=2)
        values = np.concatenate([inputs["past_value"], values], axis=2)
    group = queries.shape[1] // keys.shape[1]  # several heads of queries share one of keys
    keys, values = np.repeat(keys, group, axis=1), np.repeat(values, group, axis=1)
    mask = inputs.get("attn_mask")
    if attributes.get("is_causal"):
        earlier = np.tri(queries.shape[2], keys.shape[2], past, dtype=bool)
        mask = earlier if mask is None else mask & earlier
    if mask is not None:
        mask = mask.reshape((1,) * (4 - mask.ndim) + mask.shape)
    scale = attributes.get("scale")
    arrays = {"queries": queries, "keys": keys, "values": values, "mask": mask, "scale": scale}
    return arrays, expected
