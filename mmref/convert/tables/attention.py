"""Attention and what stands around it in a Transformer: layer norm, the frameworks' own blocks.

PyTorch packs the query's, the key's and the value's weights into one array (3D, D), one below the
other, unless keys or values have a width of their own. Keras keeps them apart, with an axis for the
heads: (D, K, D / K), and (K, D / K, D) for the output.
"""

from mmref.convert.tables.array import Array

INPUTS = ("query", "key", "value")


def _torch_attention(path="", name=""):
    """Arrays of a torch.nn.MultiheadAttention that stands at ``path``."""
    for i, which in enumerate(INPUTS):
        yield Array(f"{name}{which}_weight", f"{path}in_proj_weight", rows=(i, 3))
        yield Array(f"{name}{which}_weight", f"{path}{which[0]}_proj_weight")
        yield Array(f"{name}{which}_bias", f"{path}in_proj_bias", rows=(i, 3))
    yield Array(f"{name}output_weight", f"{path}out_proj.weight")
    yield Array(f"{name}output_bias", f"{path}out_proj.bias")


def _keras_attention():
    for which in INPUTS:
        dense = f"{which}_dense"
        yield Array(f"{which}_weight", keras=f"{dense}.kernel", axes=(2, 0, 1), split=0)
        yield Array(f"{which}_bias", keras=f"{dense}.bias", split=0)
    yield Array("output_weight", keras="output_dense.kernel", axes=(1, 2, 0), split=1)
    yield Array("output_bias", keras="output_dense.bias")


LAYER_NORM = (Array("scale", "weight", "gamma"), Array("shift", "bias", "beta"))
ENCODER_LAYER = (
    *_torch_attention("self_attn.", "attention."),
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
    "torch": {
        "MultiheadAttention": tuple(_torch_attention()),
        "LayerNorm": LAYER_NORM,
        "TransformerEncoderLayer": ENCODER_LAYER,
    },
    "keras": {
        "MultiHeadAttention": tuple(_keras_attention()),
        "LayerNormalization": LAYER_NORM,
    },
}
OWN_LAYERS = {"torch": {}, "keras": {}}
