"""Graphs: layers in which each node receives from its neighbors and from itself (contract:
``mmref.contract.graph``)."""

import torch
from torch import nn
from torch.nn import functional

from mmref.contract.graph import check_graph, check_graph_attention, check_readout
from mmref.contract.settings import check_counts
from mmref.torch._dtype import layer_dtype
from mmref.torch.softmax import softmax_of_kept


class GraphConvolution(nn.Module):
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
        ShapeError: a wrong shape or dtype, no node. TypeError: no tensor. ValueError: a size below
        1.

    Source
        Kipf and Welling, ICLR 2017, arXiv 1609.02907, equation 2 without its nonlinearity.

    >>> GraphConvolution(3, 5)(torch.ones(2, 4, 3), torch.ones(2, 4, 4, dtype=torch.bool)).shape
    torch.Size([2, 4, 5])
    """

    def __init__(self, width: int, dim: int) -> None:
        super().__init__()
        check_counts(width=width, dim=dim)
        self.width, self.dim = width, dim
        self.projection = nn.Linear(width, dim)

    def forward(
        self, nodes: torch.Tensor, adjacency: torch.Tensor, present: torch.Tensor | None = None
    ) -> torch.Tensor:
        dtype = layer_dtype(self.projection.weight)
        check_graph(nodes, adjacency, present, self.width, torch.Tensor, dtype)
        x, keep = received(nodes, adjacency, present)
        d = keep.sum(dim=-1).clamp(min=1).to(x.dtype).rsqrt()  # (B, N); of padding it is no matter
        s = keep * d.unsqueeze(-1) * d.unsqueeze(-2)  # (B, N, N)
        return without_padding(self.projection(s @ x), present)


class GraphAttention(nn.Module):
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
        ShapeError: a wrong shape or dtype, no node. TypeError: no tensor. ValueError: heads that do
        not divide H, a slope outside [0, 1).

    Source
        Velickovic et al., ICLR 2018, arXiv 1710.10903, equations 1 to 5 without the last
        nonlinearity; their vector a is [p; q].

    >>> attend = GraphAttention(3, 6, heads=2)
    >>> attend(torch.ones(2, 4, 3), torch.ones(2, 4, 4, dtype=torch.bool)).shape
    torch.Size([2, 4, 6])
    """

    def __init__(self, width: int, dim: int, heads: int = 1, slope: float = 0.2) -> None:
        super().__init__()
        check_graph_attention(width, dim, heads, slope)
        self.width, self.dim, self.heads, self.slope = width, dim, heads, slope
        self.projection = nn.Linear(width, dim, bias=False)
        self.receiver_weight = nn.Parameter(torch.empty(heads, dim // heads))
        self.sender_weight = nn.Parameter(torch.empty(heads, dim // heads))
        self.bias = nn.Parameter(torch.zeros(dim))
        for weight in (self.receiver_weight, self.sender_weight):
            nn.init.xavier_uniform_(weight)

    def attention_weights(
        self, nodes: torch.Tensor, adjacency: torch.Tensor, present: torch.Tensor | None = None
    ) -> torch.Tensor:
        """alpha (B, K, N, N): how much each node takes from each, head by head."""
        return self._attend(nodes, adjacency, present)[1]

    def forward(
        self, nodes: torch.Tensor, adjacency: torch.Tensor, present: torch.Tensor | None = None
    ) -> torch.Tensor:
        h, alpha = self._attend(nodes, adjacency, present)
        y = (alpha @ h).transpose(1, 2).flatten(2) + self.bias  # (B, N, H)
        return without_padding(y, present)

    def _attend(self, nodes, adjacency, present):
        dtype = layer_dtype(self.projection.weight)
        check_graph(nodes, adjacency, present, self.width, torch.Tensor, dtype)
        x, keep = received(nodes, adjacency, present)
        cut = (self.heads, self.dim // self.heads)
        h = self.projection(x).unflatten(-1, cut).transpose(1, 2)  # (B, K, N, H / K)
        by_receiver = h @ self.receiver_weight.unsqueeze(-1)  # (B, K, N, 1)
        by_sender = h @ self.sender_weight.unsqueeze(-1)
        scores = functional.leaky_relu(by_receiver + by_sender.transpose(-1, -2), self.slope)
        return h, softmax_of_kept(scores, keep.unsqueeze(1)).to(h.dtype)


def graph_readout(
    nodes: torch.Tensor, present: torch.Tensor | None = None, how: str = "mean"
) -> torch.Tensor:
    """One vector for each graph: the mean or the sum of its nodes.

    Formula
        r = sum over the nodes that are there of x_i / c,  c their number, at least 1; "sum": c = 1

    Args
        nodes: X (B, N, D). present: (B, N) boolean, True = a node, False = padding. None: all are.
        how: "mean" or "sum".

    Returns r (B, D), zeros for a graph without nodes. The order of the nodes does not matter.

    Errors
        ShapeError: a wrong shape or dtype, no node, no feature. ChoiceError: another how.
        TypeError: no tensor.

    Source
        A readout in the words of Gilmer et al., ICML 2017, arXiv 1704.01212, equation 2.

    >>> graph_readout(torch.tensor([[[2.0], [4.0]]]))
    tensor([[3.]])
    """
    check_readout(nodes, present, how, torch.Tensor)
    total = without_padding(nodes, present).sum(dim=1)  # (B, D)
    if how == "sum":
        return total
    if present is None:
        return total / nodes.shape[1]
    return total / present.sum(dim=1, keepdim=True).clamp(min=1)


def received(
    nodes: torch.Tensor, adjacency: torch.Tensor, present: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Nodes with zeros where none is, and who receives from whom: (B, N, N), loops included."""
    keep = adjacency | torch.eye(nodes.shape[1], dtype=torch.bool, device=nodes.device)
    if present is None:
        return nodes, keep
    keep = keep & present.unsqueeze(1) & present.unsqueeze(2)
    return without_padding(nodes, present), keep


def without_padding(nodes: torch.Tensor, present: torch.Tensor | None) -> torch.Tensor:
    """Zeros where there is no node: a selection, as 0 * NaN is NaN."""
    return nodes if present is None else torch.where(present.unsqueeze(-1), nodes, 0)
