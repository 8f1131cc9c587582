"""Plausible mistakes in spectral normalization, each of which must be caught."""

import dataclasses

import pytest

from mmref.concordance import FORMULAS, compare

pytest.importorskip("torch")

from tests.adversarial.losses import sides  # noqa: E402

pytestmark = pytest.mark.each_backend


def sigma_detached(weight, left, right, axis):
    sigma = (left @ weight.movedim(axis, 0).flatten(1) @ right).detach()
    return weight / sigma


def frobenius(weight, left, right, axis):
    return weight / weight.norm()


def axis_ignored(weight, left, right, axis):
    if len(left) != len(weight):
        return weight
    return weight / (left @ weight.flatten(1) @ right)


def sigma_squared(weight, left, right, axis):
    return weight / (left @ weight.movedim(axis, 0).flatten(1) @ right) ** 2


@pytest.mark.parametrize("mutant", [sigma_detached, frobenius, axis_ignored, sigma_squared])
def test_a_mutated_spectral_normalization_is_caught(mutant):
    formula = FORMULAS["spectral_normalization"]
    formula = dataclasses.replace(formula, layer=sides(mutant))
    assert not all(row.ok for row in compare(formula, "torch"))
