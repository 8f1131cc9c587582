"""What convolution buys: a CNN, a dense network and logistic regression on emoji and digits.

Every network is trained on images as they are; the CNN also on images whose pixels are shuffled,
all by one fixed permutation: for a dense network and for logistic regression that is the same
task, for a convolution neighbors are gone. The dense network is also trained five times as long,
on pixels whose background is 0, until it knows its training images by heart. Seed s is tested on
fold s. Accuracy is also measured on test images moved by one eighth of their width in four
directions, which no training image is. Rows that are there are not computed again. Three rates and
two numbers of epochs were tried on a validation fold of the digits, where they hardly mattered;
nothing was tuned on emoji.
"""

import argparse
import csv
import json
import math
import time
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.studies._record import machine
from mmref.data import emoji, transforms
from mmref.seeding import seed_everything

RESULTS = Path(__file__).parents[1] / "results" / "convolution.csv"
KEY = ["framework", "data", "variant", "seed"]
FIELDS = [*KEY, "accuracy", "moved_accuracy", "train_accuracy", "parameters", "seconds"]
VARIANTS = ("dense", "dense, longer", "convolution", "convolution, pixels shuffled")
BASELINES = ("logistic regression",)
CHANNELS = {"emoji": (16, 32, 64), "digits": (16, 32)}  # of the blocks; each halves the image
EPOCHS = {"emoji": 6, "digits": 10}
LONGER = 5  # times as many epochs: a dense network is not done when a convolutional one is
BATCH, RATE, HIDDEN = 64, 2e-3, 128


def load(data, fold, splits=("train+validation", "test")):
    """((images, labels), (images, labels)), channels last, in [0, 1]; the number of classes."""
    if data == "emoji":
        arguments = {"groups": emoji.EIGHT_GROUPS, "fold": fold}
        styles = zip(("both", "twitter"), splits)
        parts = [emoji.load(style=style, split=split, **arguments) for style, split in styles]
        images = [transforms.to_float(transforms.resize(d.images, 32)) for d in parts]
        return *zip(images, (d.labels for d in parts)), len(emoji.EIGHT_GROUPS)
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = (digits.images[..., None] / 16).astype(np.float32)  # (N, 8, 8, 1)
    folds = np.random.default_rng(0).permutation(len(images)) % 5
    held = {"test": folds == fold, "validation": folds == (fold + 1) % 5}
    held["train"] = ~held["test"] & ~held["validation"]
    held["train+validation"] = ~held["test"]
    return *((images[held[p]], digits.target[held[p]]) for p in splits), 10


def shuffled(images):
    """The pixels of every image in one other order."""
    order = np.random.default_rng(0).permutation(images.shape[1] * images.shape[2])
    flat = images.reshape(len(images), -1, images.shape[3])
    return flat[:, order].reshape(images.shape)


def arranged(variant, images):
    """The images as this variant sees them; a picture is moved first, then shuffled."""
    if "longer" in variant:  # numbers that are mostly 0 are learned faster
        return images - images[:, :1, :1]  # a corner is background
    return shuffled(images) if "shuffled" in variant else images


def moved(images, step):
    """The images moved by ``step`` = (down, right); what comes in is background, like a corner."""
    down, right = step
    out = np.broadcast_to(images[:, :1, :1], images.shape).copy()
    H, W = images.shape[1:3]
    source = images[:, max(-down, 0) : H - max(down, 0), max(-right, 0) : W - max(right, 0)]
    out[:, max(down, 0) : H + min(down, 0), max(right, 0) : W + min(right, 0)] = source
    return out


def moves(images):
    """All four directions, an eighth of the width."""
    n = images.shape[1] // 8
    return [moved(images, step) for step in ((n, 0), (-n, 0), (0, n), (0, -n))]


def learning_rate(step, steps):
    """Half a cosine down to zero."""
    return RATE * 0.5 * (1 + math.cos(math.pi * step / steps))


def build_torch(variant, shape, classes, channels):
    """A network for images (C, H, W)."""
    from torch import nn

    if variant.startswith("dense"):
        wide = nn.Linear(math.prod(shape), HIDDEN)
        return nn.Sequential(nn.Flatten(), wide, nn.ReLU(), nn.Linear(HIDDEN, classes))
    layers, before, size = [], shape[0], 5
    for width in channels:
        layers += [nn.Conv2d(before, width, size, padding="same"), nn.MaxPool2d(2)]
        layers += [nn.BatchNorm2d(width), nn.ReLU()]
        before, size = width, 3
    left = before * math.prod(n // 2 ** len(channels) for n in shape[1:])
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(left, classes))


def build_keras(variant, shape, classes, channels):
    """The same for images (H, W, C)."""
    import keras

    model = keras.Sequential([keras.Input(shape)])
    if variant.startswith("dense"):
        layers = [keras.layers.Flatten(), keras.layers.Dense(HIDDEN, activation="relu")]
    else:
        layers = []
        for i, width in enumerate(channels):
            layers.append(keras.layers.Conv2D(width, 3 if i else 5, padding="same"))
            layers.append(keras.layers.MaxPooling2D(2))
            # PyTorch's numbers: with Keras's own, few steps leave the statistics where they began.
            layers.append(keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5))
            layers.append(keras.layers.ReLU())
        layers.append(keras.layers.Flatten())
    for layer in [*layers, keras.layers.Dense(classes)]:
        model.add(layer)
    return model


def train_torch(train, test, variant, classes, channels, epochs, seed):
    """Train one model in PyTorch; return what the CSV needs."""
    import torch

    seed_everything(seed)
    images = torch.tensor(arranged(variant, train[0]).transpose(0, 3, 1, 2).copy())
    labels = torch.tensor(train[1])
    model = build_torch(variant, images.shape[1:], classes, channels)
    model = model.to(memory_format=torch.channels_last)  # faster on a CPU
    optimizer = torch.optim.Adam(model.parameters(), lr=1.0)
    steps = epochs * math.ceil(len(labels) / BATCH)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: learning_rate(i, steps))
    for _ in range(epochs):
        for rows in torch.randperm(len(labels)).split(BATCH):
            loss = torch.nn.functional.cross_entropy(model(images[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
    model.eval()

    @torch.no_grad()
    def guess(x):
        batches = torch.tensor(x.transpose(0, 3, 1, 2).copy()).split(512)
        return torch.cat([model(batch) for batch in batches]).numpy().argmax(axis=1)

    size = sum(p.numel() for p in model.parameters())
    return scores(guess, variant, train, test) | {"parameters": size}


def train_keras(train, test, variant, classes, channels, epochs, seed):
    """Train one model in Keras; return what the CSV needs."""
    import mmref.keras  # noqa: F401  (first: it keeps TensorFlow quiet)

    import keras  # isort: skip

    keras.utils.clear_session()
    seed_everything(seed)
    model = build_keras(variant, train[0].shape[1:], classes, channels)
    steps = epochs * math.ceil(len(train[1]) / BATCH)
    rate = keras.optimizers.schedules.CosineDecay(RATE, steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss)
    images = arranged(variant, train[0])
    model.fit(images, train[1], batch_size=BATCH, epochs=epochs, verbose=0)

    def guess(x):
        return model.predict(x, batch_size=512, verbose=0).argmax(axis=1)

    size = sum(math.prod(v.shape) for v in model.trainable_variables)
    return scores(guess, variant, train, test) | {"parameters": size}


def train_baseline(train, test, variant, classes, channels, epochs, seed):
    """Logistic regression on the pixels, with scikit-learn's penalty."""
    from sklearn.linear_model import LogisticRegression

    def flat(images):
        return images.reshape(len(images), -1)

    model = LogisticRegression(max_iter=200).fit(flat(train[0]), train[1])
    found = scores(lambda x: model.predict(flat(x)), variant, train, test)
    return found | {"parameters": model.coef_.size + model.intercept_.size}


def scores(guess, variant, train, test):
    """Accuracy on the test images, on the same moved a little, and in training."""

    def accuracy(images, labels):
        return float((guess(arranged(variant, images)) == labels).mean())

    images, labels = test
    return {
        "accuracy": accuracy(images, labels),
        "moved_accuracy": float(np.mean([accuracy(x, labels) for x in moves(images)])),
        "train_accuracy": accuracy(*train),
    }


TRAIN = {"baseline": train_baseline, "torch": train_torch, "keras": train_keras}


def environment():
    """Where and with what the rows were computed."""
    return machine("scikit-learn") | {
        "epochs": EPOCHS,
        "longer": LONGER,
        "batch": BATCH,
        "rate": RATE,
        "channels": CHANNELS,
        "hidden": HIDDEN,
    }


def done(row):
    """Whether the file has the row of this key."""
    if not RESULTS.exists():
        return False
    with RESULTS.open(newline="") as file:
        return any(all(old[k] == str(row[k]) for k in KEY) for old in csv.DictReader(file))


def append(row):
    """Add one row."""
    new = not RESULTS.exists()
    with RESULTS.open("a", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow({k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()})
    print(row, flush=True)


def main():
    """Compute the rows that are missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--framework", choices=TRAIN, action="append")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    for framework, data in product(options.framework or TRAIN, CHANNELS):
        variants = BASELINES if framework == "baseline" else VARIANTS
        for seed, variant in product(range(options.seeds), variants):
            row = {"framework": framework, "data": data, "variant": variant, "seed": seed}
            if done(row):
                continue
            train, test, classes = load(data, seed)
            start = time.perf_counter()
            epochs = EPOCHS[data] * (LONGER if "longer" in variant else 1)
            settings = CHANNELS[data], epochs, seed
            result = TRAIN[framework](train, test, variant, classes, *settings)
            append(row | result | {"seconds": round(time.perf_counter() - start)})
    RESULTS.with_suffix(".json").write_text(json.dumps(environment(), indent=1) + "\n")


if __name__ == "__main__":
    main()
