"""Multi-head attention.

PyTorch packs the query's, the key's and the value's weights into one array (3D, D), one below the
other, unless keys or values have a width of their own. Keras keeps them apart, with an axis for the
heads: (D, K, D / K), and (K, D / K, D) for the output. Ours are four dense layers.
"""

from collections.abc import Iterator

from mmref.convert.tables.array import Array

INPUTS = ("query", "key", "value")
PARTS = (*INPUTS, "output")


def torch_attention(path: str = "", name: str = "") -> Iterator[Array]:
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


LAYERS = {
    "torch": {"MultiheadAttention": tuple(torch_attention())},
    "keras": {"MultiHeadAttention": tuple(_keras_attention())},
}
MODELS = {"MultiHeadAttention": tuple(f"{part}_projection" for part in PARTS)}
ARGUMENTS = {
    "MultiHeadAttention": {
        f"{part}_projection": {"weight": f"{part}_weight", "bias": f"{part}_bias"} for part in PARTS
    }
}
