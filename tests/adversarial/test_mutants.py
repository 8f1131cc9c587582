"""Plausible mistakes in adversarial losses, each of which the comparison must catch."""

import dataclasses
import functools

import numpy as np
import pytest

from mmref.concordance import FORMULAS, compare

torch = pytest.importorskip("torch")

from tests.adversarial.losses import extreme, sides  # noqa: E402

pytestmark = pytest.mark.each_backend


def naive_discriminator(real_logits, fake_logits, smoothing=0.0):
    """Probabilities first: log 0."""
    d, e = torch.sigmoid(real_logits), torch.sigmoid(fake_logits)
    real = (1 - smoothing) * d.log() + smoothing * (1 - d).log()
    return -real.mean() - (1 - e).log().mean()


def test_a_loss_of_probabilities_is_refused_far_out():
    """Correct at moderate logits, infinite beyond: what the samples "far out" are for."""
    formula = FORMULAS["minimax_discriminator_loss"]
    moderate = {"near zero": formula.samples["near zero"]}
    mutant = dataclasses.replace(
        formula,
        layer=lambda _, a: functools.partial(naive_discriminator, smoothing=a["smoothing"]),
        peers=(),
    )
    assert all(r.ok for r in compare(dataclasses.replace(mutant, samples=moderate), "torch"))
    assert not all(r.ok for r in compare(mutant, "torch", "float32"))
    assert not all(np.isfinite(r.absolute) for r in compare(extreme(mutant), "torch"))


softplus, sigmoid = torch.nn.functional.softplus, torch.sigmoid


def wrong_sign(real_logits, fake_logits, smoothing):
    return softplus(real_logits).mean() + softplus(-fake_logits).mean()


def half_missing(real_logits, fake_logits, smoothing):
    return softplus(-real_logits).mean()


def averaged(real_logits, fake_logits, smoothing):
    """The mean over both halves at once: half the loss."""
    return torch.cat([softplus(-real_logits), softplus(fake_logits)]).mean()


def smoothing_on_both_sides(real_logits, fake_logits, smoothing):
    def side(s, target):
        return (target * softplus(-s) + (1 - target) * softplus(s)).mean()

    return side(real_logits, 1 - smoothing) + side(fake_logits, smoothing)


def smoothing_ignored(real_logits, fake_logits, smoothing):
    return softplus(-real_logits).mean() + softplus(fake_logits).mean()


def summed(real_logits, fake_logits, smoothing):
    return (softplus(-real_logits) + softplus(fake_logits)).sum()


def log_of_the_mean(fake_logits):
    return -sigmoid(fake_logits).mean().log()


def mean_of_the_logits(fake_logits):
    return -torch.nn.functional.logsigmoid(fake_logits.mean())


def saturating(fake_logits):
    return -softplus(fake_logits).mean()


def cut_off(fake_logits):
    """PyTorch's softplus is linear beyond 20: 2e-9 too small there."""
    return softplus(-fake_logits).mean()


def targets_swapped(real_logits, fake_logits, real_target, fake_target):
    return ((real_logits - fake_target) ** 2).mean() / 2 + (
        (fake_logits - real_target) ** 2
    ).mean() / 2


def not_halved(real_logits, fake_logits, real_target, fake_target):
    return ((real_logits - real_target) ** 2).mean() + ((fake_logits - fake_target) ** 2).mean()


def targets_fixed(real_logits, fake_logits, real_target, fake_target):
    return ((real_logits - 1) ** 2).mean() / 2 + (fake_logits**2).mean() / 2


def hinge_turned(real_logits, fake_logits):
    return torch.relu(1 + real_logits).mean() + torch.relu(1 - fake_logits).mean()


def hinge_without_margin(real_logits, fake_logits):
    return torch.relu(-real_logits).mean() + torch.relu(fake_logits).mean()


def hinge_of_the_mean(real_logits, fake_logits):
    return torch.relu(1 - real_logits.mean()) + torch.relu(1 + fake_logits.mean())


def critic_turned(real_logits, fake_logits):
    return real_logits.mean() - fake_logits.mean()


def critic_of_probabilities(real_logits, fake_logits):
    return sigmoid(fake_logits).mean() - sigmoid(real_logits).mean()


def without_mismatched(real_logits, mismatched_logits, fake_logits):
    return softplus(-real_logits).mean() + softplus(fake_logits).mean()


def not_shared(real_logits, mismatched_logits, fake_logits):
    """Twice the weight of what is false."""
    return without_mismatched(real_logits, None, fake_logits) + softplus(mismatched_logits).mean()


def mismatched_as_real(real_logits, mismatched_logits, fake_logits):
    true = (softplus(-real_logits).mean() + softplus(-mismatched_logits).mean()) / 2
    return true + softplus(fake_logits).mean()


def all_shared(real_logits, mismatched_logits, fake_logits):
    return not_shared(real_logits, mismatched_logits, fake_logits) / 3


MUTANTS = [
    ("minimax_discriminator_loss", wrong_sign),
    ("minimax_discriminator_loss", half_missing),
    ("minimax_discriminator_loss", averaged),
    ("minimax_discriminator_loss", smoothing_on_both_sides),
    ("minimax_discriminator_loss", smoothing_ignored),
    ("minimax_discriminator_loss", summed),
    ("minimax_discriminator_loss", naive_discriminator),
    ("matching_aware_discriminator_loss", without_mismatched),
    ("matching_aware_discriminator_loss", not_shared),
    ("matching_aware_discriminator_loss", mismatched_as_real),
    ("matching_aware_discriminator_loss", all_shared),
    ("non_saturating_generator_loss", log_of_the_mean),
    ("non_saturating_generator_loss", mean_of_the_logits),
    ("non_saturating_generator_loss", saturating),
    ("non_saturating_generator_loss", cut_off),
    ("minimax_generator_loss", lambda fake_logits: softplus(fake_logits).mean()),
    ("minimax_generator_loss", lambda fake_logits: softplus(-fake_logits).mean()),
    ("least_squares_discriminator_loss", targets_swapped),
    ("least_squares_discriminator_loss", not_halved),
    ("least_squares_discriminator_loss", targets_fixed),
    ("hinge_discriminator_loss", hinge_turned),
    ("hinge_discriminator_loss", hinge_without_margin),
    ("hinge_discriminator_loss", hinge_of_the_mean),
    ("wasserstein_critic_loss", critic_turned),
    ("wasserstein_critic_loss", critic_of_probabilities),
    ("wasserstein_generator_loss", lambda fake_logits: fake_logits.mean()),
]


@pytest.mark.parametrize(("name", "mutant"), MUTANTS)
def test_a_mutated_loss_is_caught(name, mutant):
    formula = dataclasses.replace(FORMULAS[name], layer=sides(mutant), peers=())
    with np.errstate(all="ignore"):
        assert not all(row.ok for row in compare(formula, "torch", "float64"))
