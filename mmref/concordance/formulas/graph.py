"""Entries of layers on graphs."""

import numpy as np

from mmref.concordance.exemptions import MATMUL, in_float32
from mmref.concordance.formula import Formula, Peer, function_of
from mmref.reference import graph

# All sizes differ.
BATCH, NODES, WIDTH, HEADS, SIZE = 2, 5, 4, 2, 3
DIM = HEADS * SIZE
PRESENT = np.arange(NODES) < np.array([5, 3])[:, None]  # graphs of 5 and of 3 nodes


def _graph(rng, directed=False, present=None, poison=False):
    """Graphs in which half of the pairs are joined; poison: NaN where there is no node."""
    nodes = rng.normal(size=(BATCH, NODES, WIDTH))
    adjacency = rng.random((BATCH, NODES, NODES)) < (0.5 if directed else 0.3)
    if not directed:
        adjacency |= adjacency.swapaxes(1, 2)
    if poison:
        nodes[~present], adjacency[0, 1], adjacency[0, :, 1] = np.nan, False, False
    return {"nodes": nodes, "adjacency": adjacency, "present": present}


def _hostile(rng):
    """A graph without nodes; in the other one two are missing, and one has no neighbor."""
    present = np.array([[True, True, False, True, False], [False] * NODES])
    return _graph(rng, directed=True, present=present, poison=True)


GRAPHS = {
    "undirected": _graph,
    "directed": lambda rng: _graph(rng, directed=True),
    "two sizes": lambda rng: _graph(rng, directed=True, present=PRESENT),
    "hostile": _hostile,
}


def _convolution(draw):
    def sample(rng):
        given = draw(rng)
        weight, bias = rng.normal(size=(DIM, WIDTH)), rng.normal(size=DIM)
        present = given.pop("present")
        return given | {"weight": weight, "bias": bias, "present": present}

    return sample


def _attention(draw, slope=0.2):
    def sample(rng):
        given = draw(rng)
        present = given.pop("present")
        arrays = {
            "weight": rng.normal(size=(DIM, WIDTH)),
            "receiver_weight": rng.normal(size=(HEADS, SIZE)),
            "sender_weight": rng.normal(size=(HEADS, SIZE)),
            "bias": rng.normal(size=DIM),
        }
        return given | arrays | {"present": present, "slope": slope}

    return sample


def _readout(draw, how):
    def sample(rng):
        given = draw(rng)
        return {"nodes": given["nodes"], "present": given["present"], "how": how}

    return sample


# PyTorch Geometric, whose dense layers have the same convention: a row receives.


def _pyg_convolution(nodes, adjacency, weight, bias, present):
    import torch
    from torch_geometric.nn import DenseGCNConv

    layer = DenseGCNConv(weight.shape[1], len(weight))
    given = (nodes, adjacency.to(nodes.dtype))
    return torch.func.functional_call(layer, {"lin.weight": weight, "bias": bias}, given)


def _pyg_attention(nodes, adjacency, weight, receiver_weight, sender_weight, bias, present, slope):
    import torch
    from torch_geometric.nn import DenseGATConv

    heads, size = receiver_weight.shape
    layer = DenseGATConv(weight.shape[1], size, heads, negative_slope=slope)
    arrays = {"lin.weight": weight, "bias": bias}
    arrays |= {"att_dst": receiver_weight[None, None], "att_src": sender_weight[None, None]}
    given = (nodes, adjacency.to(nodes.dtype))
    return torch.func.functional_call(layer, arrays, given)


def _keras_pooling(nodes, present, how):
    import keras

    return keras.layers.GlobalAveragePooling1D(dtype=nodes.dtype)(nodes, mask=present)


FORMULAS = (
    Formula(
        name="graph_convolution",
        reference=graph.graph_convolution,
        gradient=graph.graph_convolution_gradient,
        samples={name: _convolution(draw) for name, draw in GRAPHS.items()},
        layer=lambda wing, given: wing.GraphConvolution(WIDTH, len(given["weight"])),
        weights=("weight", "bias"),
        peers=(
            Peer(
                "torch_geometric.nn.DenseGCNConv",
                framework="torch",
                samples=("undirected", "directed"),
                package="torch_geometric",
                function=_pyg_convolution,
            ),
        ),
        exemptions=MATMUL,
    ),
    Formula(
        name="graph_attention",
        reference=graph.graph_attention,
        gradient=graph.graph_attention_gradient,
        samples={name: _attention(draw) for name, draw in GRAPHS.items()}
        | {"another slope": _attention(_graph, slope=0.5)},
        layer=lambda wing, given: wing.GraphAttention(
            WIDTH, len(given["weight"]), len(given["receiver_weight"]), given["slope"]
        ),
        weights=("weight", "receiver_weight", "sender_weight", "bias"),
        peers=(
            Peer(
                "torch_geometric.nn.DenseGATConv",
                framework="torch",
                samples=("undirected", "directed", "another slope"),
                package="torch_geometric",
                function=_pyg_attention,
            ),
        ),
        exemptions=MATMUL,
    ),
    Formula(
        name="graph_readout",
        reference=graph.graph_readout,
        gradient=graph.graph_readout_gradient,
        samples={
            "mean, two sizes": _readout(GRAPHS["two sizes"], "mean"),
            "sum, two sizes": _readout(GRAPHS["two sizes"], "sum"),
            "mean, all there": _readout(GRAPHS["undirected"], "mean"),
            "hostile": _readout(_hostile, "mean"),
        },
        layer=function_of("graph_readout"),
        peers=(
            Peer(
                "keras.layers.GlobalAveragePooling1D",
                "keras",
                _keras_pooling,
                ("mean, two sizes", "mean, all there"),
                exemptions=in_float32("mean", "torch", "jax"),
            ),
        ),
    ),
)
