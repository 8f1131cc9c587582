"""Plausible mistakes in the masked softmax, each of which the comparison must catch."""

import dataclasses

import pytest

torch = pytest.importorskip("torch")

from mmref.concordance import FORMULAS  # noqa: E402
from mmref.torch.softmax import masked_softmax  # noqa: E402
from tests.mutants import is_caught  # noqa: E402


def softmax_flipped(scores, mask=None):
    return masked_softmax(scores, None if mask is None else ~mask)


def softmax_of_shifted_zeros(scores, mask=None):
    """Multiplies by the mask before the softmax: a dropped entry still counts as exp(0)."""
    return torch.softmax(scores if mask is None else scores.masked_fill(~mask, 0), dim=-1)


def softmax_with_infinity(scores, mask=None):
    """NaN where a row keeps nothing."""
    kept = scores if mask is None else scores.masked_fill(~mask, -torch.inf)
    return torch.softmax(kept, dim=-1)


def softmax_of_stand_ins(scores, mask=None):
    """A row that keeps nothing but minus infinity gives NaN."""
    if mask is None:
        return torch.softmax(scores, dim=-1)
    low = torch.finfo(scores.dtype).min
    return torch.softmax(scores.masked_fill(~mask, low), dim=-1).masked_fill(~mask, 0)


def softmax_that_overflows(scores, mask=None):
    e = torch.exp(scores)
    e = e if mask is None else e.masked_fill(~mask, 0)
    return e / e.sum(dim=-1, keepdim=True).clamp(min=1e-30)


def softmax_with_epsilon(scores, mask=None):
    return masked_softmax(scores, mask) / (1 + 1e-6)


FUNCTIONS = [
    softmax_flipped,
    softmax_of_shifted_zeros,
    softmax_with_infinity,
    softmax_of_stand_ins,
    softmax_that_overflows,
    softmax_with_epsilon,
]


@pytest.mark.parametrize("mutant", FUNCTIONS)
def test_a_mutated_softmax_is_caught(mutant):
    formula = dataclasses.replace(FORMULAS["masked_softmax"], layer=lambda *_: mutant, peers=())
    assert is_caught(formula, "float64")
