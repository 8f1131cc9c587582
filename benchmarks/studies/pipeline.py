"""What the generator that travels with the package draws of words, and of a picture and words.

Each row: 100 things to be drawn, others with each of three seeds, told by words alone, or by a
picture that says where and words that say what; held out or not. Read by the oracle: ``exact`` is
the share of pictures that show size, color, shape and place as told and nothing else. Beside what
is drawn stand real pictures ("real"), and for each the picture of a training set of 3,000 that
shares most with what is told ("copy").

Drawn in PyTorch: Keras draws the same pictures with these weights, to 1e-5. Rows that are there are
not drawn again.

    make study NAME=pipeline
"""

import json
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.studies._record import append, is_done, machine
from mmref.data import checkpoints, scenes
from scripts.train_pipeline import ToldScenes, networks
from scripts.train_text_to_image import judged

RESULTS = Path(__file__).parents[1] / "results" / "pipeline.csv"
KEY = ["told", "targets", "pictures", "seed"]
FIELDS = [*KEY, "agreement", "exact"]
SEEDS, EACH, TRAINED_ON = 3, 100, 3000


class Drawer:
    """A generator and what it is told, of a checkpoint."""

    def __init__(self, kept):
        import mmref.torch as wing

        self.config = kept.config
        self.generator, _ = networks(wing, **kept.config["network"])
        kept.into(self.generator.eval(), "generator")
        self.data = ToldScenes(EACH, 100, kept.config["network"])

    def draw(self, rows, seed):
        """Pictures (N, 3, S, S) in [-1, 1]."""
        import torch

        there = torch.tensor(rows["there"])
        told = {name: torch.tensor(rows[name]) for name in ("image", "text")}
        told |= {"present": {"image": there, "text": torch.ones_like(there)}}
        noise = self.data.noise(len(there), seed)["noise"]
        with torch.no_grad():
            return self.generator(told, torch.tensor(noise)).numpy()


def asked(data, shown, wanted, seed, count):
    """What is told, by a picture too or not, targets, and what these show in words."""
    rows, texts = data.told(0, 4 * count, wanted, 100 + seed)
    kept = np.flatnonzero(rows["there"] == shown)[:count]
    return {name: part[kept] for name, part in rows.items()}, [texts[i] for i in kept]


def copies(real, trained_on):
    """For each real picture (N, 3, S, S) the one of others that shares most of its attributes."""
    own, others = (attributes(part) for part in (real, trained_on))
    return trained_on[(own[:, None] == others).sum(axis=2).argmax(axis=1)]


def attributes(pictures):
    """Size, color, shape and place (N, 4) of what each picture shows."""
    objects = scenes.read((pictures.transpose(0, 2, 3, 1) + 1) / 2).objects
    fields = objects.sizes, objects.colors, objects.shapes, objects.places
    return np.stack([field[:, 0] for field in fields], axis=1)


def main():
    import torch

    torch.set_num_threads(1)
    drawer = Drawer(checkpoints.load(checkpoints.SCENES_PIPELINE))
    trained_on = drawer.data.told(0, TRAINED_ON, False, 0)[0]["real"]
    for shown, wanted, seed in product((False, True), (True, False), range(SEEDS)):
        rows, texts = asked(drawer.data, shown, wanted, seed, EACH)
        pictures = {
            "real": lambda rows=rows: rows["real"],
            "copy": lambda rows=rows: copies(rows["real"], trained_on),
            "drawn": lambda rows=rows, seed=seed: drawer.draw(rows, seed),
        }
        for kind, images in pictures.items():
            values = ("both" if shown else "words", "held out" if wanted else "seen", kind, seed)
            row = dict(zip(KEY, values, strict=True))
            if not is_done(RESULTS, KEY, row):
                append(RESULTS, FIELDS, row | judged(images(), texts))
    kept = {"pictures of a row": EACH, "checkpoint": drawer.config["made with"]}
    text = json.dumps(machine() | kept, indent=1)
    (RESULTS.parent / "pipeline.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
