"""grad (B, N, H), the gradient of a loss with respect to the result of a graph convolution; then
what that was made from: nodes X (B, N, D), adjacency (B, N, N) boolean, True where the row's node
receives from the column's, weight (H, D), bias (H,), present (B, N) boolean, True where there is a
node. Returns three gradients: with respect to nodes, weight and bias. A node that is not there may
hold anything, and so may its row of grad: its result is 0 in any case."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, plus, put
from mmref.check.graph._parts import (
    DEGREES,
    GAPS,
    HOSTILE,
    LOOPS,
    PADDING,
    TURNED,
    WEIGHTS,
    edges,
    smoothing,
    there,
)
from mmref.reference.graph import graph_convolution_gradient

BACK = "What node i took from node j, the gradient gives back from i to j: S transposed."
SUM = "All nodes of all graphs share W and b: their gradients are sums."
draw = arrays("BNH", "BND", edges, "HD", "H", there, B=2, N=4, D=3, H=5)


def slopes(grad, nodes, adjacency, weight, bias, present, fill=True, own=True, back=True, raw=False,
           count=1, **wrong):  # fmt: skip
    """The three gradients, or wrong ones."""
    x = np.where(present[..., None], nodes, 0) if fill else nodes
    g = np.where(present[..., None], grad, 0) if own else grad
    s = smoothing(adjacency, present, **wrong)
    dx = (np.swapaxes(s, 1, 2) if back else s) @ g @ weight
    dw = np.einsum("bnh,bnd->hd", g, x if raw else s @ x)
    return dx, dw / (len(x) if count else 1) ** (count - 1), g.sum(axis=(0, 1)) / count


wrong = Wrong(slopes)
CASES = (
    case("two graphs, all nodes there", BACK, {"present": plus(True)}),
    *HOSTILE,
    case("a large grad where no node is", PADDING, {"grad": put((-1, -1), 1e6)}),
)
MISTAKES = (
    (DEGREES, *(wrong(weigh=weigh) for weigh in WEIGHTS)),
    (LOOPS, wrong(loops=None), wrong(loops=1)),
    (BACK, wrong(back=False)),
    ("W multiplies what was summed over the neighbors, not the nodes as they came.",
     wrong(raw=True)),
    (PADDING, wrong(own=False), wrong(clear=False)),
    (GAPS, wrong(fill=False)),
    (TURNED, wrong(turn=True)),
    (SUM, wrong(count=4)),
)  # fmt: skip
EXERCISE = Exercise(graph_convolution_gradient, __doc__, CASES, MISTAKES, draw, axis=None,
                    outputs=("nodes", "weight", "bias"))  # fmt: skip
