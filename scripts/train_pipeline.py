"""Train the generator that draws what a picture and a caption say together; write its checkpoint.

    python -m scripts.train_pipeline --framework torch --steps 10000

Half of the examples have a caption that tells size, color, shape and place of an object, and no
picture. The others have a picture of some object, and words that tell size, color and shape of
another one: it is to be drawn where the first one stands. Picture and words are read by a CNN and
an RNN and fused; what is absent is marked so. The discriminator sees the same, and is aware of
matching: a real picture beside something else that it could have been told counts as fake. For half
of them that is what the example before was told. It differs in nearly everything, and most often in
the place, so that color and shape need not be learned to find it out. For the others it is the same
with one word exchanged: another size, color or shape.

What is held out, how pictures are judged and how a training goes on are those of
``scripts.train_text_to_image``. Every random number comes from ``--seed``.
"""

import argparse
import json

import numpy as np

from mmref.data import scenes
from mmref.seeding import seed_everything
from scripts import resumable
from scripts.resumable import channels_last
from scripts.train_text_to_image import CaptionedScenes, held_out, judged, momentum_of

NETWORK = {"size": 32, "width": 32, "latent": 32, "condition": 32, "dim": 64, "heads": 4}
RATE, BETAS = 5e-4, (0.5, 0.999)  # of Adam, for both players
DIVERGENCE = 0.02  # the weight of the condition's divergence from N(0, 1)
WITH_PICTURE = 0.5  # share of the examples
ONE_WORD = 0.5  # share of the mismatched that differ in one word only
PICTURES = 16  # how many are kept


class ToldScenes(CaptionedScenes):
    """An endless stream of what is told and what is to be drawn, decided by seed and step.

    Args
        batch_size: rows of a batch. seed. sizes: latent and condition, the widths of the noise.
    """

    def __init__(self, batch_size, seed, sizes):
        super().__init__(1, batch_size, seed)
        self.sizes = sizes
        self.kinds = [
            np.array([self.vocabulary.tokens.index(word) for word in words])
            for words in (scenes.SIZES, scenes.COLORS, scenes.SHAPES)
        ]

    def told(self, place, count, wanted, seed):
        """The first ``count`` rows from ``place`` of the stream whose targets are held out, or are
        not: what is told and the target, as arrays; and what the target shows, in words."""
        drawn = 2 * count
        while True:
            some = scenes.changes(drawn, seed, start=place)
            full = scenes.captions(some.targets, place, "places")
            kept = [i for i, claims in enumerate(full.claims) if held_out(claims) == wanted][:count]
            if len(kept) == count:
                break
            drawn *= 2
        there = np.random.default_rng([seed, place]).random(count) < WITH_PICTURE
        texts = [(some if shown else full).texts[i] for i, shown in zip(kept, there, strict=True)]
        sources, targets = (
            part.images[kept].transpose(0, 3, 1, 2).astype("float32") / 127.5 - 1
            for part in (some.sources, some.targets)
        )
        sources[~there] = 0
        rows = {"image": sources, "text": self.encode(texts), "there": there, "real": targets}
        return rows, [full.texts[i] for i in kept]

    def batch(self, step):
        """What one step of the training needs, in NumPy."""
        rows, _ = self.told(step * 2 * self.batch_size, self.batch_size, False, self.seed)
        return rows | self.mismatched(rows, step) | self.noise(self.batch_size, [self.seed, step])

    def mismatched(self, rows, step):
        """What the rows' targets do not show, under the names of what they were told, as "other".

        An exchanged word may make a caption that is held out: it is seen as a wrong one only.
        """
        rng = np.random.default_rng([self.seed, step, 1])
        other = {name: np.roll(rows[name], 1, axis=0) for name in ("image", "text", "there")}
        for i in np.flatnonzero(rng.random(self.batch_size) < ONE_WORD):
            for name, array in other.items():
                array[i] = rows[name][i]
            words = self.kinds[rng.integers(len(self.kinds))]
            at = np.flatnonzero(np.isin(other["text"][i], words))[0]
            other["text"][i, at] = rng.choice(words[words != other["text"][i, at]])
        return {f"other {name}": array for name, array in other.items()}

    def noise(self, count, seed):
        """Noise and the draws of the condition, both from N(0, 1)."""
        rng = np.random.default_rng(seed)
        widths = {"noise": self.sizes["latent"], "augment": self.sizes["condition"]}
        return {
            name: rng.standard_normal((count, width), dtype="float32")
            for name, width in widths.items()
        }


def networks(wing, size, width, latent, condition, dim, heads, vocabulary_size):
    """A generator and a discriminator, each with readers of its own."""

    def readers():
        encoders = {
            "image": wing.ImageEncoder((size, size), (16, 32, 64), dim),
            "text": wing.TextEncoder(vocabulary_size, dim, dim, dim, "gru"),
        }
        return encoders, wing.WeightedFusion({m: dim for m in encoders}, dim)

    sizes = {"latent": latent, "condition": condition, "heads": heads}
    drawing = wing.FusionGenerator(*readers(), size=size, width=width, **sizes)
    return drawing, wing.FusionDiscriminator(*readers(), size=size, width=width)


class TorchRun:
    """The training in PyTorch."""

    def __init__(self, network, seed):
        import torch

        import mmref.torch as wing

        seed_everything(seed)  # here and no earlier: it reaches the frameworks that are loaded
        self.torch, self.wing = torch, wing
        self.generator, self.discriminator = networks(wing, **network)
        self.average, _ = networks(wing, **network)
        self.average.load_state_dict(self.generator.state_dict())
        self.average.eval().requires_grad_(False)
        self.models = {"generator": self.generator, "discriminator": self.discriminator}
        self.optimizers = {
            f"optimizer.{player}": torch.optim.Adam(model.parameters(), RATE, BETAS)
            for player, model in self.models.items()
        }
        self.models |= {"average": self.average}
        self.shipped = {"generator": self.average}

    def inputs(self, batch, which=""):
        """What the rows are told, or, of "other ", what does not match their targets."""
        there = self.torch.as_tensor(batch[which + "there"])
        told = {name: self.torch.as_tensor(batch[which + name]) for name in ("image", "text")}
        return told | {"present": {"image": there, "text": self.torch.ones_like(there)}}

    def step(self, batch, done, _):
        """One step of each player; their losses before it."""
        inputs, judge = self.inputs(batch), self.discriminator
        real, noise, augment = (
            self.torch.as_tensor(batch[n]) for n in ("real", "noise", "augment")
        )
        with self.torch.no_grad():  # the generator does not learn from this
            fake = self.generator(inputs, noise, augment)
        f, h = judge.read(inputs), judge.features(real)
        logits = [judge.score(h, f), judge.score(h, judge.read(self.inputs(batch, "other ")))]
        logits += [judge.score(judge.features(fake), f)]
        d_loss = self.wing.matching_aware_discriminator_loss(*logits)
        self._descend("discriminator", d_loss)
        told = self.generator.read(inputs)
        fake = self.generator.draw(told, noise, augment)
        score = judge.score(judge.features(fake), judge.read(inputs))
        g_loss = self.wing.non_saturating_generator_loss(score)
        divergence = self.wing.gaussian_kl(told.mean, told.log_variance).mean()
        self._descend("generator", g_loss + DIVERGENCE * divergence)
        pairs = self.average.state_dict(), self.generator.state_dict()
        for average, weight in zip(*(state.values() for state in pairs), strict=True):
            if average.is_floating_point():
                average.lerp_(weight, 1 - momentum_of(done))
        sure = [logit.detach().sigmoid().mean().item() for logit in logits]
        found = {"d_loss": d_loss.item(), "g_loss": g_loss.item(), "divergence": divergence.item()}
        return found | dict(zip(("real", "mismatched", "fake"), sure, strict=True))

    def _descend(self, player, loss):
        optimizer = self.optimizers[f"optimizer.{player}"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def draw(self, batch):
        """Pictures (N, 3, S, S) in [-1, 1], by the average, of conditions at their mean."""
        with self.torch.no_grad():
            noise = self.torch.as_tensor(batch["noise"])
            return self.average(self.inputs(batch), noise).numpy()


class KerasRun:
    """The training in Keras."""

    def __init__(self, network, seed):
        import keras

        import mmref.keras as wing

        seed_everything(seed)
        self.keras, self.wing = keras, wing
        self.generator, self.discriminator = networks(wing, **network)
        self.average, _ = networks(wing, **network)
        for model in (self.generator, self.discriminator, self.average):
            model.build()
        self.average.set_weights(self.generator.get_weights())
        self.models = {"generator": self.generator, "discriminator": self.discriminator}
        # PyTorch's epsilon: Keras's own is 1e-7.
        self.optimizers = {
            f"optimizer.{player}": keras.optimizers.Adam(RATE, *BETAS, epsilon=1e-8)
            for player in self.models
        }
        for player, model in self.models.items():
            self.optimizers[f"optimizer.{player}"].build(model.trainable_variables)
        self.round = self._compiled(keras)
        self.models |= {"average": self.average}
        self.shipped = {"generator": self.average}

    def _compiled(self, keras):
        """A model whose ``train_on_batch`` is one step of each player."""
        play = self.play

        class Round(keras.Model):
            def train_step(self, data):
                return play(keras.utils.unpack_x_y_sample_weight(data)[0])

        model = Round()
        model.compile(jit_compile=False)
        return model

    def inputs(self, batch, which=""):
        """What the rows are told, or, of "other ", what does not match their targets."""
        told = {name: batch[which + name] for name in ("image", "text")}
        there = batch[which + "there"]
        return told | {"present": {"image": there, "text": self.keras.ops.ones_like(there)}}

    def discriminator_loss(self, batch):
        """Its loss, and how sure it is that each of the three kinds is real and matches."""
        ops, judge, inputs = self.keras.ops, self.discriminator, self.inputs(batch)
        fake = self.generator(inputs, batch["noise"], batch["augment"], training=True)
        f, h = judge.read(inputs, training=True), judge.features(batch["real"], training=True)
        other = judge.read(self.inputs(batch, "other "), training=True)
        logits = [judge.score(h, f), judge.score(h, other)]
        logits += [judge.score(judge.features(ops.stop_gradient(fake), training=True), f)]
        loss = self.wing.matching_aware_discriminator_loss(*logits)
        return loss, [ops.mean(ops.sigmoid(logit)) for logit in logits]

    def generator_loss(self, batch):
        """Its loss with the divergence, and both apart."""
        judge, inputs = self.discriminator, self.inputs(batch)
        told = self.generator.read(inputs, training=True)
        fake = self.generator.draw(told, batch["noise"], batch["augment"], training=True)
        f = judge.read(inputs, training=True)
        score = judge.score(judge.features(fake, training=True), f)
        g_loss = self.wing.non_saturating_generator_loss(score)
        divergence = self.keras.ops.mean(self.wing.gaussian_kl(told.mean, told.log_variance))
        return g_loss + DIVERGENCE * divergence, g_loss, divergence

    def play(self, batch):
        d_loss, sure = self._descend("discriminator", lambda: self.discriminator_loss(batch))
        _, g_loss, divergence = self._descend("generator", lambda: self.generator_loss(batch))
        found = {"d_loss": d_loss, "g_loss": g_loss, "divergence": divergence}
        return found | dict(zip(("real", "mismatched", "fake"), sure, strict=True))

    def _descend(self, player, loss_of):
        from mmref.keras.differentiate import value_and_gradients

        variables = self.models[player].trainable_variables
        found, gradients = value_and_gradients(loss_of, variables)
        self.optimizers[f"optimizer.{player}"].apply(gradients, variables)
        return found

    def step(self, batch, done, _):
        """One step of each player; their losses before it."""
        last = {name: channels_last(batch[name]) for name in ("image", "other image", "real")}
        found = self.round.train_on_batch(batch | last, return_dict=True)
        for average, weight in zip(self.average.weights, self.generator.weights, strict=True):
            old = average.value
            average.assign(old + (1 - momentum_of(done)) * (weight.value - old))
        return {name: float(value) for name, value in found.items()}

    def draw(self, batch):
        """Pictures (N, 3, S, S) in [-1, 1], by the average, of conditions at their mean."""
        inputs = self.inputs(batch | {"image": channels_last(batch["image"])})
        drawn = self.average(inputs, batch["noise"], training=False)
        return self.keras.ops.convert_to_numpy(drawn).transpose(0, 3, 1, 2)


RUNS = {"torch": TorchRun, "keras": KerasRun}


def place_kept(pictures, targets):
    """The share of pictures with an object whose first one is in the place of the target's."""
    objects = scenes.read((pictures.transpose(0, 2, 3, 1) + 1) / 2).objects
    wanted = scenes.read((targets.transpose(0, 2, 3, 1) + 1) / 2).objects
    return float((objects.places[:, :1] == wanted.places[:, :1]).sum() / len(pictures))


def train(
    framework, folder, steps, seed=0, batch_size=64, every=500, judge=256, network=None, until=None
):
    """Train, or go on training, up to ``steps``; return the path of the checkpoint.

    every: so many steps apart what is held out is drawn and judged, and the state is kept. judge:
    how many, at least 16. network: another one, for tests. until: stop there, as if interrupted.
    """
    network = network or NETWORK
    data = ToldScenes(batch_size, seed, network)
    network = network | {"vocabulary_size": len(data.vocabulary)}
    settings = {"framework": framework, "name": "pipeline", "network": network}
    settings |= {"steps": steps, "seed": seed, "batch_size": batch_size}
    settings |= {"vocabulary": list(data.vocabulary.tokens), "length": data.length}
    run = RUNS[framework](network, seed)
    rows, texts = data.told(0, judge, True, seed + 1)
    asked = rows | data.noise(judge, seed)

    def judged_apart(pictures):
        told, there = np.array(texts), rows["there"]
        return {
            "from words": judged(pictures[~there], told[~there].tolist())["exact"],
            "from both": judged(pictures[there], told[there].tolist())["exact"],
            "place kept": place_kept(pictures[there], rows["real"][there]),
        }

    return resumable.train(
        run,
        data.batch,
        lambda count: run.draw({name: array[:count] for name, array in asked.items()}),
        judged_apart,
        settings,
        folder,
        every,
        PICTURES,
        until,
        asked=texts[:PICTURES],
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--framework", choices=RUNS, default="torch")
    parser.add_argument("--steps", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=500, help="steps between two judgments")
    parser.add_argument("--folder", default="_build/pipeline", help="of state and checkpoint")
    path = train(**vars(parser.parse_args()))
    print(json.dumps({"checkpoint": str(path), "bytes": path.stat().st_size}))


if __name__ == "__main__":
    main()
