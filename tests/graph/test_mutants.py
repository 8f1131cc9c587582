"""Plausible mistakes with graphs, each of which the comparison must catch."""

import dataclasses
import functools

import pytest

from mmref.concordance import FORMULAS
from tests.mutants import is_caught

torch = pytest.importorskip("torch")


def kept(nodes, adjacency, present, loops=True, early=False, blind=False):
    """Nodes, who receives from whom, who is there; early: degrees that count padding."""
    present = torch.ones(nodes.shape[:2], dtype=torch.bool) if present is None else present
    x = torch.where(present[..., None], nodes, 0)
    keep = adjacency | torch.eye(nodes.shape[1], dtype=torch.bool) if loops else adjacency
    both = present[:, None] & present[:, :, None]
    clean = keep if blind else keep & both
    return x, clean, keep if early else clean, present


class GraphConvolution(torch.nn.Module):
    """The layer, or a wrong one."""

    def __init__(self, width, dim, power=(-0.5, -0.5), turn=False, last=True, lost=False, **wrong):
        super().__init__()
        self.projection, self.wrong = torch.nn.Linear(width, dim), wrong
        self.power, self.turn, self.last, self.lost = power, turn, last, lost

    def forward(self, nodes, adjacency, present=None):
        x, keep, counted, present = kept(nodes, adjacency, present, **self.wrong)
        if self.turn:
            keep, counted = keep.mT, counted.mT
        d = counted.sum(dim=-1).clamp(min=1).to(x.dtype)
        s = keep * d[:, :, None] ** self.power[0] * d[:, None] ** self.power[1]
        x = x.detach() if self.lost else x
        y = self.projection(s @ x)
        return torch.where(present[..., None], y, 0) if self.last else y


class GraphAttention(torch.nn.Module):
    """The layer, or a wrong one."""

    def __init__(self, width, dim, heads, slope, fixed=None, axis=-1, swapped=False, late=False,
                 lost=False, **wrong):  # fmt: skip
        super().__init__()
        self.projection = torch.nn.Linear(width, dim, bias=False)
        self.receiver_weight = torch.nn.Parameter(torch.zeros(heads, dim // heads))
        self.sender_weight = torch.nn.Parameter(torch.zeros(heads, dim // heads))
        self.bias = torch.nn.Parameter(torch.zeros(dim))
        self.slope = slope if fixed is None else fixed
        self.axis, self.swapped, self.late, self.lost = axis, swapped, late, lost
        self.wrong = wrong

    def forward(self, nodes, adjacency, present=None):
        x, keep, _, present = kept(nodes, adjacency, present, **self.wrong)
        p, q = self.receiver_weight, self.sender_weight
        p, q = (q, p) if self.swapped else (p, q)
        h = self.projection(x).unflatten(-1, p.shape).transpose(1, 2)
        s = torch.nn.functional.leaky_relu(h @ p[..., None] + (h @ q[..., None]).mT, self.slope)
        keep = keep[:, None]
        if self.late:  # a softmax over all nodes, masked after it
            alpha = torch.softmax(s, dim=-1) * keep
        else:
            alpha = torch.softmax(s.where(keep, -1e30), dim=self.axis) * keep
        alpha = alpha.detach() if self.lost else alpha
        y = (alpha @ h).transpose(1, 2).flatten(2) + self.bias
        return torch.where(present[..., None], y, 0)


def readout(nodes, present, how, all_nodes=False, least=1, kind=None):
    there = torch.ones(nodes.shape[:2], dtype=torch.bool) if present is None else present
    x = torch.where(there[..., None], nodes, 0)
    count = there.sum(dim=1, keepdim=True).clamp(min=least)
    if all_nodes:
        count = torch.full_like(count, nodes.shape[1])
    return x.sum(dim=1) / (count if (kind or how) == "mean" else 1)


def caught(name, function):
    def layer(_, given):
        if name == "graph_readout":
            return functools.partial(function, how=given["how"], **(
                {} if given["present"] is not None else {"present": None}))  # fmt: skip
        size = (given["weight"].shape[1], len(given["weight"]))
        heads = () if name == "graph_convolution" else (len(given["sender_weight"]), given["slope"])
        return function(*size, *heads)

    return is_caught(dataclasses.replace(FORMULAS[name], layer=layer, peers=()))


ROUTES = {
    "graph_convolution": GraphConvolution,
    "graph_attention": GraphAttention,
    "graph_readout": readout,
}
MUTANTS = [
    ("graph_convolution", {"power": (-1, 0)}),
    ("graph_convolution", {"power": (0, -1)}),
    ("graph_convolution", {"power": (-1, -1)}),
    ("graph_convolution", {"power": (0, 0)}),
    ("graph_convolution", {"loops": False}),
    ("graph_convolution", {"early": True}),
    ("graph_convolution", {"turn": True}),
    ("graph_convolution", {"last": False}),
    ("graph_convolution", {"lost": True}),
    ("graph_attention", {"fixed": 0.01}),
    ("graph_attention", {"axis": -2}),
    ("graph_attention", {"swapped": True}),
    ("graph_attention", {"late": True}),
    ("graph_attention", {"lost": True}),
    ("graph_attention", {"loops": False}),
    ("graph_attention", {"blind": True}),
    ("graph_readout", {"all_nodes": True}),
    ("graph_readout", {"least": 0}),
    ("graph_readout", {"kind": "sum"}),
    ("graph_readout", {"kind": "mean"}),
]


@pytest.mark.parametrize("name", ROUTES)
def test_the_other_routes_are_right(name):
    assert not caught(name, ROUTES[name])


@pytest.mark.parametrize(
    ("name", "mistake"), MUTANTS, ids=[f"{name}-{n}" for n, (name, _) in enumerate(MUTANTS)]
)
def test_a_mutant_is_caught(name, mistake):
    assert caught(name, functools.partial(ROUTES[name], **mistake))
