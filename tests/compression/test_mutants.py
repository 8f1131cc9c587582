"""Plausible mistakes in compression, each of which the comparison must catch."""

import dataclasses
import functools

import pytest

from mmref.concordance import FORMULAS
from tests.mutants import is_caught

torch = pytest.importorskip("torch")


def grid(x, scale, zero_point, bits, to=torch.round, low=0, dead=False, open_ended=False, early=0):
    least, most = -(2 ** (bits - 1)) + low, 2 ** (bits - 1) - 1
    steps = to(x.detach() / scale) + zero_point
    value = scale * (steps.clamp(least, most) - zero_point)
    place = x.detach() / scale + zero_point if early else steps
    inside = (place >= least) & (place <= most)
    passed = x if open_ended else torch.where(inside, x, 0)
    return value + 0 * x if dead else value + (passed - passed.detach())


def prune(weights, share, signed=False, largest=False, through=False):
    size = weights.detach() if signed else weights.detach().abs()
    order = size.flatten().argsort(descending=largest)
    keep = torch.ones(weights.numel(), dtype=torch.bool)
    keep[order[: round(share * weights.numel())]] = False
    kept = torch.where(keep.reshape(weights.shape), weights, 0)
    return weights + (kept - weights).detach() if through else kept


def distill(logits, teacher, temperature, power=2, mean=True, turned=False, frozen=False):
    teacher = teacher.detach() if frozen else teacher
    p, q = ((z / temperature).log_softmax(dim=1) for z in (logits, teacher))
    p, q = (q, p) if turned else (p, q)
    return temperature**power * (q.exp() * (q - p)).sum() / (len(logits) if mean else 1)


MUTANTS = [
    ("quantized", grid, {"to": torch.floor}),
    ("quantized", grid, {"low": 1}),
    ("quantized", grid, {"dead": True}),
    ("quantized", grid, {"open_ended": True}),
    ("quantized", grid, {"early": True}),
    ("pruned", prune, {"signed": True}),
    ("pruned", prune, {"largest": True}),
    ("pruned", prune, {"through": True}),
    ("distillation_loss", distill, {"power": 1}),
    ("distillation_loss", distill, {"power": 0}),
    ("distillation_loss", distill, {"mean": False}),
    ("distillation_loss", distill, {"turned": True}),
    ("distillation_loss", distill, {"frozen": True}),
]


def caught(name, function, **mistake):
    def layer(_, arguments):
        options = {n: a for n, a in arguments.items() if not hasattr(a, "shape")}
        return functools.partial(function, **options, **mistake)

    return is_caught(dataclasses.replace(FORMULAS[name], layer=layer, peers=()))


@pytest.mark.parametrize(("name", "function"), sorted({(n, f) for n, f, _ in MUTANTS}, key=str))
def test_the_other_route_is_right(name, function):
    assert not caught(name, function)


@pytest.mark.parametrize(("name", "function", "mistake"), MUTANTS)
def test_a_mutant_is_caught(name, function, mistake):
    assert caught(name, function, **mistake)
