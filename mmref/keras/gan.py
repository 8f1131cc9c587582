"""Two networks trained against each other: a model with a ``train_step`` of its own."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mmref.contract.gan import (
    WATCHED,
    check_batches,
    check_judged,
    check_networks,
    check_settings,
    check_shares,
    losses_of_players,
)
from mmref.contract.settings import check_count
from mmref.data.adversarial import AdversarialBatches
from mmref.keras import adversarial, penalty
from mmref.keras.dcgan import Discriminator, Generator
from mmref.keras.differentiate import value_and_gradients
from mmref.types import Array, Arrays, Tensor


class GAN(keras.Model):
    """A generator and a discriminator with an Adam optimizer each, for ``fit``.

    Args
        generator: model (noise) or (noise, labels) -> examples.
        discriminator: model (examples) or (examples, labels) -> logits.
        loss: one of "minimax", "non-saturating", "least squares", "hinge", "wasserstein".
        penalty: lambda of the gradient penalty; r1: gamma of the R1 penalty. 0 for none. Both
            want a discriminator without batch norm.
        critic_steps: so many steps of the discriminator, each on its share of the batch, for one
            of the generator.
        rate, betas: of Adam; the defaults are those of DCGAN.

    Call ``compile()``, then ``fit``.

    Errors
        ChoiceError: an unknown loss. ShapeError: critic_steps is below 1, or does not divide the
        rows of a batch; a rate that is not positive; a discriminator that gives more than one
        logit for an example. ValueError: a penalty that is negative or not finite. TypeError: a
        network that is none, batches that are none.

    Source
        Goodfellow et al. 2014, arXiv 1406.2661, algorithm 1; the settings: Radford et al. 2016,
        arXiv 1511.06434.
    """

    def __init__(
        self,
        generator: keras.Layer,
        discriminator: keras.Layer,
        loss: str = "non-saturating",
        penalty: float = 0.0,
        r1: float = 0.0,
        critic_steps: int = 1,
        rate: float = 2e-4,
        betas: tuple[float, float] = (0.5, 0.999),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.losses_of_players = losses_of_players(adversarial, loss)
        check_settings(penalty, r1, critic_steps, rate)
        networks = {"generator": generator, "discriminator": discriminator}
        check_networks(keras.Layer, "a keras.Layer", **networks)
        for network in networks.values():
            if isinstance(network, Generator | Discriminator):
                network.build()  # they know their sizes; what does not is built by fit
        self.generator, self.discriminator = generator, discriminator
        self.penalty, self.r1, self.critic_steps = penalty, r1, critic_steps
        adam, (first, second) = keras.optimizers.Adam, betas
        # Keras's own epsilon is 1e-7.
        self.optimizers = {
            player: adam(rate, first, second, epsilon=1e-8)
            for player in ("generator", "discriminator")
        }
        self.watched = {name: keras.metrics.Mean(name) for name in WATCHED}

    @property
    def metrics(self) -> list[keras.Metric]:
        return list(self.watched.values())  # Keras sets them back after each epoch

    def discriminator_loss(
        self, real: Tensor, noise: Tensor, mix: Tensor, labels: tuple[Tensor, ...] = ()
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Its loss with the penalties, and what there is to watch."""
        fake = ops.stop_gradient(self.generator(noise, *labels, training=True))
        real_logits = self.discriminator(real, *labels, training=True)
        check_judged(real_logits, real.shape[0])
        fake_logits = self.discriminator(fake, *labels, training=True)
        loss = game = self.losses_of_players[0](real_logits, fake_logits)
        if self.penalty:
            loss = loss + self.penalty * penalty.gradient_penalty(
                real, fake, mix, lambda x: self.discriminator(x, *labels, training=True)
            )
        if self.r1:
            loss = loss + self.r1 / 2 * penalty.r1_penalty(
                real, lambda x: self.discriminator(x, *labels, training=True)
            )
        sure = [ops.mean(ops.sigmoid(logits)) for logits in (real_logits, fake_logits)]
        return loss, {"d_loss": game, "real_probability": sure[0], "fake_probability": sure[1]}

    def generator_loss(
        self, noise: Tensor, labels: tuple[Tensor, ...] = ()
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Its loss, through a discriminator that stays as it is."""
        fake = self.generator(noise, *labels, training=True)
        loss = self.losses_of_players[1](self.discriminator(fake, *labels, training=True))
        return loss, {"g_loss": loss}

    def fit(
        self,
        batches: AdversarialBatches,
        epochs: int = 1,
        initial_epoch: int = 0,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        **options: Any,
    ) -> keras.callbacks.History:
        """``keras.Model.fit`` on ``mmref.data.adversarial.AdversarialBatches``."""
        check_batches(batches)
        check_count("epochs", epochs)
        check_count("initial_epoch", initial_epoch, 0)
        check_shares(batches.batch_size, self.critic_steps)
        if not (self.generator.built and self.discriminator.built):
            self._create_weights(batches.batch(0, 0))
        self.build_optimizers()
        self.built = True  # to find that out, Keras would call this model, which cannot be called
        data = Dataset(batches)
        # Keras looks at a batch before the first epoch, and ends an "epoch" after that: what
        # counts is the number that it gives to its callbacks.
        follow = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, _: data.begin(epoch))
        options |= {"epochs": epochs, "initial_epoch": initial_epoch, "shuffle": False}
        return super().fit(data, callbacks=[follow, *callbacks], **options)

    def train_step(self, *given: Any) -> Any:
        """What Keras asks of a batch: ``play``. On JAX, where a step is a function of values, it is
        given those of all variables too, and returns what became of them."""
        *state, (batch,) = given
        if not state:
            return self.play(batch)
        lists = (
            self.trainable_variables, self.non_trainable_variables,
            self.optimizer.variables, self.metrics_variables,
        )  # fmt: skip
        held: list[tuple] = []
        for variables, values in zip(lists, state[0], strict=True):
            held += zip(variables, values, strict=True)
        with keras.StatelessScope(held) as scope:
            seen = self.play(batch)
        return seen, tuple([scope.get_current_value(v) for v in variables] for variables in lists)

    def play(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """One round of the game on a batch: a step of each player, and what there was to see."""
        parts = {name: ops.split(array, self.critic_steps) for name, array in batch.items()}
        for i in range(self.critic_steps):
            part = {name: pieces[i] for name, pieces in parts.items()}
            labels = (part["labels"],) if "labels" in part else ()
            seen = self._descend(
                "discriminator", self.discriminator_loss, part["real"], part["noise"],
                part["mix"], labels,
            )  # fmt: skip
        seen |= self._descend("generator", self.generator_loss, part["noise"], labels)
        for name, metric in self.watched.items():
            metric.update_state(seen[name])
        return {name: metric.result() for name, metric in self.watched.items()}

    def _create_weights(self, batch):
        """Call both networks once: compiled code, as ``train_step`` is, may create none."""
        labels = (batch["labels"],) if "labels" in batch else ()
        self.generator(batch["noise"], *labels)
        self.discriminator(batch["real"], *labels)

    def _descend(self, player, loss_of, *arguments):
        """Follow the gradient with respect to one player's variables."""
        variables = getattr(self, player).trainable_variables
        (_, seen), gradients = value_and_gradients(
            lambda: loss_of(*arguments), variables, self.variables
        )
        self.optimizers[player].apply(gradients, variables)
        return {name: ops.stop_gradient(value) for name, value in seen.items()}

    def build_optimizers(self) -> None:
        """Create the optimizers' variables, as the first step would."""
        for player, optimizer in self.optimizers.items():
            if not optimizer.built:
                optimizer.build(getattr(self, player).trainable_variables)
                # Held by the model as its weights are: on JAX only what it holds lasts.
                setattr(self, f"{player}_steps", optimizer.variables)

    def optimizer_arrays(self) -> dict[str, Array]:
        """The optimizers' state as a flat mapping of NumPy arrays, to be saved."""
        self.build_optimizers()
        return {
            f"{player}.{index}": ops.convert_to_numpy(variable)
            for player, optimizer in self.optimizers.items()
            for index, variable in enumerate(optimizer.variables)
        }

    def set_optimizer_arrays(self, arrays: Arrays) -> None:
        """Put back what :meth:`optimizer_arrays` gave."""
        self.build_optimizers()
        for player, optimizer in self.optimizers.items():
            for index, variable in enumerate(optimizer.variables):
                variable.assign(arrays[f"{player}.{index}"])


class Dataset(keras.utils.PyDataset):
    """``mmref.data.adversarial.AdversarialBatches`` as Keras wants its data."""

    def __init__(self, batches: AdversarialBatches) -> None:
        super().__init__()
        self.batches, self.epoch = batches, 0

    def begin(self, epoch: int) -> None:
        """Batches are those of this epoch from now on."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> tuple[dict[str, Array]]:
        return (self.batches.batch(self.epoch, index),)
