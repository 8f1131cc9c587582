"""Bad input to layers on graphs: the same error in all three."""

import numpy as np
import pytest

from mmref.errors import ChoiceError, ShapeError
from mmref.reference import graph
from tests.messages import assert_raises
from tests.wings import WINGS, tensor, wing_of

X, A = np.ones((2, 3, 4), "float32"), np.ones((2, 3, 3), bool)
YES = np.ones((2, 3), bool)
BAD = [
    (X[0], A, None, "nodes: expected (B, N, 4), got (3, 4)"),
    (X[..., :2], A, None, "nodes: expected (B, N, 4), got (2, 3, 2)"),
    (X[:, :0], A[:, :0, :0], None, "nodes: expected at least one node and one feature, got "
     "(2, 0, 4)"),
    (X, A[0], None, "adjacency: expected (2, 3, 3), got (3, 3)"),
    (X, A[:, :, :2], None, "adjacency: expected (2, 3, 3), got (2, 3, 2)"),
    (X, A.astype("float32"), None, "adjacency: expected dtype bool (True = the row's node receives "
     "from the column's), got float32"),
    (X, A, YES[:1], "present: expected (B, N) = (2, 3), got (1, 3)"),
    (X, A, YES.astype("float32"), "present: expected dtype bool (True = a node, and no padding), "
     "got float32"),
]  # fmt: skip


@pytest.mark.parametrize(("nodes", "adjacency", "present", "message"), BAD)
@pytest.mark.parametrize("kind", ("GraphConvolution", "GraphAttention"))
@pytest.mark.parametrize("name", WINGS)
def test_bad_graphs_are_refused(name, kind, nodes, adjacency, present, message):
    layer = getattr(wing_of(name), kind)(4, 6)
    given = [None if a is None else tensor(name, a) for a in (nodes, adjacency, present)]
    assert_raises(ShapeError, message, lambda: layer(*given))


@pytest.mark.parametrize(("nodes", "adjacency", "present", "message"), BAD)
def test_the_reference_refuses_them_too(nodes, adjacency, present, message):
    given = (np.ones((6, 4)), np.ones(6), present)
    words = message.replace("(B, N, 4)", "(B, N, D)")
    if "got (2, 3, 2)" in message and message.startswith("nodes"):
        words = "weight: expected (H, 2), got (6, 4)"
    assert_raises(ShapeError, words, lambda: graph.graph_convolution(nodes, adjacency, *given))


SETTINGS = [
    ((4, 6, 4), ValueError, "heads: expected a divisor of dim = 6, got 4"),
    ((4, 0), ValueError, "dim: expected an integer, at least 1, got 0"),
    ((4, 6, 1, 1.0), ValueError, "slope: expected"),
    ((4, 6, 1, "steep"), TypeError, "slope: expected"),
]


@pytest.mark.parametrize(("given", "error", "message"), SETTINGS)
@pytest.mark.parametrize("name", WINGS)
def test_bad_settings_are_refused(name, given, error, message):
    with pytest.raises(error) as raised:
        wing_of(name).GraphAttention(*given)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize("name", ("reference", *WINGS))
def test_another_readout_is_refused(name):
    place = graph if name == "reference" else wing_of(name)
    nodes = X if name == "reference" else tensor(name, X)
    message = "how: expected one of 'mean', 'sum'; got 'max'"
    assert_raises(ChoiceError, message, lambda: place.graph_readout(nodes, None, "max"))


def test_the_reference_alone():
    ends = np.ones((4, 2))
    message = "receiver_weight: expected 6 numbers as bias, got 8"
    call = lambda: graph.graph_attention(X, A, np.ones((6, 4)), ends, ends, np.ones(6))  # noqa: E731
    assert_raises(ShapeError, message, call)
    message = "grad: expected (2, 4), got (3, 4)"
    assert_raises(ShapeError, message, lambda: graph.graph_readout_gradient(np.ones((3, 4)), X))
