"""Plausible mistakes in penalties on gradients, each of which must be caught."""

import dataclasses

import numpy as np
import pytest

from mmref.concordance import FORMULAS, compare
from mmref.concordance.formulas import penalty as entries

torch = pytest.importorskip("torch")


pytestmark = pytest.mark.each_backend


def penalty_mutant(
    norm_over_the_batch=False,
    without_root=False,
    one_mix=False,
    detached=False,
    absolute=False,
    mix_turned=False,
    on_real=False,
    one_sided_always=False,
    sum_for_mean=False,
    nan_when_flat=False,
):
    """The gradient penalty with one mistake."""

    def layer(wing, arguments):
        center, one_sided = arguments["center"], arguments["one_sided"]

        def penalized(real, fake, mix, weight, bias, output):
            share = (mix[:1] if one_mix else mix)[:, None]
            share = 1 - share if mix_turned else share
            x = real if on_real else share * real + (1 - share) * fake
            score = entries.network(wing, weight, bias, output)(x).sum()
            (slope,) = torch.autograd.grad(score, x, create_graph=True)
            slope = slope.detach() + 0 * x if detached else slope
            squares = slope.square().sum() if norm_over_the_batch else slope.square().sum(dim=1)
            flat = squares == 0
            if nan_when_flat:
                flat = torch.zeros_like(flat)
            norms = squares.masked_fill(flat, 1).sqrt().masked_fill(flat, 0)
            excess = (squares if without_root else norms) - center
            if one_sided or one_sided_always:
                excess = torch.relu(excess)
            excess = excess.abs() if absolute else excess**2
            return excess.sum() if sum_for_mean else excess.mean()

        return penalized

    return layer


@pytest.mark.parametrize(
    "mistake",
    [
        "norm_over_the_batch",
        "without_root",
        "one_mix",
        "detached",
        "absolute",
        "mix_turned",
        "on_real",
        "one_sided_always",
        "sum_for_mean",
        "nan_when_flat",
    ],
)
def test_a_mutated_penalty_is_caught(mistake):
    formula = FORMULAS["gradient_penalty"]
    mutated = dataclasses.replace(formula, layer=penalty_mutant(**{mistake: True}))
    assert not all(row.ok for row in compare(mutated, "torch", "float64"))


def test_what_penalty_mutants_are_made_from_is_right():
    formula = dataclasses.replace(FORMULAS["gradient_penalty"], layer=penalty_mutant())
    assert all(row.ok for row in compare(formula, "torch", "float64"))


def test_samples_of_the_penalty_lie_on_both_sides_of_the_center():
    from mmref.reference import penalty

    arguments = FORMULAS["gradient_penalty"].samples["one-sided"](np.random.default_rng(0))
    mix = arguments["mix"][:, None]
    x = mix * arguments["real"] + (1 - mix) * arguments["fake"]
    slope, *_ = penalty._slope(x, *(arguments[n] for n in ("weight", "bias", "output")))
    norms = np.linalg.norm(slope, axis=1)
    assert norms.min() < 1 < norms.max()


def r1_of_norms(wing, arguments):
    def penalized(real, weight, bias, output):
        score = entries.network(wing, weight, bias, output)(real).sum()
        (slope,) = torch.autograd.grad(score, real, create_graph=True)
        return slope.norm(dim=1).mean()

    return penalized


def test_a_mutated_r1_penalty_is_caught():
    formula = dataclasses.replace(FORMULAS["r1_penalty"], layer=r1_of_norms)
    assert not all(row.ok for row in compare(formula, "torch"))
