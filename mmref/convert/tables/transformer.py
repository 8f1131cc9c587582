"""Layer norm and the Transformer block."""

from mmref.convert.tables.array import Array
from mmref.convert.tables.multi_head import torch_attention

LAYER_NORM = (Array("scale", "weight", "gamma"), Array("shift", "bias", "beta"))
ENCODER_LAYER = (
    *torch_attention("self_attn.", "attention."),
    *(
        Array(f"{ours}.{array}", f"{theirs}.{attribute}")
        for ours, theirs, pairs in (
            ("attention_norm", "norm1", (("scale", "weight"), ("shift", "bias"))),
            ("widen", "linear1", (("weight", "weight"), ("bias", "bias"))),
            ("narrow", "linear2", (("weight", "weight"), ("bias", "bias"))),
            ("feed_forward_norm", "norm2", (("scale", "weight"), ("shift", "bias"))),
        )
        for array, attribute in pairs
    ),
)

LAYERS = {
    "torch": {"LayerNorm": LAYER_NORM, "TransformerEncoderLayer": ENCODER_LAYER},
    "keras": {"LayerNormalization": LAYER_NORM},
}
MODELS = {
    "LayerNorm": ("scale", "shift"),
    "TransformerBlock": ("attention", "attention_norm", "widen", "narrow", "feed_forward_norm"),
}
