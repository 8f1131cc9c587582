"""Plausible mistakes in the losses of captions, each of which the comparison must catch."""

import dataclasses
import functools

import numpy as np
import pytest

from mmref.concordance import FORMULAS
from tests.mutants import is_caught

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.each_backend


def loss(logits, labels, mask=None, kept=True, share=None, shift=0):
    mask = torch.ones_like(labels, dtype=torch.bool) if mask is None else mask
    logits = logits.masked_fill(~mask[..., None], 0)
    labels = labels.masked_fill(~mask, 0)
    logits, labels, mask = logits[:, : labels.shape[1] - shift], labels[:, shift:], mask[:, shift:]
    losses = torch.nn.functional.cross_entropy(logits.transpose(1, 2), labels, reduction="none")
    losses = losses.masked_fill(~mask, 0) if kept else losses
    count = mask.sum() if share is None else share(mask)
    return losses.sum() / max(int(count), 1)


def padding_counts(logits, labels, mask=None):
    return loss(logits, labels, mask, kept=False, share=lambda m: m.numel())


def padding_in_the_mean(logits, labels, mask=None):
    return loss(logits, labels, mask, share=lambda m: m.numel())


def by_caption(logits, labels, mask=None):
    return loss(logits, labels, mask, share=len)


def shifted_twice(logits, labels, mask=None):
    return loss(logits, labels, mask, shift=1)


def softmax_before(logits, labels, mask=None):
    """Probabilities where the cross-entropy wants logits."""
    return loss(logits.softmax(dim=2), labels, mask)


def penalty(weights, mask=None, kept=True, target=1.0, share=len, axis=1):
    if mask is not None:
        there = mask[..., None] if kept else torch.ones_like(mask[..., None])
        weights = torch.nan_to_num(weights).masked_fill(~there, 0)
    return (target - weights.sum(dim=axis)).square().sum() / share(weights)


def of_padding(weights, mask=None):
    return penalty(weights, mask, kept=False)


def over_the_places(weights, mask=None):
    return penalty(weights, mask, axis=2)


def mean_over_places(weights, mask=None):
    return penalty(weights, mask, share=lambda w: w.shape[0] * w.shape[2])


def without_the_one(weights, mask=None):
    return penalty(weights, mask, target=0.0)


NEXT, PENALTY = "next_word_loss", "doubly_stochastic_penalty"
MUTANTS = [
    *((NEXT, f) for f in (padding_counts, padding_in_the_mean, by_caption, shifted_twice,
                          softmax_before)),
    *((PENALTY, f) for f in (of_padding, over_the_places, mean_over_places, without_the_one)),
]  # fmt: skip


def in_place_of(name, function):
    def layer(_, arguments):
        options = {n: a for n, a in arguments.items() if not isinstance(a, np.ndarray)}
        return functools.partial(function, **options)

    return dataclasses.replace(FORMULAS[name], layer=layer, peers=())


@pytest.mark.parametrize(("name", "mutant"), MUTANTS)
def test_a_mutated_loss_is_caught(name, mutant):
    assert is_caught(in_place_of(name, mutant))


@pytest.mark.parametrize(("name", "right"), [(NEXT, loss), (PENALTY, penalty)])
def test_what_the_mutants_are_made_of_is_right(name, right):
    assert not is_caught(in_place_of(name, right))
