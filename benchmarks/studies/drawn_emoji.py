"""What the denoiser that was trained on emoji draws of a name: one it knows, or a held-out one.

Each row: 100 names and styles, from other noise and other names with each of three seeds.
``name`` is how often a picture is nearer to the real one of its name than to that of another name
in the same style, over all other names (chance: one half). ``style`` is the share that is nearer
to the real one of its own style than to that of the other style. ``trained`` is the share whose
nearest picture of all that were trained on is one of its own name. Names: "seen" ones, "held out"
ones, and those of the held-out ones whose every "word" is known. Beside what is drawn stands a
training picture of the most similar name, by TF-IDF, in the style that was asked for ("copy").

Drawn in PyTorch. Rows that are there are not drawn again.

    make study NAME=drawn_emoji
"""

import json
from pathlib import Path

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.studies._record import append, is_done, machine
from benchmarks.studies.text_to_image import Drawer
from mmref.data import checkpoints, emoji
from scripts.train_text_to_image import named_emoji, nearer

RESULTS = Path(__file__).parents[1] / "results" / "drawn_emoji.csv"
KEY = ["names", "pictures", "seed"]
FIELDS = [*KEY, "name", "style", "trained"]
SEEDS, EACH, STEPS = 3, 100, 25


class Emoji:
    """Pictures (N, 3, 32, 32) in both styles with what is said of them, of one split."""

    def __init__(self, split):
        self.images, self.texts = named_emoji(split)
        half = len(self.texts) // 2  # first all in the one style, then the same in the other
        self.others = np.roll(self.images, half, axis=0)
        self.names = [text.rsplit(" ", 1)[0] for text in self.texts]
        self.styles = np.array(emoji.load("both", split=split).styles)


def copies(train, texts, styles):
    """Of each text the training picture, in its style, whose text is most similar."""
    words = TfidfVectorizer().fit(train.texts)
    like = words.transform(texts) @ words.transform(train.texts).T
    allowed = np.array(styles)[:, None] == train.styles
    return train.images[np.where(allowed, like.toarray(), -1).argmax(axis=1)]


def scored(pictures, rows, data, train):
    """The three scores of pictures of these rows of ``data``."""
    flat, seen = pictures.reshape(len(rows), -1), train.images.reshape(len(train.images), -1)
    nearest = cdist(flat, seen).argmin(axis=1)
    styles, real = data.styles[rows], data.images[rows]
    gaps = [
        ((pictures - images[rows]) ** 2).sum((1, 2, 3)) for images in (data.images, data.others)
    ]
    by_style = [nearer(pictures[styles == s], real[styles == s]) for s in emoji.STYLES]
    own = [train.names[i] == data.names[row] for i, row in zip(nearest, rows, strict=True)]
    return {
        "name": round(float(np.mean(by_style)), 4),
        "style": round(float((gaps[0] < gaps[1]).mean()), 4),
        "trained": round(float(np.mean(own)), 4),
    }


def rows_of(names, drawer, train, test, seed):
    """The data of these names, and which of its rows are asked for."""
    data, rng = train if names == "seen" else test, np.random.default_rng(seed)
    unknown = (drawer.vocabulary.encode(data.texts)[0] == 1).any(axis=1)
    rows = np.flatnonzero(~unknown) if names == "every word known" else np.arange(len(data.texts))
    return data, rng.permutation(rows)[:EACH]


def main():
    import torch

    torch.set_num_threads(1)
    drawer = Drawer(checkpoints.load(checkpoints.EMOJI_DIFFUSION))
    train, test = Emoji("train+validation"), Emoji("test")
    for names in ("seen", "held out", "every word known"):
        for seed in range(SEEDS):
            data, rows = rows_of(names, drawer, train, test, seed)
            texts = [data.texts[row] for row in rows]
            for pictures in ("drawn", "copy"):
                row = {"names": names, "pictures": pictures, "seed": seed}
                if is_done(RESULTS, KEY, row):
                    continue
                if pictures == "drawn":
                    images = drawer.draw(texts, drawer.config["scale"], STEPS, seed)
                else:
                    images = copies(train, texts, data.styles[rows])
                append(RESULTS, FIELDS, row | scored(images, rows, data, train))
    kept = {"names of a row": EACH, "checkpoint": drawer.config["made with"]}
    text = json.dumps(machine() | kept, indent=1)
    RESULTS.with_suffix(".json").write_text(text + "\n")


if __name__ == "__main__":
    main()
