"""Plausible mistakes with several workers, each of which the comparison must catch."""

import dataclasses
import functools

import pytest

from mmref.concordance import FORMULAS
from tests.mutants import is_caught

torch = pytest.importorskip("torch")


def averaged(gradients, counts, plain=False, summed=False, looked=False, seen=False):
    n = torch.tensor(counts, dtype=gradients.dtype)
    n = n.reshape(-1, *(1,) * (gradients.ndim - 1))
    kept = gradients if looked else torch.where(n > 0, gradients, 0)
    if seen:
        kept = torch.cat([kept[:1], kept[1:].detach()])
    if plain:
        return kept.sum(dim=0) / (n > 0).sum()
    return (n * kept).sum(dim=0) / (1 if summed else n.sum())


def combined(means, variances, counts, alone=False, plain=False, less=0, cut=False):
    n = torch.tensor(counts, dtype=means.dtype)[:, None]
    w = (n > 0) / (n > 0).sum() if plain else n / n.sum()
    m, v = (torch.where(n > 0, each, 0) for each in (means, variances))
    mean = (w * m).sum(dim=0)
    away = 0 * m if alone else (m.detach() if cut else m) - mean
    variance = (w * (v + away**2)).sum(dim=0) * n.sum() / (n.sum() - less)
    return torch.stack([mean, variance])


def ring(arrays, rounds=2, back=False, cut=False):
    """As if so many times P - 1 steps were gone."""
    whole = arrays.sum(dim=0)
    if back:
        whole = whole - arrays[0]
    if cut:
        whole = arrays[0] + arrays[1:].sum(dim=0).detach()
    return torch.stack([whole / 2 * rounds] * len(arrays))


MUTANTS = [
    ("averaged_gradients", averaged, {"plain": True}),
    ("averaged_gradients", averaged, {"summed": True}),
    ("averaged_gradients", averaged, {"looked": True}),
    ("averaged_gradients", averaged, {"seen": True}),
    ("combined_statistics", combined, {"alone": True}),
    ("combined_statistics", combined, {"plain": True}),
    ("combined_statistics", combined, {"less": 1}),
    ("combined_statistics", combined, {"cut": True}),
    ("ring_all_reduce", ring, {"rounds": 1}),
    ("ring_all_reduce", ring, {"back": True}),
    ("ring_all_reduce", ring, {"cut": True}),
]


def caught(entry, function, mistake):
    def layer(_, arguments):
        counts = {"counts": arguments["counts"]} if "counts" in arguments else {}
        return functools.partial(function, **counts, **mistake)

    return is_caught(dataclasses.replace(FORMULAS[entry], layer=layer, peers=()))


@pytest.mark.parametrize(
    ("entry", "function"),
    [
        ("averaged_gradients", averaged),
        ("combined_statistics", combined),
        ("ring_all_reduce", ring),
    ],
)
def test_the_other_route_is_right(entry, function):
    assert not caught(entry, function, {})


@pytest.mark.parametrize(("entry", "function", "mistake"), MUTANTS)
def test_a_mutant_is_caught(entry, function, mistake):
    assert caught(entry, function, mistake)
