"""The Attention and LayerNormalization cases of the ONNX standard, and which of them we take."""

import numpy as np

from mmref.concordance.published import onnx_node_cases
from mmref.reference.multi_head import split_heads

UNKNOWN = {
    "softcap": "scores are squashed",
    "left_window_size": "a window of neighbors",
    "right_window_size": "a window of neighbors",
    "softmax_precision": "precision of the softmax",
}


def onnx_cases(name):
    """The cases of one operation: (name, attributes, inputs by name, first output)."""
    from onnx import helper

    for case in onnx_node_cases():
        # "expanded" repeats a case with other operations, in the same numbers.
        nodes = case.model.graph.node
        if "expanded" in case.name or len(nodes) != 1 or nodes[0].op_type != name:
            continue
        (node,) = nodes
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        for given, expected in case.data_sets:
            names = [name for name in node.input if name]
            yield case.name, attributes, dict(zip(names, given, strict=True)), expected[0]


def left_out(attributes, inputs):
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


def onnx_attention():
    """The cases that need nothing else: heads split, groups repeated, the past put in front."""
    for _, attributes, inputs, expected in onnx_cases("Attention"):
        if left_out(attributes, inputs) is None:
            yield _arguments(attributes, inputs, expected)


def _arguments(attributes, inputs, expected):
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
    scale = attributes.get("scale")
    arrays = {"queries": queries, "keys": keys, "values": values, "mask": mask, "scale": scale}
    return arrays, expected


def onnx_layer_normalization():
    """All cases: axes after the first of those to be normalized become one."""
    for _, attributes, inputs, expected in onnx_cases("LayerNormalization"):
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
            expected.reshape(joined),
        )
