"""Graphs: layers in which each node receives from its neighbors and from itself (contract:
``mmref.contract.graph``)."""

from typing import Any

import keras
from keras import ops

from mmref.contract.graph import check_graph, check_graph_attention, check_readout
from mmref.contract.settings import check_counts
from mmref.keras.softmax import masked_softmax
from mmref.types import Tensor


@keras.saving.register_keras_serializable("mmref")
class GraphConvolution(keras.layers.Layer):
    """Each node's sum over itself and its neighbors, weighed by their degrees, then a dense layer.

    Formula (N(i): node i and those from which it receives; d_i: how many they are)
        y_i = W sum over j in N(i) of x_j / sqrt(d_i d_j) + b

    Args
        width: D. dim: H.

    Call
        nodes: X (B, N, D). adjacency: (B, N, N) boolean, True = the row's node receives from the
        column's; the diagonal does not matter.
        present: (B, N) boolean, True = a node, False = padding, which may hold anything. None: all
        are.
        Returns Y (B, N, H). A node without neighbors is W x_i + b, one that is not there 0.

    Errors
        ShapeError: a wrong shape or dtype, no node. TypeError: no array. ValueError: a size below
        1.

    Source
        Kipf and Welling, ICLR 2017, arXiv 1609.02907, equation 2 without its nonlinearity.

    >>> convolve = GraphConvolution(3, 5)
    >>> tuple(convolve(ops.ones((2, 4, 3)), ops.ones((2, 4, 4), "bool")).shape)
    (2, 4, 5)
    """

    def __init__(self, width: int, dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_counts(width=width, dim=dim)
        self.config = {"width": width, "dim": dim}
        policy = self.dtype_policy  # the part keeps the precision
        self.projection = keras.layers.Dense(dim, name="projection", dtype=policy)

    def build(self, *_: Any) -> None:
        self.projection.build((None, self.config["width"]))

    def call(self, nodes: Tensor, adjacency: Tensor, present: Tensor | None = None) -> Tensor:
        check_graph(nodes, adjacency, present, self.config["width"])
        x, keep = received(nodes, adjacency, present)
        keep = ops.cast(keep, x.dtype)
        degree = ops.maximum(ops.sum(keep, axis=-1), 1)  # (B, N); of padding it is no matter
        d = 1 / ops.sqrt(degree)
        s = keep * ops.expand_dims(d, -1) * ops.expand_dims(d, -2)  # (B, N, N)
        return without_padding(self.projection(ops.matmul(s, x)), present)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config


@keras.saving.register_keras_serializable("mmref")
class GraphAttention(keras.layers.Layer):
    """Each node's average over itself and its neighbors, weighed by learned scores, in K heads.

    Formula (for each head, with its H / K rows of W, its p and q, and h_i = W x_i)
        s_ij = leaky(p . h_i + q . h_j),  leaky(s) = s where s > 0, else slope s
        alpha_ij = softmax of s_ij over j in N(i): node i and those from which it receives
        y_i = sum over j in N(i) of alpha_ij h_j + b,  the heads one behind the other

    Args
        width: D. dim: H. heads: K, a divisor of H. slope: of the leaky rectifier, in [0, 1).

    Call
        As of :class:`GraphConvolution`. ``attention_weights`` of the same arguments gives alpha
        (B, K, N, N).

    Errors
        ShapeError: a wrong shape or dtype, no node. TypeError: no array. ValueError: heads that do
        not divide H, a slope outside [0, 1).

    Source
        Velickovic et al., ICLR 2018, arXiv 1710.10903, equations 1 to 5 without the last
        nonlinearity; their vector a is [p; q].

    >>> attend = GraphAttention(3, 6, heads=2)
    >>> tuple(attend(ops.ones((2, 4, 3)), ops.ones((2, 4, 4), "bool")).shape)
    (2, 4, 6)
    """

    def __init__(
        self, width: int, dim: int, heads: int = 1, slope: float = 0.2, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_graph_attention(width, dim, heads, slope)
        self.config = {"width": width, "dim": dim, "heads": heads, "slope": slope}
        self.heads, self.size, self.slope = heads, dim // heads, slope
        dense, policy = keras.layers.Dense, self.dtype_policy  # the part keeps the precision
        self.projection = dense(dim, use_bias=False, name="projection", dtype=policy)

    def build(self, *_: Any) -> None:
        self.projection.build((None, self.config["width"]))
        shape = (self.heads, self.size)
        self.receiver_weight = self.add_weight(shape=shape, name="receiver_weight")
        self.sender_weight = self.add_weight(shape=shape, name="sender_weight")
        dim = (self.config["dim"],)
        self.bias = self.add_weight(shape=dim, initializer="zeros", name="bias")

    def attention_weights(
        self, nodes: Tensor, adjacency: Tensor, present: Tensor | None = None
    ) -> Tensor:
        """alpha (B, K, N, N): how much each node takes from each, head by head."""
        if not self.built:  # weights come with the first call, and this may be before it
            self.build()
        return self._attend(nodes, adjacency, present)[1]

    def call(self, nodes: Tensor, adjacency: Tensor, present: Tensor | None = None) -> Tensor:
        h, alpha = self._attend(nodes, adjacency, present)
        y = ops.swapaxes(ops.matmul(alpha, h), 1, 2)  # (B, N, K, H / K)
        y = ops.concatenate(ops.unstack(y, self.heads, axis=2), axis=-1)  # (B, N, H)
        return without_padding(y + ops.cast(self.bias, y.dtype), present)

    def _attend(self, nodes, adjacency, present):
        check_graph(nodes, adjacency, present, self.config["width"])
        x, keep = received(nodes, adjacency, present)
        h = ops.stack(ops.split(self.projection(x), self.heads, axis=-1), axis=1)  # (B, K, N, H/K)
        p, q = (ops.expand_dims(w, 1) for w in (self.receiver_weight, self.sender_weight))
        by_receiver = ops.sum(h * ops.cast(p, h.dtype), axis=-1, keepdims=True)  # (B, K, N, 1)
        by_sender = ops.sum(h * ops.cast(q, h.dtype), axis=-1, keepdims=True)
        scores = by_receiver + ops.swapaxes(by_sender, -1, -2)  # (B, K, N, N)
        scores = ops.where(scores > 0, scores, self.slope * scores)
        return h, masked_softmax(scores, ops.expand_dims(keep, 1))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config


def graph_readout(nodes: Tensor, present: Tensor | None = None, how: str = "mean") -> Tensor:
    """One vector for each graph: the mean or the sum of its nodes.

    Formula
        r = sum over the nodes that are there of x_i / c,  c their number, at least 1; "sum": c = 1

    Args
        nodes: X (B, N, D). present: (B, N) boolean, True = a node, False = padding. None: all are.
        how: "mean" or "sum".

    Returns r (B, D), zeros for a graph without nodes. The order of the nodes does not matter.

    Errors
        ShapeError: a wrong shape or dtype, no node, no feature. ChoiceError: another how.
        TypeError: no array.

    Source
        A readout in the words of Gilmer et al., ICML 2017, arXiv 1704.01212, equation 2.

    >>> ops.convert_to_numpy(graph_readout(ops.array([[[2.0], [4.0]]])))
    array([[3.]], dtype=float32)
    """
    check_readout(nodes, present, how)
    total = ops.sum(without_padding(nodes, present), axis=1)  # (B, D)
    if how == "sum":
        return total
    if present is None:
        return total / nodes.shape[1]
    count = ops.sum(ops.cast(present, total.dtype), axis=1, keepdims=True)
    return total / ops.maximum(count, 1)


def received(nodes: Tensor, adjacency: Tensor, present: Tensor | None) -> tuple[Tensor, Tensor]:
    """Nodes with zeros where none is, and who receives from whom: (B, N, N), loops included."""
    number = ops.arange(ops.shape(nodes)[1])
    keep = ops.logical_or(adjacency, ops.expand_dims(number, 1) == number)
    if present is None:
        return nodes, keep
    both = ops.logical_and(ops.expand_dims(present, 1), ops.expand_dims(present, 2))
    return without_padding(nodes, present), ops.logical_and(keep, both)


def without_padding(nodes: Tensor, present: Tensor | None) -> Tensor:
    """Zeros where there is no node: a selection, as 0 * NaN is NaN."""
    if present is None:
        return nodes
    return ops.where(ops.expand_dims(present, -1), nodes, ops.zeros_like(nodes))
