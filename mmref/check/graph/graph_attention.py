"""nodes X (B, N, D) of B graphs; adjacency (B, N, N) boolean, True in row i and column j where node
i receives from node j; weight W (H, D), receiver_weight p (K, H / K) and sender_weight q (K, H / K)
of K heads, of which each has H / K rows of W; bias b (H,); present (B, N) boolean, True where there
is a node. In each head h_i = W x_i, s_ij = leaky(p . h_i + q . h_j) with slope 0.2 below 0, and
alpha is the softmax of s_ij over i itself and the nodes from which i receives. Returns (B, N, H):
the sums of alpha_ij h_j, the heads one behind the other, plus b; 0 for a node that is not there."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, plus, times
from mmref.check.graph._parts import GAPS, HOSTILE, LOOPS, PADDING, TURNED, edges, there
from mmref.reference.graph import graph_attention
from mmref.reference.softmax import masked_softmax

LEAKY = "Below 0 the rectifier keeps a fifth: max(s, 0.2 s)."
ROLES = "p meets the node that receives, q the one that sends."
HEADS = "Each head has its own block of rows of W, one block behind the other."
draw = arrays("BND", edges, lambda rng, D, K, S, **_: rng.normal(size=(K * S, D)).round(2),
              "KS", "KS", lambda rng, K, S, **_: rng.normal(size=K * S).round(2), there,
              B=2, N=4, D=3, K=2, S=3)  # fmt: skip


def attend(nodes, adjacency, weight, receiver_weight, sender_weight, bias, present, slope=0.2,
           loops=True, clear=True, turn=False, fill=True, mixed=False, axis=-1):  # fmt: skip
    """The layer, or a wrong one."""
    x = np.where(present[..., None], nodes, 0) if fill else nodes
    (heads, size), (B, N, _) = receiver_weight.shape, x.shape
    keep = np.swapaxes(adjacency, 1, 2) if turn else adjacency
    keep = keep | np.eye(N, dtype=bool) if loops else keep
    keep = keep & present[:, None] & present[:, :, None] if clear else keep
    h = x @ weight.T
    h = h.reshape(B, N, size, heads).swapaxes(2, 3) if mixed else h.reshape(B, N, heads, size)
    h = h.swapaxes(1, 2)
    s = (h @ receiver_weight[..., None]) + (h @ sender_weight[..., None]).swapaxes(-1, -2)
    s = np.where(s > 0, s, slope * s).swapaxes(-1, axis)
    alpha = masked_softmax(s, keep[:, None].swapaxes(-1, axis)).swapaxes(-1, axis)
    y = (alpha @ h).swapaxes(1, 2).reshape(B, N, heads * size) + bias
    return np.where(present[..., None], y, 0)


wrong = Wrong(attend)
CASES = (
    case("two graphs, all nodes there", LEAKY, {"present": plus(True)}),
    case("one head", HEADS, {"present": plus(True)}, K=1),
    *HOSTILE,
    case("scores of 1000 and more", "The softmax overflows: subtract the largest kept score.",
         {"receiver_weight": times(1000), "sender_weight": times(1000)}),
)  # fmt: skip
MISTAKES = (
    (LEAKY, wrong(slope=0.0), wrong(slope=1.0), wrong(slope=0.01)),
    (ROLES, wrong.exchanged("receiver_weight", "sender_weight")),
    (HEADS, wrong(mixed=True)),
    (LOOPS, wrong(loops=False)),
    (PADDING, wrong(clear=False)),
    (GAPS, wrong(fill=False)),
    (TURNED, wrong(turn=True)),
    ("Each receiver shares out a weight of 1: over which axis does the softmax run?",
     wrong(axis=-2)),
)  # fmt: skip
EXERCISE = Exercise(graph_attention, __doc__, CASES, MISTAKES, draw, axis="graph")
