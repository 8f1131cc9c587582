"""What a GAN does with its networks: their mode, their labels, their optimizers."""

from functools import partial

import numpy as np
import pytest

from mmref.data.adversarial import AdversarialBatches, ring
from tests.gan.players import fit, gan_of, layer, summed
from tests.wings import WINGS, numpy, tensor, wing_of

pytestmark = pytest.mark.each_backend


@pytest.mark.parametrize("name", WINGS)
def test_both_networks_train_in_training_mode(name):
    """Batch norm and dropout act: in the losses of both players, and in the penalties."""
    wing_of(name)
    seen = []

    def noting(player, self, x):
        seen.append((player, self.training))
        return self.factors * x if player == "draws" else summed(self.factors * x)

    models = [layer(name, partial(noting, player), [1.0, 2.0]) for player in ("draws", "judges")]
    if name == "torch":
        for model in models:
            model.eval()  # whatever they were
    fit(name, gan_of(name, models, penalty=1.0, r1=1.0), AdversarialBatches(ring(12), None, 2, 12))
    judged = [("judges", True)]
    assert seen == [("draws", True), *judged * 4, ("draws", True), *judged]


@pytest.mark.parametrize("name", WINGS)
def test_examples_are_judged_with_their_own_labels(name):
    """Real and drawn ones, in the penalties too, and in every critic step."""
    wing_of(name)
    labels = np.arange(12)
    seen = []

    def in_two_columns(labels):
        return np.repeat(labels[:, None], 2, axis=1).astype("float32")

    def draw(self, noise, labels):
        return 0 * self.factors * noise + tensor(name, in_two_columns(numpy(labels)))

    def judge(self, x, labels):
        seen.append((numpy(x)[:, 0].tolist(), numpy(labels).tolist()))
        return summed(self.factors * x)

    models = layer(name, draw, [1.0, 2.0]), layer(name, judge, [1.0, 2.0])
    gan = gan_of(name, models, penalty=1.0, r1=1.0, critic_steps=2)
    fit(name, gan, AdversarialBatches(in_two_columns(labels), labels, 2, 12))
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
