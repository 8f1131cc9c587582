"""What the denoiser that travels with the package draws: guidance, steps, captions held out or not.

Each row: 100 captions of so many objects, drawn from other noise and other captions with each of
three seeds, read by the oracle. ``agreement`` is the share of objects that are as told, ``exact``
that of pictures that show all that is said and nothing else. "guidance" varies the scale at 25
steps, "steps" the steps at the scale that the network was judged with. Beside it what real pictures
of these captions reach ("real"), and pictures of other captions ("any"), which is chance.

Drawn in PyTorch: Keras draws the same pictures with these weights, to 1e-5. Rows that are there
are not drawn again.

    make study NAME=text_to_image
"""

import json
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.studies._record import append, is_done, machine
from mmref.data import checkpoints
from mmref.data.text import Vocabulary
from scripts.train_text_to_image import captioned, judged

RESULTS = Path(__file__).parents[1] / "results" / "text_to_image.csv"
KEY = ["objects", "captions", "pictures", "scale", "steps", "seed"]
FIELDS = [*KEY, "agreement", "exact"]
SEEDS, EACH = 3, 100
SCALES, STEPS = (0.0, 1.0, 1.5, 2.0, 4.0), (2, 5, 10, 25, 50)


def asked(objects, wanted, seed, count):
    """Pictures (N, 3, 32, 32) of so many objects in [-1, 1] and their captions, held out or not."""
    found, first, seed = [], 0, 100 + seed
    while len(found) < count:
        some = captioned(500, (objects, objects), wanted, seed, first, seed)
        found += zip(*some, strict=True)
        first += 500
    images, texts = zip(*found[:count], strict=True)
    return np.stack(images), list(texts)


class Drawer:
    """A denoiser and its vocabulary, of a checkpoint."""

    def __init__(self, kept):
        import mmref.torch as wing

        self.wing, self.config = wing, kept.config
        self.model = wing.Denoiser(**kept.config["network"]).eval()
        kept.into(self.model, "denoiser")
        self.vocabulary = Vocabulary(tuple(kept.config["vocabulary"]))
        self.schedule = wing.noise_schedule(**kept.config["noise"])

    def draw(self, texts, scale, steps, seed):
        """Pictures (N, 3, 32, 32) in [-1, 1]."""
        import torch

        ids = torch.tensor(self.vocabulary.encode(texts, self.config["length"])[0])
        size = self.config["network"]["size"]
        rng = np.random.default_rng(seed)
        noise = torch.tensor(rng.standard_normal((len(texts), 3, size, size), "float32"))
        return self.wing.sample(self.model, ids, noise, self.schedule, steps, scale).numpy()


def settings(scale_of_its_own):
    """(pictures, scale, steps) of the rows."""
    yield from (("real", "", ""), ("any", "", ""))
    yield from (("drawn", scale, 25) for scale in SCALES)
    yield from (("drawn", scale_of_its_own, steps) for steps in STEPS if steps != 25)


def main():
    import torch

    torch.set_num_threads(1)
    drawer = Drawer(checkpoints.load(checkpoints.SCENES_DIFFUSION))
    for objects, wanted, seed in product((1, 2), (True, False), range(SEEDS)):
        real, texts = asked(objects, wanted, seed, EACH)
        for pictures, scale, steps in settings(drawer.config["scale"]):
            captions = "held out" if wanted else "seen"
            values = objects, captions, pictures, scale, steps, seed
            row = dict(zip(KEY, values, strict=True))
            if (pictures == "drawn" and steps != 25 and not wanted) or is_done(RESULTS, KEY, row):
                continue  # the number of steps is varied for held-out captions only
            images = {"real": real, "any": np.roll(real, 1, axis=0)}.get(pictures)
            if images is None:
                images = drawer.draw(texts, scale, steps, seed)
            append(RESULTS, FIELDS, row | judged(images, texts))
    kept = {"captions of a row": EACH, "checkpoint": drawer.config["made with"]}
    text = json.dumps(machine() | kept, indent=1)
    (RESULTS.parent / "text_to_image.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
