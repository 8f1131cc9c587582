"""Graphs: layers in which each node receives from its neighbors and from itself.

Nodes are (B, N, D). The adjacency (B, N, N) is boolean, True in row i and column j where node i
receives from node j; each node also receives from itself, once, whatever the diagonal says. Present
(B, N) is True where there is a node. One that is not there sends nothing, counts for nothing, and
becomes zeros, whatever it holds, NaN included.
"""

import numpy as np

from mmref.contract.graph import check_graph, check_readout, check_slope
from mmref.errors import ShapeError
from mmref.reference._shared import clear, expect
from mmref.reference.softmax import masked_softmax, masked_softmax_gradient
from mmref.types import Array


def graph_convolution(
    nodes: Array, adjacency: Array, weight: Array, bias: Array, present: Array | None = None
) -> Array:
    """Each node's sum over itself and its neighbors, weighed by their degrees, then a dense layer.

    Formula (N(i): node i and those from which it receives; d_i: how many they are)
        y_i = W sum over j in N(i) of x_j / sqrt(d_i d_j) + b
        as matrices, with A~ the adjacency with ones on its diagonal and D~ = diag(d):
        Y = D~^(-1/2) A~ D~^(-1/2) X W^T + b

    Args
        nodes: X (B, N, D). adjacency: (B, N, N) boolean, True = the row's node receives from the
            column's. weight: W (H, D). bias: b (H,).
        present: (B, N) boolean, True = a node, False = padding. None: all are.

    Returns
        Y (B, N, H). A node without neighbors is W x_i + b, one that is not there 0.

    Errors
        ShapeError: a wrong shape or dtype, no node, no feature.

    Source
        Kipf and Welling, "Semi-Supervised Classification with Graph Convolutional Networks", ICLR
        2017, arXiv 1609.02907, equation 2 without its nonlinearity; their W is our W transposed.
        Of a directed graph d_i counts from whom i receives; the paper's graphs are not directed.

    >>> path = np.array([[[False, True], [True, False]]])
    >>> graph_convolution(np.array([[[2.0], [4.0]]]), path, np.eye(1), np.zeros(1))
    array([[[3.],
            [3.]]])
    """
    x, keep, kept = _graph(nodes, adjacency, present)
    _dense(x, weight, bias)
    return clear(_normalized(keep, x.dtype) @ x @ np.asarray(weight).T + bias, kept)


def graph_convolution_gradient(
    grad: Array,
    nodes: Array,
    adjacency: Array,
    weight: Array,
    bias: Array,
    present: Array | None = None,
) -> tuple[Array, Array, Array]:
    """Gradients with respect to nodes, weight and bias.

    Formula (G = grad (B, N, H), 0 at nodes that are not there; S = D~^(-1/2) A~ D~^(-1/2))
        dX = S^T G W      dW = sum over the graphs of G^T S X      db = sum over all nodes of g_i
    """
    x, keep, kept = _graph(nodes, adjacency, present)
    _dense(x, weight, bias)
    expect("grad", grad, (*x.shape[:2], len(weight)))
    g, s = clear(np.asarray(grad), kept), _normalized(keep, x.dtype)
    d_weight = np.einsum("bnh,bnd->hd", g, s @ x)
    return s.swapaxes(-1, -2) @ g @ np.asarray(weight), d_weight, g.sum(axis=(0, 1))


def graph_attention(
    nodes: Array,
    adjacency: Array,
    weight: Array,
    receiver_weight: Array,
    sender_weight: Array,
    bias: Array,
    present: Array | None = None,
    slope: float = 0.2,
) -> Array:
    """Each node's average over itself and its neighbors, weighed by learned scores, in K heads.

    Formula (for each head, with its H / K rows of W, its p and q, and h_i = W x_i)
        s_ij = leaky(p . h_i + q . h_j),  leaky(s) = s where s > 0, else slope s
        alpha_ij = softmax of s_ij over j in N(i): node i and those from which it receives
        y_i = sum over j in N(i) of alpha_ij h_j + b,  the heads one behind the other

    Args
        nodes: X (B, N, D). adjacency: (B, N, N) boolean, True = the row's node receives from the
            column's. weight: W (H, D), whose rows belong to the heads, H / K each.
        receiver_weight: p (K, H / K). sender_weight: q (K, H / K). bias: b (H,).
        present: (B, N) boolean, True = a node, False = padding. None: all are.
        slope: of the leaky rectifier below 0, in [0, 1).

    Returns
        Y (B, N, H). A node without neighbors is W x_i + b, one that is not there 0.

    Errors
        ShapeError: a wrong shape or dtype, no node, no feature. ValueError, TypeError: a slope
        outside [0, 1).

    Source
        Velickovic et al., "Graph Attention Networks", ICLR 2018, arXiv 1710.10903, equations 1 to
        5 without the last nonlinearity; their vector a is [p; q].

    >>> path = np.array([[[False, True], [True, False]]])
    >>> zero = np.zeros((1, 1))
    >>> graph_attention(np.array([[[2.0], [4.0]]]), path, np.eye(1), zero, zero, np.zeros(1))
    array([[[3.],
            [3.]]])
    """
    x, keep, kept = _graph(nodes, adjacency, present)
    h, alpha, _ = _attention(x, keep, weight, receiver_weight, sender_weight, bias, slope)
    y = np.swapaxes(alpha @ h, 1, 2)  # (B, N, K, H / K)
    return clear(y.reshape(*x.shape[:2], len(weight)) + bias, kept)


def graph_attention_gradient(
    grad: Array,
    nodes: Array,
    adjacency: Array,
    weight: Array,
    receiver_weight: Array,
    sender_weight: Array,
    bias: Array,
    present: Array | None = None,
    slope: float = 0.2,
) -> tuple[Array, ...]:
    """Gradients with respect to nodes, weight, receiver_weight, sender_weight and bias.

    Formula (for each head; G = grad, 0 at nodes that are not there)
        dalpha_ij = g_i . h_j      ds_ij = alpha_ij (dalpha_ij - sum_k alpha_ik dalpha_ik) leaky'
        u_i = sum_j ds_ij,  v_j = sum_i ds_ij      dp = sum_i u_i h_i,  dq = sum_j v_j h_j
        dh_j = sum_i alpha_ij g_i + u_j p + v_j q      dW = sum dh_j x_j^T,  dx_j = W^T dh_j
        db = sum_i g_i
    """
    x, keep, kept = _graph(nodes, adjacency, present)
    h, alpha, s = _attention(x, keep, weight, receiver_weight, sender_weight, bias, slope)
    expect("grad", grad, (*x.shape[:2], len(weight)))
    g = clear(np.asarray(grad), kept)
    by_head = _heads(g, len(receiver_weight))  # (B, K, N, H / K)
    (d_leaky,) = masked_softmax_gradient(
        by_head @ h.swapaxes(-1, -2), _leaky(s, slope), keep[:, None]
    )
    ds = np.where(s > 0, d_leaky, slope * d_leaky)
    u, v = ds.sum(axis=-1)[..., None], ds.sum(axis=-2)[..., None]  # (B, K, N, 1)
    p, q = np.asarray(receiver_weight)[:, None], np.asarray(sender_weight)[:, None]
    dh = alpha.swapaxes(-1, -2) @ by_head + u * p + v * q
    dh = np.swapaxes(dh, 1, 2).reshape(g.shape)
    d_weight = np.einsum("bnh,bnd->hd", dh, x)
    ends = ((u * h).sum(axis=(0, 2)), (v * h).sum(axis=(0, 2)))
    return dh @ np.asarray(weight), d_weight, *ends, g.sum(axis=(0, 1))


def graph_readout(nodes: Array, present: Array | None = None, how: str = "mean") -> Array:
    """One vector for each graph: the mean or the sum of its nodes.

    Formula
        r = sum over the nodes that are there of x_i / c,  c their number, at least 1; "sum": c = 1

    Args
        nodes: X (B, N, D). present: (B, N) boolean, True = a node, False = padding. None: all are.
        how: "mean" or "sum".

    Returns
        r (B, D), zeros for a graph without nodes. The order of the nodes does not matter.

    Errors
        ShapeError: a wrong shape or dtype, no node, no feature. ChoiceError: another how.

    Source
        A readout in the words of Gilmer et al., "Neural Message Passing for Quantum Chemistry",
        ICML 2017, arXiv 1704.01212, equation 2.

    >>> graph_readout(np.array([[[2.0], [4.0], [np.nan]]]), np.array([[True, True, False]]))
    array([[3.]])
    """
    x, kept, count = _counted(nodes, present, how)
    return clear(x, kept).sum(axis=1) / count


def graph_readout_gradient(
    grad: Array, nodes: Array, present: Array | None = None, how: str = "mean"
) -> tuple[Array]:
    """Gradient with respect to the nodes.

    Formula
        dx_i = g / c for a node that is there, else 0
    """
    x, kept, count = _counted(nodes, present, how)
    expect("grad", grad, (len(x), x.shape[2]))
    return (clear(np.broadcast_to((np.asarray(grad) / count)[:, None], x.shape), kept),)


def _graph(nodes, adjacency, present):
    """Nodes with zeros where none is; who receives from whom, loops included; who is there."""
    x, adjacency = np.asarray(nodes), np.asarray(adjacency)
    check_graph(x, adjacency, present)
    kept = _kept(x, present)
    keep = adjacency | np.eye(x.shape[1], dtype=bool)
    return clear(x, kept), keep & kept[:, None, :] & kept[:, :, None], kept


def _kept(x, present):
    return np.ones(x.shape[:2], bool) if present is None else np.asarray(present)


def _normalized(keep, dtype):
    """S_ij = 1 / sqrt(d_i d_j) where i receives from j: (B, N, N)."""
    root = np.sqrt(np.maximum(keep.sum(axis=-1), 1))  # of padding it does not matter
    return (keep / root[:, :, None] / root[:, None, :]).astype(dtype)


def _dense(x, weight, bias):
    expect("weight", weight, ("H", x.shape[2]))
    expect("bias", bias, (len(weight),))


def _attention(x, keep, weight, receiver_weight, sender_weight, bias, slope):
    """h (B, K, N, H / K); alpha and the scores before the rectifier, (B, K, N, N)."""
    check_slope(slope)
    _dense(x, weight, bias)
    expect("receiver_weight", receiver_weight, ("K", "H / K"))
    heads, size = np.shape(receiver_weight)
    if heads * size != len(weight):
        raise ShapeError("receiver_weight", f"{len(weight)} numbers as bias", heads * size)
    expect("sender_weight", sender_weight, (heads, size))
    h = _heads(x @ np.asarray(weight).T, heads)
    by_receiver = (h * np.asarray(receiver_weight)[:, None]).sum(axis=-1)  # (B, K, N)
    by_sender = (h * np.asarray(sender_weight)[:, None]).sum(axis=-1)
    s = by_receiver[..., :, None] + by_sender[..., None, :]
    return h, masked_softmax(_leaky(s, slope), keep[:, None]), s


def _heads(x, heads):
    """(B, N, H) -> (B, K, N, H / K)."""
    return np.swapaxes(x.reshape(*x.shape[:2], heads, x.shape[2] // heads), 1, 2)


def _leaky(s, slope):
    return np.where(s > 0, s, slope * s)


def _counted(nodes, present, how):
    x = np.asarray(nodes)
    check_readout(x, present, how)
    kept = _kept(x, present)
    count = np.maximum(kept.sum(axis=1, keepdims=True), 1) if how == "mean" else 1
    return x, kept, count
