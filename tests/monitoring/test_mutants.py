"""Plausible mistakes with the index, each of which the comparison must catch."""

import dataclasses
import functools

import pytest

from mmref.concordance import FORMULAS
from tests.mutants import is_caught

torch = pytest.importorskip("torch")


def index(expected, observed, weight=lambda p, q: q - p, log=torch.log, total=torch.sum):
    """The index, or a wrong one."""
    return total(weight(expected, observed) * log(observed / expected), dim=-1)


MUTANTS = [
    {"weight": lambda p, q: q},
    {"weight": lambda p, q: -p},
    {"weight": lambda p, q: p - q},
    {"weight": lambda p, q: (q - p).abs()},
    {"weight": lambda p, q: q - p.detach()},
    {"weight": lambda p, q: (q - p).detach()},
    {"log": torch.log2},
    {"log": torch.log1p},
    {"total": torch.mean},
]


@pytest.mark.parametrize("mistake", [{}, *MUTANTS])
def test_a_mutant_is_caught(mistake):
    def layer(_, arguments):
        return functools.partial(index, **mistake)

    entry = FORMULAS["population_stability_index"]
    assert is_caught(dataclasses.replace(entry, layer=layer, peers=())) == bool(mistake)
