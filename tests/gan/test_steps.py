"""Rounds of the game, number by number: networks so small that NumPy can play it too.

The generator is a * z, the discriminator sum_j w_j x_j^2 / 2, whose slope at x is w * x. Both
follow their gradients at a rate of 1/10: Adam would hide how large they are.
"""

import numpy as np
import pytest

from mmref.data.adversarial import AdversarialBatches, ring
from mmref.reference import adversarial
from tests.gan.players import fit, gan_of, layer, summed
from tests.wings import WINGS, numpy, wing_of

pytestmark = pytest.mark.each_backend

RATE, FACTORS, WEIGHTS = 0.1, np.array([0.7, -1.2]), np.array([0.5, -0.3])
BATCHES = AdversarialBatches(ring(12), None, latent=2, batch_size=12)
LOSSES = {
    "minimax": ("minimax_discriminator", "minimax_generator"),
    "non-saturating": ("minimax_discriminator", "non_saturating_generator"),
    "least squares": ("least_squares_discriminator", "least_squares_generator"),
    "hinge": ("hinge_discriminator", "wasserstein_generator"),
    "wasserstein": ("wasserstein_critic", "wasserstein_generator"),
}


def played(name, batches=BATCHES, rate=RATE, **options):
    """Both networks' weights after an epoch, and what was watched."""
    wing_of(name)
    models = (
        layer(name, lambda self, z: self.factors * z, FACTORS),
        layer(name, lambda self, x: summed(self.factors * x**2) / 2, WEIGHTS),
    )
    gan = gan_of(name, models, **options)
    for player, model in zip(gan.optimizers, models, strict=True):
        gan.optimizers[player] = descent(name, model, rate)
    history = fit(name, gan, batches)
    return [numpy(model.factors) for model in models], history


def descent(name, model, rate):
    if name == "torch":
        import torch

        return torch.optim.SGD(model.parameters(), rate)
    import keras

    return keras.optimizers.SGD(rate)


def expected(batch, rate=RATE, loss="non-saturating", penalty=0.0, r1=0.0, critic_steps=1):
    """The same after one round, by the formulas."""
    of_discriminator, of_generator = (f"{player}_loss" for player in LOSSES[loss])
    a, w = FACTORS, WEIGHTS
    batch = {key: np.split(x.astype(float), critic_steps) for key, x in batch.items()}
    for real, noise, mix in zip(batch["real"], batch["noise"], batch["mix"], strict=True):
        fake, share = a * noise, mix[:, None]
        logits = real**2 @ w / 2, fake**2 @ w / 2
        for_real, for_fake = slopes(of_discriminator, *logits)
        slope = (for_real @ real**2 + for_fake @ fake**2) / 2
        x = share * real + (1 - share) * fake
        norms = np.linalg.norm(w * x, axis=1, keepdims=True)
        slope += penalty * np.mean(2 * (norms - 1) * w * x**2 / norms, axis=0)
        slope += r1 / 2 * np.mean(2 * w * real**2, axis=0)
        w = w - rate * slope
    watched = {"d_loss": getattr(adversarial, of_discriminator)(*logits)}
    for side, values in zip(("real", "fake"), logits, strict=True):
        watched[f"{side}_probability"] = np.mean(1 / (1 + np.exp(-values)))
    # The generator's turn, on the noise of the last share.
    judged = (a * noise) ** 2 @ w / 2
    watched["g_loss"] = getattr(adversarial, of_generator)(judged)
    (for_fake,) = slopes(of_generator, judged)
    return [a - rate * (for_fake @ noise**2) * w * a, w], watched


def slopes(loss, *logits):
    return getattr(adversarial, f"{loss}_gradient")(1.0, *logits)


@pytest.mark.parametrize("name", WINGS)
@pytest.mark.parametrize(
    "options",
    [
        *({"loss": loss} for loss in LOSSES),
        {"loss": "wasserstein", "penalty": 3.0},
        {"r1": 3.0},
        {"critic_steps": 3},
        {"loss": "wasserstein", "penalty": 3.0, "r1": 1.0, "critic_steps": 2},
    ],
    ids=str,
)
def test_a_round_follows_the_formulas(name, options):
    weights, history = played(name, **options)
    wanted, watched = expected(BATCHES.batch(0, 0), **options)
    for found, right, start in zip(weights, wanted, (FACTORS, WEIGHTS), strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-5)
        assert np.abs(found - start).min() > 1e-4
    assert set(history) == set(watched)
    for key, right in watched.items():
        assert history[key] == [pytest.approx(right, rel=1e-5)], key


@pytest.mark.parametrize("name", WINGS)
def test_the_history_is_the_mean_over_an_epochs_batches(name):
    batches = AdversarialBatches(ring(36), None, latent=2, batch_size=12)
    _, history = played(name, batches, rate=0.0)
    each = [expected(batches.batch(0, i), rate=0.0)[1] for i in range(3)]
    for key in each[0]:
        numbers = [watched[key] for watched in each]
        assert history[key] == [pytest.approx(np.mean(numbers), rel=1e-5)]
        assert len(set(numbers)) == 3
