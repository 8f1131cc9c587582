"""Layers on graphs, against networkx, PyTorch Geometric and facts of their own."""

import networkx as nx
import numpy as np
import pytest

from mmref import convert
from mmref.reference import graph
from tests.wings import WINGS, numpy, tensor, wing_of

CLUB = nx.karate_club_graph()
ADJACENCY = nx.to_numpy_array(CLUB, weight=None) > 0


def arrays(width, dim, heads=None, seed=0):
    rng = np.random.default_rng(seed)
    ends = {} if heads is None else {
        f"{end}_weight": rng.normal(size=(heads, dim // heads)) for end in ("receiver", "sender")
    }  # fmt: skip
    return {"weight": rng.normal(size=(dim, width))} | ends | {"bias": rng.normal(size=dim)}


LAYERS = {
    "convolution": (graph.graph_convolution, arrays(3, 4)),
    "attention": (graph.graph_attention, arrays(3, 4, heads=2)),
}
EACH = pytest.mark.parametrize("kind", LAYERS)


def drawn(count=6, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(1, count, 3)), rng.random((1, count, count)) < 0.4


def layer(name, kind, given):
    wing = wing_of(name)
    size = {"width": given["weight"].shape[1], "dim": len(given["weight"])}
    made = (
        wing.GraphConvolution(**size)
        if kind == "convolution"
        else wing.GraphAttention(**size, heads=len(given["receiver_weight"]))
    )
    if name == "keras":
        made.build()
    convert.set_arrays(made, given)
    return made


def test_the_matrix_is_the_identity_less_the_laplacian_of_networkx():
    """Of the graph with a loop at each node: a node with itself as its only feature shows it."""
    looped = CLUB.copy()
    looped.add_edges_from((i, i, {"weight": 1}) for i in CLUB)
    laplacian = nx.normalized_laplacian_matrix(looped, nodelist=range(34), weight=None).toarray()
    one = np.eye(34)
    found = graph.graph_convolution(one[None], ADJACENCY[None], one, np.zeros(34))
    np.testing.assert_allclose(found[0], one - laplacian, atol=1e-15)


@EACH
def test_pytorch_geometric_agrees_edge_by_edge(kind):
    """Its sparse layers; an edge goes from its first row to its second, and the second receives."""
    torch = pytest.importorskip("torch")
    sparse = pytest.importorskip("torch_geometric.nn")
    function, given = LAYERS[kind]
    x, adjacency = drawn(8)
    adjacency[0, 2] = False  # receives from nobody
    receiver, sender = np.nonzero(adjacency[0])
    edges = torch.tensor(np.stack([sender, receiver]))
    held = {name: torch.tensor(array) for name, array in given.items()}
    names = {"lin.weight": held["weight"], "bias": held["bias"]}
    if kind == "convolution":
        judge = sparse.GCNConv(3, 4)
    else:
        judge = sparse.GATConv(3, 2, heads=2)
        names |= {"att_dst": held["receiver_weight"][None], "att_src": held["sender_weight"][None]}
    found = torch.func.functional_call(judge.double(), names, (torch.tensor(x[0]), edges))
    np.testing.assert_allclose(function(x, adjacency, **given)[0], found.numpy(), atol=1e-12)


def test_a_path_by_hand():
    """0, 6, 0 on a path: the middle has three senders, the ends two."""
    path = np.eye(3, k=1, dtype=bool) | np.eye(3, k=-1, dtype=bool)
    x, one = np.array([[[0.0], [6], [0]]]), np.eye(1)
    found = graph.graph_convolution(x, path[None], one, np.zeros(1))
    np.testing.assert_allclose(found.ravel(), [6 / np.sqrt(6), 2, 6 / np.sqrt(6)])
    averaged = graph.graph_attention(x, path[None], one, 0 * one, 0 * one, np.zeros(1))
    np.testing.assert_allclose(averaged.ravel(), [3, 2, 3])


@EACH
@pytest.mark.parametrize("name", ("reference", *WINGS))
def test_the_order_of_the_nodes_does_not_matter(kind, name):
    function, given = LAYERS[kind]
    x, adjacency = drawn()
    p = np.random.default_rng(2).permutation(6)
    turned = x[:, p], adjacency[:, p][:, :, p]
    if name == "reference":
        one, other = function(x, adjacency, **given), function(*turned, **given)
    else:
        made = layer(name, kind, given)
        one, other = (
            numpy(made(tensor(name, x.astype("float32")), tensor(name, adjacency)))
            for x, adjacency in ((x, adjacency), turned)
        )
    np.testing.assert_allclose(other, one[:, p], atol=1e-5)
    np.testing.assert_allclose(graph.graph_readout(one[:, p]), graph.graph_readout(one), atol=1e-6)


@EACH
def test_padding_changes_nothing(kind):
    """A graph among larger ones is what it is alone, whatever stands behind it."""
    function, given = LAYERS[kind]
    x, adjacency = drawn()
    padded = np.full((1, 9, 3), np.nan)
    padded[:, :6], joined = x, np.ones((1, 9, 9), bool)
    joined[:, :6, :6] = adjacency
    found = function(padded, joined, **given, present=np.arange(9)[None] < 6)
    np.testing.assert_allclose(found[:, :6], function(x, adjacency, **given), atol=1e-14)
    assert not found[:, 6:].any()


@EACH
def test_a_node_alone_is_a_dense_layer_and_a_loop_counts_once(kind):
    function, given = LAYERS[kind]
    x, adjacency = drawn()
    alone = function(x, adjacency & False, **given)
    np.testing.assert_allclose(alone, x @ given["weight"].T + given["bias"], atol=1e-14)
    looped = adjacency | np.eye(6, dtype=bool)
    np.testing.assert_array_equal(function(x, looped, **given), function(x, adjacency, **given))


@EACH
def test_the_row_receives(kind):
    """What node 1 holds reaches node 0, which receives from it, and no other."""
    function, given = LAYERS[kind]
    x, adjacency = drawn()
    adjacency[:], adjacency[0, 0, 1] = False, True
    moved = x.copy()
    moved[0, 1] += 1
    change = np.abs(function(moved, adjacency, **given) - function(x, adjacency, **given))
    assert (change.sum(axis=2)[0] > 0).tolist() == [True, True, False, False, False, False]


@pytest.mark.parametrize("name", WINGS)
def test_attention_weights_are_shares_among_the_senders(name):
    x, adjacency = drawn()
    made, present = layer(name, "attention", LAYERS["attention"][1]), np.arange(6)[None] < 5
    given = [tensor(name, a) for a in (x.astype("float32"), adjacency, present)]
    alpha = numpy(made.attention_weights(*given))
    keep = (adjacency | np.eye(6, dtype=bool)) & present[:, None] & present[:, :, None]
    assert alpha.shape == (1, 2, 6, 6)
    assert not alpha[:, :, ~keep[0]].any()
    np.testing.assert_allclose(alpha.sum(axis=-1), np.tile(present, (1, 2, 1)), atol=1e-6)


def test_attention_is_static():
    """All receivers order all senders alike, as Brody, Alon and Yahav (2022) found."""
    given, everyone = arrays(3, 4, heads=1), np.ones((1, 6, 6), bool)
    x, _ = drawn()
    orders = []
    for i in range(6):
        h = x[0] @ given["weight"].T
        s = given["receiver_weight"][0] @ h[i] + h @ given["sender_weight"][0]
        orders.append(np.argsort(np.where(s > 0, s, 0.2 * s)).tolist())
    assert all(order == orders[0] for order in orders)
    layer_torch = pytest.importorskip("torch")
    made = layer("torch", "attention", given)
    alpha = made.attention_weights(layer_torch.tensor(x, dtype=layer_torch.float32),
                                   layer_torch.tensor(everyone))  # fmt: skip
    assert all(row.argsort().tolist() == orders[0] for row in alpha[0, 0])


def test_smoothing_decays_as_the_second_eigenvalue():
    step = lambda x: graph.graph_convolution(  # noqa: E731
        x, ADJACENCY[None], np.eye(2), np.zeros(2)
    )
    x = np.random.default_rng(3).normal(size=(1, 34, 2))
    u = np.sqrt(ADJACENCY.sum(axis=1) + 1.0)
    u /= np.linalg.norm(u)
    lengths = []
    for _ in range(60):
        x = step(x)
        lengths.append(np.linalg.norm(x[0] - np.outer(u, u @ x[0])))
    looped = ADJACENCY | np.eye(34, dtype=bool)
    root = np.sqrt(looped.sum(axis=1))
    second = np.sort(np.abs(np.linalg.eigvalsh(looped / np.outer(root, root))))[-2]
    assert lengths[-1] / lengths[-2] == pytest.approx(second, abs=1e-4)
