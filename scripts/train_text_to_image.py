"""Train the denoiser that draws scenes or emoji from words, and write its checkpoint.

    python -m scripts.train_text_to_image --framework torch --steps 10000 --objects 1
    python -m scripts.train_text_to_image --framework torch --steps 4000 --data emoji

Captions of scenes say of every object its size, color, shape and place. A tenth of what can be said
is held out: no such caption, in whatever order, is ever trained on. Every so often pictures are
drawn of 128 held-out captions, and read by the oracle: how many of a caption's claims hold in its
picture. Emoji are told by name and style, and one of their five folds is held out: of these it is
asked whether a drawn picture is nearer to the real one of its name than to that of another name.

The training state is written then, too; an interrupted run goes on from there, to the same weights
as one that was never interrupted. The checkpoint holds the moving average of the weights, the
vocabulary, the history, and pictures of the same captions as the training went on. Every random
number comes from ``--seed``.
"""

import argparse
import json
import math
import zlib

import numpy as np
from scipy.spatial.distance import cdist

from mmref.data import emoji, scenes
from mmref.data.text import Vocabulary
from mmref.data.transforms import resize
from mmref.seeding import seed_everything
from scripts import resumable
from scripts.resumable import channels_last

NETWORK = {"size": 32, "width": 32, "blocks": 2, "heads": 4}
NOISE = {"steps": 200, "kind": "cosine"}
RATE, WARM_UP, CLIP = 2e-3, 200, 1.0  # of Adam; steps; the largest norm of a gradient
DECAY = 0.999  # of the moving average
DROPPED = 0.1  # share of the captions, for guidance
DRAWN, PICTURES = 25, 16  # steps of a picture; how many pictures are kept


class CaptionedScenes:
    """An endless stream of pictures with captions, its batches decided by seed and step.

    Args
        objects: the most that a picture shows, from 1. batch_size: rows of a batch. seed.
    """

    def __init__(self, objects, batch_size, seed):
        self.objects, self.batch_size, self.seed = (1, objects), batch_size, seed
        texts = scenes.captions(scenes.generate(2000, seed=0, objects=self.objects), 0, "places")
        self.vocabulary = Vocabulary.build(texts.texts)
        self.length = self.vocabulary.encode(texts.texts)[0].shape[1]

    def rows(self, place, count, wanted, seed):
        """The first ``count`` pictures, ids and texts from row ``place`` of the stream whose
        captions are held out, or are not."""
        drawn = 2 * count
        while True:
            images, texts = captioned(drawn, self.objects, wanted, seed, place, place)
            if len(texts) >= count:
                return images[:count], self.encode(texts[:count]), texts[:count]
            drawn *= 2

    def encode(self, texts):
        return self.vocabulary.encode(texts, self.length)[0]

    def batch(self, step):
        """What one step of the training needs, in NumPy."""
        images, ids, _ = self.rows(step * 2 * self.batch_size, self.batch_size, False, self.seed)
        return with_noise(images, ids, np.random.default_rng([self.seed, step]))

    def asked(self, count):
        """Captions (count,) that are held out."""
        return self.rows(0, count, True, self.seed + 1)[2]

    def judge(self, pictures, asked):
        return judged(pictures, asked)


class NamedEmoji:
    """Emoji in both styles, told by name and style; otherwise as :class:`CaptionedScenes`."""

    def __init__(self, batch_size, seed):
        self.batch_size, self.seed = batch_size, seed
        self.images, self.texts = named_emoji("train+validation")
        self.held_out, self.names = named_emoji("test")
        self.vocabulary = Vocabulary.build(self.texts)
        self.length = self.vocabulary.encode(self.texts)[0].shape[1]

    def encode(self, texts):
        return self.vocabulary.encode(texts, self.length)[0]

    def batch(self, step):
        rng = np.random.default_rng([self.seed, step])
        rows = rng.integers(len(self.texts), size=self.batch_size)
        return with_noise(self.images[rows], self.encode([self.texts[i] for i in rows]), rng)

    def asked(self, count):
        rows = np.random.default_rng(self.seed).permutation(len(self.names))[:count]
        return [self.names[i] for i in rows]

    def judge(self, pictures, asked):
        real = self.held_out[[self.names.index(text) for text in asked]]
        return {"nearer": nearer(pictures, real)}


def named_emoji(split):
    """Pictures (N, 3, 32, 32) in [-1, 1] in both styles, and what is said of each: name, style."""
    data = emoji.load("both", split=split)
    images = resize(data.images, 32).transpose(0, 3, 1, 2).astype("float32") / 127.5 - 1
    return images, [f"{name} {style}" for name, style in zip(data.names, data.styles, strict=True)]


def nearer(pictures, real):
    """How often a picture (of N, 3, S, S) is nearer to the real one of its row than to that of
    another row, over all pairs of rows; half where both are as near, as by chance."""
    gaps = cdist(pictures.reshape(len(pictures), -1), real.reshape(len(real), -1))  # (N, N)
    own, others = np.diag(gaps)[:, None], ~np.eye(len(gaps), dtype=bool)
    return float(((own < gaps) + (own == gaps) / 2)[others].mean())


def with_noise(images, ids, rng):
    """What ``diffusion_loss`` takes, the noise and all that is drawn with it."""
    return {
        "images": images,
        "ids": ids,
        "steps": rng.integers(1, NOISE["steps"] + 1, size=len(ids)),
        "noise": rng.standard_normal(images.shape, dtype="float32"),
        "drop": rng.random(len(ids)) < DROPPED,
    }


def held_out(claims):
    """Whether these claims, in whatever order, are of the tenth that is not trained on."""
    said = ", ".join(sorted(scenes.write([claim]) for claim in claims))
    return zlib.crc32(said.encode()) % 10 == 0


def captioned(count, objects, wanted, seed, place, seed_of_captions):
    """Of ``count`` rows from ``place`` of the stream those whose captions are held out, or are not:
    pictures (N, 3, 32, 32) in [-1, 1], and their captions. objects: the fewest and the most."""
    found = scenes.generate(count, seed, objects=objects, start=place)
    told = scenes.captions(found, seed_of_captions, "places")
    kept = [i for i, claims in enumerate(told.claims) if held_out(claims) == wanted]
    images = found.images[kept].transpose(0, 3, 1, 2).astype("float32") / 127.5 - 1
    return images, [told.texts[i] for i in kept]


def rate_of(step, steps):
    """The learning rate: up in a line, then down in a half cosine to 0."""
    warm_up = min(WARM_UP, max(1, steps // 10))
    if step < warm_up:
        return RATE * (step + 1) / warm_up
    return RATE * (1 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up))) / 2


def momentum_of(step):
    """How much of the average stays: little at first, or it would remember the start."""
    return min(DECAY, (1 + step) / (10 + step))


class TorchRun:
    """The training in PyTorch, for :func:`train`."""

    def __init__(self, network, seed):
        import torch

        import mmref.torch as wing

        seed_everything(seed)  # here and no earlier: it reaches the frameworks that are loaded
        self.torch, self.wing = torch, wing
        self.model, self.average = wing.Denoiser(**network), wing.Denoiser(**network)
        self.average.load_state_dict(self.model.state_dict())
        self.average.eval().requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.model.parameters(), RATE)
        self.optimizers = {"optimizer": self.optimizer}
        self.schedule = wing.noise_schedule(**NOISE)
        self.models = {"model": self.model, "average": self.average}
        self.shipped = {"denoiser": self.average}

    def step(self, batch, done, steps):
        """One step after those that are done; the loss before it."""
        tensors = {name: self.torch.as_tensor(array) for name, array in batch.items()}
        loss = self.wing.diffusion_loss(self.model, schedule=self.schedule, **tensors)
        self.optimizer.zero_grad()
        loss.backward()
        self.torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self.optimizer.param_groups[0]["lr"] = rate_of(done, steps)
        self.optimizer.step()
        pairs = self.average.parameters(), self.model.parameters()
        with self.torch.no_grad():
            for average, weight in zip(*pairs, strict=True):
                average.lerp_(weight, 1 - momentum_of(done))
        return {"loss": loss.item()}

    def draw(self, ids, noise, scale):
        """Pictures (N, 3, S, S) in [-1, 1], by the average."""
        given = self.torch.as_tensor(ids), self.torch.as_tensor(noise)
        drawn = self.wing.sample(self.average, *given, self.schedule, DRAWN, scale)
        return drawn.numpy()


class KerasRun:
    """The training in Keras, for :func:`train`."""

    def __init__(self, network, seed):
        import keras

        import mmref.keras as wing

        seed_everything(seed)
        self.keras, self.wing = keras, wing
        self.model, self.average = wing.Denoiser(**network), wing.Denoiser(**network)
        self.training = wing.Diffusion(self.model, **NOISE)
        self.average.build()
        self.average.set_weights(self.model.get_weights())
        # PyTorch's epsilon: Keras's own is 1e-7.
        self.optimizer = keras.optimizers.Adam(RATE, epsilon=1e-8, global_clipnorm=CLIP)
        self.training.compile(self.optimizer)
        self.optimizer.build(self.model.trainable_variables)
        self.optimizers = {"optimizer": self.optimizer}
        self.schedule = wing.noise_schedule(**NOISE)
        self.models = {"model": self.model, "average": self.average}
        self.shipped = {"denoiser": self.average}

    def step(self, batch, done, steps):
        """One step after those that are done; the loss before it."""
        last = {name: channels_last(batch[name]) for name in ("images", "noise")}
        self.optimizer.learning_rate = rate_of(done, steps)
        self.training.reset_metrics()  # or it would be the mean of all losses so far
        loss = self.training.train_on_batch(batch | last)
        # Not the optimizer's own average, whose momentum is one number throughout.
        for average, weight in zip(self.average.weights, self.model.weights, strict=True):
            old = average.value
            average.assign(old + (1 - momentum_of(done)) * (weight.value - old))
        return {"loss": float(loss)}

    def draw(self, ids, noise, scale):
        """Pictures (N, 3, S, S) in [-1, 1], by the average."""
        tensors = map(self.keras.ops.convert_to_tensor, (ids, channels_last(noise)))
        drawn = self.wing.sample(self.average, *tensors, self.schedule, DRAWN, scale)
        return self.keras.ops.convert_to_numpy(drawn).transpose(0, 3, 1, 2)


RUNS = {"torch": TorchRun, "keras": KerasRun}


def judged(images, texts):
    """Of pictures (N, 3, 32, 32) in [-1, 1]: the mean share of claims that hold, and the share of
    pictures that show all that is said and nothing else."""
    objects = scenes.read((images.transpose(0, 2, 3, 1) + 1) / 2).objects
    agreement = scenes.agreement(objects, texts)
    told = np.array([len(scenes.parse(text)) for text in texts])
    exact = (agreement == 1) & (objects.mask.sum(axis=1) == told)
    return {"agreement": float(agreement.mean()), "exact": float(exact.mean())}


def train(
    framework,
    folder,
    steps,
    objects=1,
    seed=0,
    batch_size=64,
    scale=1.5,
    every=500,
    judge=128,
    network=None,
    until=None,
    data="scenes",
):
    """Train, or go on training, up to ``steps``; return the path of the checkpoint.

    data: "scenes", of at most so many objects, or "emoji". scale: of the guidance. every: so many
    steps apart what is held out is drawn and judged, and the state is kept. judge: how many are
    judged. network: another one, for tests. until: stop there, as if interrupted.
    """
    if data == "emoji":
        source, drawn = NamedEmoji(batch_size, seed), {"name": data}
    else:
        source = CaptionedScenes(objects, batch_size, seed)
        drawn = {"name": str(objects), "objects": objects}
    network = (network or NETWORK) | {"vocabulary_size": len(source.vocabulary)}
    settings = {"framework": framework} | drawn
    settings |= {"network": network, "noise": NOISE}
    settings |= {"steps": steps, "seed": seed, "batch_size": batch_size, "scale": scale}
    settings |= {"vocabulary": list(source.vocabulary.tokens), "length": source.length}
    run = RUNS[framework](network, seed)
    asked = source.asked(max(judge, PICTURES))
    ids = source.encode(asked)
    size = network["size"]
    noise = np.random.default_rng(seed).standard_normal((len(ids), 3, size, size), dtype="float32")
    return resumable.train(
        run,
        source.batch,
        lambda count: run.draw(ids[: count or judge], noise[: count or judge], scale),
        lambda pictures: source.judge(pictures, asked[:judge]),
        settings,
        folder,
        every,
        PICTURES,
        until,
        asked=asked[:PICTURES],
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--framework", choices=RUNS, default="torch")
    parser.add_argument("--steps", type=int, default=10000)
    parser.add_argument("--objects", type=int, default=1, help="at most so many in a picture")
    parser.add_argument("--data", choices=("scenes", "emoji"), default="scenes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scale", type=float, default=1.5, help="of the guidance, 1 for none")
    parser.add_argument("--every", type=int, default=500, help="steps between two judgments")
    parser.add_argument("--folder", default="_build/text_to_image", help="of state and checkpoint")
    options = vars(parser.parse_args())
    path = train(**options)
    print(json.dumps({"checkpoint": str(path), "bytes": path.stat().st_size}))


if __name__ == "__main__":
    main()
