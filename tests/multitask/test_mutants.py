"""Plausible mistakes with several tasks, each of which the comparison must catch."""

import dataclasses
import functools

import numpy as np
import pytest

from mmref.concordance import FORMULAS
from mmref.contract.multitask import FACTORS
from tests.mutants import is_caught

torch = pytest.importorskip("torch")


def masked(losses, labelled, count=None, gap=0.0, fill=0.0):
    rows = labelled.sum(dim=0).clamp(min=1) if count is None else count(labelled)
    other = gap * losses if gap else fill
    return torch.where(labelled, losses, other).sum(dim=0) / rows


def projected(gradients, order, live=False, always=False, halved=1.0, lost=False):
    """Row by row, in the words of the paper."""
    g, rows = gradients, []
    for i in range(len(g)):
        r = g[i]
        for j in order or range(len(g)):
            other = rows[j] if live and j < len(rows) else g[j]
            dot, square = r @ other, other @ other
            if j != i and square > 0 and (always or dot < 0):
                dot = dot.detach() if lost else dot
                r = r - halved * dot / square * other
        rows.append(r)
    return torch.stack(rows)


class Weighting(torch.nn.Module):
    """UncertaintyWeighting, or a wrong one."""

    def __init__(self, kinds, alike=False, cost=0.5, drift=False, power=-1):
        super().__init__()
        c = [1.0 if alike else FACTORS[kind] for kind in kinds]
        self.c, self.cost, self.drift, self.power = torch.tensor(c), cost, drift, power
        self.log_variances = torch.nn.Parameter(torch.zeros(len(kinds)))

    def forward(self, losses, present=None):
        s = self.log_variances
        present = torch.ones(len(s), dtype=torch.bool) if present is None else present
        fitted = self.c * torch.exp(self.power * s) * torch.where(present, losses, 0)
        cost = self.cost * s
        return torch.where(present, fitted, 0) + cost * (self.drift | present)


Weighting.__name__ = "UncertaintyWeighting"  # by which its arrays are found


def caught(name, function):
    def layer(_, arguments):
        if function.func is Weighting:
            return function(arguments["kinds"])
        options = {n: a for n, a in arguments.items() if not isinstance(a, np.ndarray)}
        return functools.partial(function, **options)

    return is_caught(dataclasses.replace(FORMULAS[name], layer=layer, peers=()))


ROUTES = {
    "masked_task_loss": masked,
    "project_conflicts": projected,
    "uncertainty_weighting": Weighting,
}
MUTANTS = [
    ("masked_task_loss", {"count": len}),
    ("masked_task_loss", {"count": lambda m: m.sum(dim=0)}),
    ("masked_task_loss", {"gap": 1.0}),
    ("masked_task_loss", {"fill": 1.0}),
    ("project_conflicts", {"live": True}),
    ("project_conflicts", {"always": True}),
    ("project_conflicts", {"halved": 0.5}),
    ("project_conflicts", {"lost": True}),
    ("uncertainty_weighting", {"alike": True}),
    ("uncertainty_weighting", {"cost": 1.0}),
    ("uncertainty_weighting", {"drift": True}),
    ("uncertainty_weighting", {"power": -2}),
]


@pytest.mark.parametrize("name", ROUTES)
def test_the_other_routes_are_right(name):
    assert not caught(name, functools.partial(ROUTES[name]))


@pytest.mark.parametrize(
    ("name", "mistake"), MUTANTS, ids=[f"{name}-{n}" for n, (name, _) in enumerate(MUTANTS)]
)
def test_a_mutant_is_caught(name, mistake):
    assert caught(name, functools.partial(ROUTES[name], **mistake))
