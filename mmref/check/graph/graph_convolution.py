"""nodes X (B, N, D) of B graphs; adjacency (B, N, N) boolean, True in row i and column j where node
i receives from node j; weight W (H, D); bias b (H,); present (B, N) boolean, True where there is a
node. Returns (B, N, H): for each node i that is there W sum_j x_j / sqrt(d_i d_j) + b, where j runs
over i itself and the nodes that are there from which it receives, and d counts them; 0 for a node
that is not there, which may hold anything, not-a-number too."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, plus
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
from mmref.reference.graph import graph_convolution

draw = arrays("BND", edges, "HD", "H", there, B=2, N=4, D=3, H=5)


def convolve(nodes, adjacency, weight, bias, present, fill=True, last=True, bias_first=False,
             **wrong):  # fmt: skip
    """The layer, or a wrong one."""
    x = np.where(present[..., None], nodes, 0) if fill else nodes
    s = smoothing(adjacency, present, **wrong)
    y = s @ (x @ weight.T + bias) if bias_first else s @ x @ weight.T + bias
    return np.where(present[..., None], y, 0) if last else y


wrong = Wrong(convolve)
CASES = (
    case("two graphs, all nodes there", DEGREES, {"present": plus(True)}),
    case("one graph", DEGREES, {"present": plus(True)}, B=1),
    *HOSTILE,
)
MISTAKES = (
    (DEGREES, *(wrong(weigh=weigh) for weigh in WEIGHTS)),
    (LOOPS, wrong(loops=None), wrong(loops=1)),
    (PADDING, wrong(clear=False), wrong(last=False)),
    (GAPS, wrong(fill=False)),
    (TURNED, wrong(turn=True)),
    ("The bias is added once, after the sum over the neighbors.", wrong(bias_first=True)),
)
EXERCISE = Exercise(graph_convolution, __doc__, CASES, MISTAKES, draw, axis="graph")
