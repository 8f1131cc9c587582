"""Plausible mistakes with adapters, each of which the comparison must catch."""

import dataclasses
import functools

import pytest

from mmref.concordance import FORMULAS
from tests.mutants import is_caught

torch = pytest.importorskip("torch")


class Adapter(torch.nn.Module):
    """LowRankAdapter, or a wrong one."""

    def __init__(self, outside, inside, rank, share, lost=False, started=False, turned=False):
        super().__init__()
        self.base = torch.nn.Linear(inside, outside, bias=False)
        self.down = torch.nn.Parameter(torch.zeros(rank, inside))
        self.up = torch.nn.Parameter(torch.zeros(outside, rank))
        self.share, self.lost, self.started, self.turned = share, lost, started, turned

    def forward(self, x):
        up = self.up.detach() if self.started else self.up
        base = self.base(x)
        if self.turned:
            base = base.detach()
        update = (x.detach() if self.lost else x) @ self.down.T @ up.T
        return base + self.share * update


Adapter.__name__ = "LowRankAdapter"  # by which its arrays are found


def caught(share=lambda alpha, rank: alpha / rank, **mistake):
    def layer(_, arguments):
        (outside, inside), rank = arguments["weight"].shape, len(arguments["down"])
        return Adapter(outside, inside, rank, share(arguments["alpha"], rank), **mistake)

    return is_caught(dataclasses.replace(FORMULAS["low_rank_adapter"], layer=layer, peers=()))


def merging(weight, down, up, alpha, share=lambda alpha, rank: alpha / rank, frozen=False):
    return (weight.detach() if frozen else weight) + share(alpha, len(down)) * up @ down


MUTANTS = [
    {"share": lambda alpha, rank: alpha},
    {"share": lambda alpha, rank: 1.0},
    {"share": lambda alpha, rank: alpha / rank**0.5},
    {"lost": True},
    {"started": True},
    {"turned": True},
]


def test_the_other_route_is_right():
    assert not caught()


@pytest.mark.parametrize("mistake", MUTANTS)
def test_a_mutant_is_caught(mistake):
    assert caught(**mistake)


@pytest.mark.parametrize("mistake", [{}, *MUTANTS[:3], {"frozen": True}])
def test_a_mutant_of_merging_is_caught(mistake):
    def layer(_, arguments):
        return functools.partial(merging, alpha=arguments["alpha"], **mistake)

    entry = dataclasses.replace(FORMULAS["merge_low_rank"], layer=layer, peers=())
    assert is_caught(entry) == bool(mistake)
