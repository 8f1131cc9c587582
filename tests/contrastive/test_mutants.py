"""Plausible mistakes in contrastive losses, each of which the comparison must catch."""

import dataclasses
import functools

import numpy as np
import pytest

from mmref.concordance import FORMULAS
from tests.mutants import is_caught

torch = pytest.importorskip("torch")

from mmref.torch.contrastive import unit_vectors  # noqa: E402

pytestmark = pytest.mark.each_backend


def nce(images, texts, temperature, positives=None, unit=unit_vectors, sides=2, divide=True):
    s = unit(images) @ unit(texts).T
    logits = s / temperature if divide else s * temperature
    right = torch.eye(len(s), dtype=torch.bool) if positives is None else positives
    total = 0.0
    for side, answers in [(logits, right), (logits.T, right.T)][:sides]:
        shares = answers.to(s) / answers.sum(dim=1, keepdim=True).clamp(min=1)
        total = total - (shares * torch.log_softmax(side, dim=1)).sum() / len(s)
    return total / sides


def dots(images, texts, temperature, positives=None):
    return nce(images, texts, temperature, positives, unit=lambda x: x)


def one_direction(images, texts, temperature, positives=None):
    return nce(images, texts, temperature, positives, sides=1)


def multiplied(images, texts, temperature, positives=None):
    return nce(images, texts, temperature, positives, divide=False)


def summed_over_directions(images, texts, temperature, positives=None):
    return 2 * nce(images, texts, temperature, positives)


def false_negatives(images, texts, temperature, positives=None):
    return nce(images, texts, temperature)


def all_positives_summed(images, texts, temperature, positives=None):
    """-log of the sum of the right answers' probabilities, not the mean of their logarithms."""
    logits = unit_vectors(images) @ unit_vectors(texts).T / temperature
    right = torch.eye(len(logits), dtype=torch.bool) if positives is None else positives
    total = 0.0
    for side, answers in ((logits, right), (logits.T, right.T)):
        kept = side.masked_fill(~answers, -torch.inf)
        some = answers.any(dim=1)
        total = total - (kept.logsumexp(1) - side.logsumexp(1))[some].sum() / len(side)
    return total / 2


def columns_of_the_rows(images, texts, temperature, positives=None):
    """The second direction's answers not turned."""
    logits = unit_vectors(images) @ unit_vectors(texts).T / temperature
    right = torch.eye(len(logits), dtype=torch.bool) if positives is None else positives
    shares = right.to(logits) / right.sum(dim=1, keepdim=True).clamp(min=1)
    loss = torch.nn.functional.cross_entropy
    return (loss(logits, shares) + loss(logits.T, shares)) / 2


def triplet(images, texts, margin, positives=None, reduce=torch.mean, both=True, hardest=True):
    s = unit_vectors(images) @ unit_vectors(texts).T
    right = torch.eye(len(s), dtype=torch.bool)
    right = right if positives is None else right | positives
    total = 0.0
    for k in (1, 0) if both else (1,):
        gaps = margin + s - s.diagonal().unsqueeze(k)
        gaps = torch.relu(gaps.masked_fill(right, -torch.inf))
        total = total + reduce(gaps.amax(dim=k) if hardest else gaps.sum(dim=k))
    return total


def of_all_negatives(images, texts, margin, positives=None):
    return triplet(images, texts, margin, positives, hardest=False)


def of_one_direction(images, texts, margin, positives=None):
    return triplet(images, texts, margin, positives, both=False)


def summed(images, texts, margin, positives=None):
    return triplet(images, texts, margin, positives, reduce=torch.sum)


def positives_as_negatives(images, texts, margin, positives=None):
    return triplet(images, texts, margin)


def without_margin(images, texts, margin, positives=None):
    return triplet(images, texts, 0.0, positives)


MUTANTS = [
    *(("info_nce", f) for f in (dots, one_direction, multiplied, summed_over_directions,
                                false_negatives, all_positives_summed, columns_of_the_rows)),
    *(("hardest_negative_triplet", f) for f in (of_all_negatives, of_one_direction, summed,
                                                positives_as_negatives, without_margin)),
    ("cosine_similarities", lambda queries, items: queries @ items.T),
    ("cosine_similarities", lambda queries, items: unit_vectors(queries) @ items.T),
]  # fmt: skip


def in_place_of(name, function):
    def layer(_, arguments):
        options = {n: a for n, a in arguments.items() if not isinstance(a, np.ndarray)}
        return functools.partial(function, **options)

    return dataclasses.replace(FORMULAS[name], layer=layer, peers=())


@pytest.mark.parametrize(("name", "mutant"), MUTANTS)
def test_a_mutated_loss_is_caught(name, mutant):
    assert is_caught(in_place_of(name, mutant))


@pytest.mark.parametrize(
    ("name", "right"), [("info_nce", nce), ("hardest_negative_triplet", triplet)]
)
def test_what_the_mutants_are_made_of_is_right(name, right):
    assert not is_caught(in_place_of(name, right))
