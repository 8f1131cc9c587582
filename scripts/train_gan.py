"""Train the class-conditional DCGAN on emoji, and write its checkpoint.

    python -m scripts.train_gan --framework torch --epochs 200

The training state is written after every few epochs; an interrupted run goes on from there, to
the same weights as one that was never interrupted. The checkpoint holds both networks, the
history, and pictures of the same noise as the training went on. Every random number comes from
``--seed``. With ``--r1``, the discriminator has that penalty and no batch norm, which would make
the penalty meaningless; the files are then called torch_r1 or keras_r1.
"""

import argparse
import json
from functools import partial
from pathlib import Path

import numpy as np

from mmref.data import checkpoints, emoji, transforms
from mmref.data.adversarial import AdversarialBatches, nudge
from mmref.seeding import seed_everything
from scripts import resumable
from scripts.resumable import as_bytes

SIZE = 32
NETWORKS = {
    "generator": {"classes": 8, "size": SIZE, "latent": 64, "embedding": 32, "width": 32},
    "discriminator": {"classes": 8, "size": SIZE, "width": 32},
}
SHOWN = (0, 1, 2, 5, 10, 20, 50, 100, 150, 200)  # epochs after which pictures are kept
PICTURES = 16  # two of each group


def real_images(groups=emoji.EIGHT_GROUPS):
    """All emoji of the groups in both drawing styles: (N, 3, 32, 32) in [-1, 1], and labels."""
    data = emoji.load(style="both", groups=groups)
    images = transforms.to_float(transforms.resize(data.images, SIZE))  # (N, H, W, C) in [0, 1]
    return 2 * np.ascontiguousarray(images.transpose(0, 3, 1, 2)) - 1, data.labels


def fixed_noise(latent, classes):
    """Noise and labels of the pictures that are kept: the same throughout the training."""
    rng = np.random.default_rng(0)
    return (
        rng.standard_normal((PICTURES, latent), dtype="float32"),
        np.arange(PICTURES) % classes,
    )


class TorchRun:
    """The training in PyTorch, for :func:`train`."""

    def __init__(self, networks, seed, r1=0.0):
        import mmref.torch as wing
        from mmref.torch.gan import GAN

        seed_everything(seed)  # here and no earlier: it reaches the frameworks that are loaded
        self.models = {
            "generator": wing.Generator(**networks["generator"]),
            "discriminator": wing.Discriminator(**networks["discriminator"]),
        }
        self.gan = GAN(**self.models, r1=r1)

    def fit(self, batches, first, epochs, history, after_epoch):
        self.gan.epoch, self.gan.history = first, history
        self.gan.fit(batches, epochs, lambda gan: after_epoch(gan.epoch, gan.history))

    def draw(self, noise, labels):
        """Images (N, 3, S, S), in evaluation mode."""
        import torch

        generator = self.models["generator"].eval()
        with torch.no_grad():
            images = generator(torch.as_tensor(noise), torch.as_tensor(labels)).numpy()
        generator.train()
        return images


class KerasRun:
    """The training in Keras, for :func:`train`."""

    def __init__(self, networks, seed, r1=0.0):
        import mmref.keras as wing
        from mmref.keras.gan import GAN

        seed_everything(seed)
        self.models = {
            "generator": wing.Generator(**networks["generator"]),
            "discriminator": wing.Discriminator(**networks["discriminator"]),
        }
        for model in self.models.values():
            model.build()
        self.gan = GAN(**self.models, r1=r1)

    def fit(self, batches, first, epochs, history, after_epoch):
        import keras

        def end(epoch, logs):
            for name in logs:
                history.setdefault(name, []).append(float(logs[name]))
            after_epoch(epoch + 1, history)

        last = AdversarialBatches(
            resumable.channels_last(batches.real),
            batches.labels,
            batches.latent,
            batches.batch_size,
            batches.seed,
            partial(batches.augment, layout="channels_last"),
        )
        self.gan.compile()
        callback = keras.callbacks.LambdaCallback(on_epoch_end=end)
        self.gan.fit(last, epochs, first, [callback], verbose=2)

    def draw(self, noise, labels):
        """Images (N, 3, S, S), in evaluation mode."""
        images = self.models["generator"](noise, labels, training=False)
        return np.asarray(images).transpose(0, 3, 1, 2)


RUNS = {"torch": TorchRun, "keras": KerasRun}


def train(
    framework, folder, epochs, seed=0, batch_size=64, r1=0.0, every=5, networks=None, data=None
):
    """Train, or go on training, up to ``epochs``; return the path of the checkpoint.

    r1: gamma of the R1 penalty; above 0, the discriminator has no batch norm.
    networks, data: other networks and other (images, labels), for tests.
    """
    networks = networks or NETWORKS
    settings = {"seed": seed, "batch_size": batch_size, "framework": framework}
    if r1:
        networks = networks | {"discriminator": networks["discriminator"] | {"norm": False}}
        settings["r1"] = r1
    settings = networks | settings
    name = f"{framework}_r1" if r1 else framework
    state, result = (Path(folder) / f"{name}{end}.safetensors" for end in ("_state", ""))
    run = RUNS[framework](networks, seed, r1)
    images, labels = data or real_images()
    latent, classes = networks["generator"]["latent"], networks["generator"]["classes"]
    batches = AdversarialBatches(images, labels, latent, batch_size, seed, nudge)
    noise = fixed_noise(latent, classes)
    first, history, strip = 0, {}, {}
    if kept := resumable.restored(state, settings, run.models):
        run.gan.set_optimizer_arrays(kept.part("optimizers"))
        first, history = kept.config["epoch"], kept.config["history"]
        strip = resumable.strip_of(kept)
    else:
        strip[0] = as_bytes(run.draw(*noise))
        history = {
            name: [] for name in ("d_loss", "g_loss", "real_probability", "fake_probability")
        }

    def after_epoch(epoch, history):
        if epoch in SHOWN or epoch == epochs:
            strip[epoch] = as_bytes(run.draw(*noise))
        if epoch % every == 0 or epoch == epochs:
            held = resumable.arrays_of(run.models, strip)
            held |= {f"optimizers.{k}": a for k, a in run.gan.optimizer_arrays().items()}
            config = {"settings": settings, "epoch": epoch, "history": history}
            checkpoints.save(state, held, config)

    if first < epochs:
        run.fit(batches, first, epochs, history, after_epoch)
    # Weights in half the precision would do for drawing, but they are to be compared too.
    config = settings | {"epochs": epochs, "history": resumable.rounded(history)}
    config["made with"] = resumable.environment()
    checkpoints.save(result, resumable.arrays_of(run.models, strip), config)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--framework", choices=RUNS, default="torch")
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--r1", type=float, default=0.0, help="gamma; 0: batch norm, no penalty")
    parser.add_argument("--folder", default="_build/gan", help="of the state and the checkpoint")
    options = parser.parse_args()
    path = train(options.framework, options.folder, options.epochs, options.seed, r1=options.r1)
    print(json.dumps({"checkpoint": str(path), "bytes": path.stat().st_size}))


if __name__ == "__main__":
    main()
