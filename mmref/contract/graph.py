"""What layers on graphs ask of their arguments, in one place for all three wings.

A batch of graphs is dense: nodes (B, N, D), adjacency (B, N, N) boolean, True in row i and column j
where node i receives from node j, and present (B, N) boolean, True = a node, False = padding of a
smaller graph, which may hold anything.
"""

from mmref.contract.arrays import check_floats, check_shape, check_some, check_truths
from mmref.contract.settings import check_choice, check_counts, check_number
from mmref.types import DType, Tensor

KINDS = ("mean", "sum")


def check_graph(
    nodes: Tensor,
    adjacency: Tensor,
    present: Tensor | None = None,
    width: int | None = None,
    kind: type | None = None,
    dtype: DType | None = None,
) -> None:
    """Raise unless these are graphs whose nodes have ``width`` features, or any number of them.

    >>> import numpy as np
    >>> check_graph(np.ones((2, 3, 4)), np.ones((3, 3), bool))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: adjacency: expected (2, 3, 3), got (3, 3)
    """
    check_nodes(nodes, present, width, kind, dtype)
    batch, count, _ = nodes.shape
    check_truths("adjacency", adjacency, "the row's node receives from the column's", kind)
    check_shape("adjacency", adjacency, batch, count, count)


def check_nodes(
    nodes: Tensor,
    present: Tensor | None = None,
    width: int | None = None,
    kind: type | None = None,
    dtype: DType | None = None,
) -> None:
    """Raise unless ``nodes`` are floats (B, N, D), N and D at least 1, and ``present`` is boolean
    (B, N) or None.

    >>> import numpy as np
    >>> check_nodes(np.ones((2, 3, 4)), np.ones((2, 4), bool))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: present: expected (B, N) = (2, 3), got (2, 4)
    """
    check_floats("nodes", nodes, kind, dtype)
    check_shape("nodes", nodes, "B", "N", "D" if width is None else width)
    check_some("nodes", nodes, "node and one feature", 1, 2)
    if present is not None:
        check_truths("present", present, "a node, and no padding", kind)
        check_shape("present", present, B=nodes.shape[0], N=nodes.shape[1])


def check_graph_attention(width: int, dim: int, heads: int, slope: float) -> None:
    """Raise unless these sizes are at least 1, heads divide dim, and slope is in [0, 1).

    >>> check_graph_attention(3, 4, heads=3, slope=0.2)
    Traceback (most recent call last):
        ...
    ValueError: heads: expected a divisor of dim = 4, got 3
    """
    check_counts(width=width, dim=dim, heads=heads)
    if dim % heads:
        raise ValueError(f"heads: expected a divisor of dim = {dim}, got {heads}")
    check_slope(slope)


def check_slope(slope: float) -> None:
    """Raise unless ``slope`` is a number in [0, 1)."""
    check_number("slope", slope, 0, 1)


def check_readout(
    nodes: Tensor, present: Tensor | None, how: str, kind: type | None = None
) -> None:
    """Raise unless nodes and ``present`` fit together, and ``how`` is "mean" or "sum".

    >>> import numpy as np
    >>> check_readout(np.ones((2, 3, 4)), None, "max")
    Traceback (most recent call last):
        ...
    mmref.errors.ChoiceError: how: expected one of 'mean', 'sum'; got 'max'
    """
    check_nodes(nodes, present, kind=kind)
    check_choice("how", how, KINDS)
