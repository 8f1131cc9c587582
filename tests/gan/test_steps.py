"""Rounds of the game, number by number: networks so small that NumPy can play it too.

The generator is a * z, the discriminator sum_j w_j x_j^2 / 2, whose slope at x is w * x. Both
follow their gradients at a rate of 1/10: Adam would hide how large they are.
"""

import importlib
from functools import partial

import numpy as np
import pytest

from mmref.data.adversarial import AdversarialBatches, ring
from mmref.reference import adversarial
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


def layer(name, call, start=()):
    """A layer of either framework that calls ``call(self, *inputs)``; it may hold ``factors``."""
    if name == "torch":
        import torch

        class Layer(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.factors = torch.nn.Parameter(torch.tensor(start, dtype=torch.float32))

            def forward(self, *inputs):
                return call(self, *inputs)
    else:
        import keras

        class Layer(keras.layers.Layer):
            def __init__(self):
                super().__init__()
                start_of = keras.initializers.Constant(start)
                self.factors = self.add_weight((len(start),), start_of)
                self.built = True

            def call(self, *inputs, training=None):
                self.training = training
                return call(self, *inputs)

    return Layer()


def gan_of(name, models, **options):
    return importlib.import_module(f"mmref.{name}.gan").GAN(*models, **options)


def fit(name, gan, batches=BATCHES):
    """One round; in Keras step by step, so that the networks' code sees numbers."""
    if name == "torch":
        return gan.fit(batches, 1, progress=False)
    gan.compile(run_eagerly=True)
    return gan.fit(batches, 1, verbose=0).history


def played(name, **options):
    """Both networks' weights after one round, and what was watched."""
    wing_of(name)
    models = (
        layer(name, lambda self, z: self.factors * z, FACTORS),
        layer(name, lambda self, x: (self.factors * x**2).sum(1) / 2, WEIGHTS),
    )
    gan = gan_of(name, models, **options)
    for player, model in zip(gan.optimizers, models, strict=True):
        gan.optimizers[player] = descent(name, model)
    history = fit(name, gan)
    return [numpy(model.factors) for model in models], history


def descent(name, model):
    if name == "torch":
        import torch

        return torch.optim.SGD(model.parameters(), RATE)
    import keras

    return keras.optimizers.SGD(RATE)


def expected(loss="non-saturating", penalty=0.0, r1=0.0, critic_steps=1):
    """The same by the formulas."""
    of_discriminator, of_generator = (f"{player}_loss" for player in LOSSES[loss])
    a, w = FACTORS, WEIGHTS
    batch = {key: np.split(x.astype(float), critic_steps) for key, x in BATCHES.batch(0, 0).items()}
    for real, noise, mix in zip(batch["real"], batch["noise"], batch["mix"], strict=True):
        fake, share = a * noise, mix[:, None]
        logits = real**2 @ w / 2, fake**2 @ w / 2
        for_real, for_fake = slopes(of_discriminator, *logits)
        slope = (for_real @ real**2 + for_fake @ fake**2) / 2
        x = share * real + (1 - share) * fake
        norms = np.linalg.norm(w * x, axis=1, keepdims=True)
        slope += penalty * np.mean(2 * (norms - 1) * w * x**2 / norms, axis=0)
        slope += r1 / 2 * np.mean(2 * w * real**2, axis=0)
        w = w - RATE * slope
    watched = {"d_loss": getattr(adversarial, of_discriminator)(*logits)}
    for side, values in zip(("real", "fake"), logits, strict=True):
        watched[f"{side}_probability"] = np.mean(1 / (1 + np.exp(-values)))
    # The generator's turn, on the noise of the last share.
    judged = (a * noise) ** 2 @ w / 2
    watched["g_loss"] = getattr(adversarial, of_generator)(judged)
    (for_fake,) = slopes(of_generator, judged)
    return [a - RATE * (for_fake @ noise**2) * w * a, w], watched


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
    (weights, history), (wanted, watched) = played(name, **options), expected(**options)
    for found, right, start in zip(weights, wanted, (FACTORS, WEIGHTS), strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-5)
        assert np.abs(found - start).min() > 1e-4
    assert set(history) == set(watched)
    for key, right in watched.items():
        assert history[key] == [pytest.approx(right, rel=1e-5)], key


@pytest.mark.parametrize("name", WINGS)
def test_both_networks_train_in_training_mode(name):
    """Batch norm and dropout act: in the losses of both players, and in the penalties."""
    wing_of(name)
    seen = []

    def noting(player, self, x):
        seen.append((player, self.training))
        return self.factors * x if player == "draws" else (self.factors * x).sum(1)

    models = [layer(name, partial(noting, player), FACTORS) for player in ("draws", "judges")]
    if name == "torch":
        for model in models:
            model.eval()  # whatever they were
    fit(name, gan_of(name, models, penalty=1.0, r1=1.0))
    judged = [("judges", True)]
    assert seen == [("draws", True), *judged * 4, ("draws", True), *judged]


@pytest.mark.parametrize("name", WINGS)
def test_examples_are_judged_with_their_own_labels(name):
    """Real and drawn ones, in the penalties too, and in every critic step."""
    wing_of(name)
    labels = np.arange(12)
    seen = []

    def draw(self, noise, labels):
        return self.factors * noise[:, :1] * 0 + labels[:, None]

    def judge(self, x, labels):
        seen.append((numpy(x)[:, 0].tolist(), numpy(labels).tolist()))
        return (self.factors * x).sum(1)

    models = layer(name, draw, [1.0]), layer(name, judge, [1.0])
    gan = gan_of(name, models, penalty=1.0, r1=1.0, critic_steps=2)
    fit(name, gan, AdversarialBatches(labels[:, None].astype("float32"), labels, 2, 12))
    assert len(seen) == 2 * 4 + 1
    for examples, given in seen:
        np.testing.assert_allclose(examples, given, atol=1e-5)
    assert {label for _, given in seen for label in given} == set(labels.tolist())


def test_the_optimizers_are_adam_as_asked_for_and_alike():
    settings = {}
    for name in WINGS:
        wing_of(name)
        models = [layer(name, None, [1.0]) for _ in range(2)]
        for options in ({}, {"rate": 0.5, "betas": (0.3, 0.6)}):
            for optimizer in gan_of(name, models, **options).optimizers.values():
                found = settings.setdefault(name, [])
                if name == "torch":
                    (group,) = optimizer.param_groups
                    found.append((group["lr"], *group["betas"], group["eps"]))
                else:
                    rate = float(optimizer.learning_rate)
                    found.append((rate, optimizer.beta_1, optimizer.beta_2, optimizer.epsilon))
    default, other = (2e-4, 0.5, 0.999, 1e-8), (0.5, 0.3, 0.6, 1e-8)
    for found in settings.values():
        np.testing.assert_allclose(found, [default, default, other, other], rtol=1e-6)
