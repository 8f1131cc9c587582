"""Two networks trained against each other: the loop, written out."""

from collections.abc import Callable

import torch
from tqdm import tqdm

from mmref.contract.gan import (
    WATCHED,
    check_batches,
    check_losses,
    check_optimizer_arrays,
    check_settings,
    check_shares,
    losses_of_players,
)
from mmref.contract.penalty import check_scores_of_critic
from mmref.contract.settings import check_count, check_kind
from mmref.data.adversarial import AdversarialBatches
from mmref.torch import adversarial, penalty
from mmref.types import Array, Arrays


class GAN:
    """A generator and a discriminator with an Adam optimizer each.

    Args
        generator: module (noise) or (noise, labels) -> examples.
        discriminator: module (examples) or (examples, labels) -> logits.
        loss: one of "minimax", "non-saturating", "least squares", "hinge", "wasserstein".
        penalty: lambda of the gradient penalty; r1: gamma of the R1 penalty. 0 for none. Both
            want a discriminator without batch norm.
        critic_steps: so many steps of the discriminator, each on its share of the batch, for one
            of the generator.
        rate, betas: of Adam; the defaults are those of DCGAN.

    Errors
        ChoiceError: an unknown loss. ValueError: critic_steps is below 1, or does not divide the
        rows of a batch; a rate that is not positive; a penalty that is negative or not finite.
        ShapeError: a discriminator that gives more than one logit for an example. TypeError: a
        network that is none, batches that are none. ``fit`` stops with a ValueError after an epoch
        whose mean loss is not finite.

    Source
        Goodfellow et al. 2014, arXiv 1406.2661, algorithm 1; the settings: Radford et al. 2016,
        arXiv 1511.06434.
    """

    def __init__(
        self,
        generator: torch.nn.Module,
        discriminator: torch.nn.Module,
        loss: str = "non-saturating",
        penalty: float = 0.0,
        r1: float = 0.0,
        critic_steps: int = 1,
        rate: float = 2e-4,
        betas: tuple[float, float] = (0.5, 0.999),
    ) -> None:
        self.losses = losses_of_players(adversarial, loss)
        check_settings(penalty, r1, critic_steps, rate, betas)
        networks = {"generator": generator, "discriminator": discriminator}
        for player, network in networks.items():
            check_kind(player, network, torch.nn.Module, "a torch.nn.Module")
        self.generator, self.discriminator = generator, discriminator
        self.penalty, self.r1, self.critic_steps = penalty, r1, critic_steps
        self.optimizers = {
            "generator": torch.optim.Adam(generator.parameters(), rate, betas),
            "discriminator": torch.optim.Adam(discriminator.parameters(), rate, betas),
        }
        self.epoch = 0
        self.history: dict[str, list[float]] = {name: [] for name in WATCHED}

    def discriminator_step(
        self,
        real: torch.Tensor,
        noise: torch.Tensor,
        mix: torch.Tensor,
        labels: tuple[torch.Tensor, ...] = (),
    ) -> dict[str, torch.Tensor]:
        """One step of the discriminator; what there is to watch."""
        with torch.no_grad():  # the generator does not learn from this
            fake = self.generator(noise, *labels)
        real_logits = self.discriminator(real, *labels)
        check_scores_of_critic("discriminator(x)", real_logits, len(real), torch.Tensor)
        fake_logits = self.discriminator(fake, *labels)
        loss = game = self.losses[0](real_logits, fake_logits)
        if self.penalty:
            loss = loss + self.penalty * penalty.gradient_penalty(
                real, fake, mix, lambda x: self.discriminator(x, *labels)
            )
        if self.r1:
            loss = loss + self.r1 / 2 * penalty.r1_penalty(
                real, lambda x: self.discriminator(x, *labels)
            )
        self._descend("discriminator", loss)
        sure = [torch.sigmoid(logits.detach()).mean() for logits in (real_logits, fake_logits)]
        return {"d_loss": game.detach(), "real_probability": sure[0], "fake_probability": sure[1]}

    def generator_step(
        self, noise: torch.Tensor, labels: tuple[torch.Tensor, ...] = ()
    ) -> dict[str, torch.Tensor]:
        """One step of the generator, through a discriminator that stays as it is."""
        loss = self.losses[1](self.discriminator(self.generator(noise, *labels), *labels))
        self._descend("generator", loss)
        return {"g_loss": loss.detach()}

    def step(self, batch: Arrays) -> dict[str, torch.Tensor]:
        """One round of the game on a mapping as ``mmref.data.adversarial`` makes it."""
        device = next(self.generator.parameters()).device
        tensors = {name: torch.as_tensor(array, device=device) for name, array in batch.items()}
        check_shares(len(tensors["real"]), self.critic_steps)
        shares = {name: tensor.chunk(self.critic_steps) for name, tensor in tensors.items()}
        for i in range(self.critic_steps):
            part = {name: pieces[i] for name, pieces in shares.items()}
            labels = (part["labels"],) if "labels" in part else ()
            seen = self.discriminator_step(part["real"], part["noise"], part["mix"], labels)
        return seen | self.generator_step(part["noise"], labels)

    def fit(
        self,
        batches: AdversarialBatches,
        epochs: int,
        after_epoch: Callable | None = None,
        progress: bool = True,
    ) -> dict[str, list[float]]:
        """Train until ``epochs`` are complete, those of an earlier call included.

        ``after_epoch(gan)`` is called after each; ``history`` has the mean of every number that
        is watched, one for each epoch.
        """
        check_batches(batches)
        check_count("epochs", epochs)
        for network in (self.generator, self.discriminator):
            network.train()
        bar = tqdm(range(self.epoch, epochs), disable=not progress, desc="epochs")
        for epoch in bar:
            seen = [self.step(batches.batch(epoch, i)) for i in range(len(batches))]
            means = {
                name: torch.stack([numbers[name] for numbers in seen]).mean().item()
                for name in WATCHED
            }
            check_losses(epoch + 1, means)
            for name, mean in means.items():
                self.history[name].append(mean)
            self.epoch = epoch + 1
            bar.set_postfix({name: f"{self.history[name][-1]:.3f}" for name in WATCHED})
            if after_epoch is not None:
                after_epoch(self)
        return self.history

    def optimizer_arrays(self) -> dict[str, Array]:
        """The optimizers' state as a flat mapping of NumPy arrays, to be saved.

        What has not been moved yet has the state that Adam starts from.
        """
        arrays = {}
        for player, optimizer in self.optimizers.items():
            state = optimizer.state_dict()["state"]
            for index, weight in enumerate(getattr(self, player).parameters()):
                zeros = torch.zeros_like(weight)
                start = {"step": torch.zeros(()), "exp_avg": zeros, "exp_avg_sq": zeros}
                for key, value in state.get(index, start).items():
                    arrays[f"{player}.{index}.{key}"] = value.numpy(force=True).copy()
        return arrays

    def set_optimizer_arrays(self, arrays: Arrays) -> None:
        """Put back what :meth:`optimizer_arrays` gave, all or none of it."""
        check_optimizer_arrays(arrays, self.optimizer_arrays())
        for player, optimizer in self.optimizers.items():
            state: dict[int, dict] = {}
            for name, array in arrays.items():
                owner, index, key = name.split(".")
                if owner == player:
                    state.setdefault(int(index), {})[key] = torch.tensor(array)
            optimizer.load_state_dict(optimizer.state_dict() | {"state": state})

    def _descend(self, player, loss):
        optimizer = self.optimizers[player]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
