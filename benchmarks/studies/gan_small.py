"""What becomes of the GAN of emoji if one thing is changed? Small ones, over seeds.

The class-conditional DCGAN at 16 x 16 pixels with half the channels, for thirty epochs:

- as DCGAN: batch norm in both networks, all weights from N(0, 0.02).
- label from 1: the label's embedding in the generator starts from N(0, 1), like the noise beside
  it. Does a label that starts small stay ignored?
- R1: the discriminator has no batch norm, and that penalty with a factor of 1.

Of 80 pictures of each label, from the same noise for every label:

- label: as in ``gan_emoji``, the share whose group a judge of real pictures recovers.
- effect: how far a picture moves when its label changes and its noise stays, beside how far it
  moves when its noise changes and its label stays (roots of mean squares; all pairs of labels, the
  next noise in turn).
- least: the same for the pair of labels that are least apart.
- diversity: as in ``gan_emoji``, beside that of the real pictures.
"""

import argparse
import json
import time
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.studies._record import append, is_done, machine
from benchmarks.studies.gan_emoji import label_judge
from mmref import convert
from mmref.data import transforms
from mmref.data.adversarial import AdversarialBatches, diversity, nudge
from scripts.train_gan import RUNS, real_images

FOLDER = Path(__file__).parents[1] / "results"
RESULTS = FOLDER / "gan_small.csv"
SEEDS = (0, 1, 2)
EPOCHS, BATCH, EACH, SIZE = 30, 64, 80, 16
NETWORKS = {
    "generator": {"classes": 8, "size": SIZE, "latent": 64, "embedding": 32, "width": 16},
    "discriminator": {"classes": 8, "size": SIZE, "width": 16},
}
VARIANTS = {
    "as DCGAN": {},
    "label from 1": {"start": 1.0},
    "R1": {"r1": 1.0},
}
KEY = ["framework", "variant", "seed"]
FIELDS = [*KEY, "label", "effect", "least", "diversity", "seconds"]
LOSSES = ("d_loss", "g_loss", "real_probability", "fake_probability")


def small_images():
    """Pictures (N, 3, 16, 16) in [-1, 1], and labels."""
    images, labels = real_images()
    return transforms.resize(images, SIZE, layout="channels_first"), labels


def trained(framework, variant, seed, images, labels):
    """The run after its training."""
    changed = VARIANTS[variant]
    judge = NETWORKS["discriminator"] | {"norm": "r1" not in changed}
    run = RUNS[framework](NETWORKS | {"discriminator": judge}, seed, changed.get("r1", 0.0))
    if "start" in changed:
        generator = run.models["generator"]
        arrays = convert.arrays(generator)
        arrays["embedding.weight"] = arrays["embedding.weight"] * (changed["start"] / 0.02)
        convert.set_arrays(generator, arrays)
    batches = AdversarialBatches(images, labels, 64, BATCH, seed, nudge)
    run.fit(batches, 0, EPOCHS, {name: [] for name in LOSSES}, lambda epoch, history: None)
    return run


def drawn(run):
    """The same noise with every label: (8, EACH, 3, 16, 16)."""
    noise = np.random.default_rng(0).standard_normal((EACH, 64), dtype="float32")
    return np.stack([run.draw(noise, np.full(EACH, label)) for label in range(8)])


def effects(pictures):
    """effect and least of pictures (8, EACH, ...)."""
    by_label = np.sqrt(((pictures[:, None] - pictures) ** 2).mean(axis=(2, 3, 4, 5)))  # (8, 8)
    by_noise = np.sqrt(((pictures - np.roll(pictures, 1, axis=1)) ** 2).mean())
    apart = by_label[~np.eye(8, dtype=bool)]
    return {"effect": float(apart.mean() / by_noise), "least": float(apart.min() / by_noise)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--framework", choices=RUNS, action="append")
    frameworks = parser.parse_args().framework or list(RUNS)
    images, labels = small_images()
    judge = label_judge(images, labels)
    real, drawn_labels = diversity(images, labels), np.repeat(np.arange(8), EACH)
    for framework, seed, variant in product(frameworks, SEEDS, VARIANTS):
        row = {"framework": framework, "variant": variant, "seed": seed}
        if is_done(RESULTS, KEY, row):
            continue
        begun = time.perf_counter()
        pictures = drawn(trained(framework, variant, seed, images, labels))
        flat = pictures.reshape(-1, 3, SIZE, SIZE)
        row |= {"label": judge(flat, drawn_labels)} | effects(pictures)
        row["diversity"] = float(diversity(flat, drawn_labels) / real)
        append(RESULTS, FIELDS, row | {"seconds": round(time.perf_counter() - begun)})
    kept = {
        "networks": NETWORKS,
        "epochs": EPOCHS,
        "pictures of each label": EACH,
        "variants": VARIANTS,
    }
    text = json.dumps(machine("scikit-learn") | kept, indent=1)
    (FOLDER / "gan_small.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
