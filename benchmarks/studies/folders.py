"""The two-input classifier on a folder of emoji: both frameworks, with and without augmentation.

Seed s is tested on fold s of the emoji and stopped on fold s + 1. Each run trains for a fixed
number of epochs and stores one row an epoch, so that a rule of stopping can be tried afterwards;
the accuracy on the test fold is stored to measure such rules, and nothing here depends on it.
Runs that are complete in the file are not computed again.
"""

import argparse
import csv
import json
import os
import platform
import tempfile
import time
from importlib.metadata import version
from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image

from mmref.data import emoji, folders, transforms
from mmref.data.text import Vocabulary, tf_idf
from mmref.seeding import seed_everything

RESULTS = Path(__file__).parents[1] / "results" / "folders.csv"
KEY = ["framework", "model", "augmented", "seed"]
FIELDS = [*KEY, "epoch", "loss", "val_loss", "val_accuracy", "test_accuracy", "seconds"]

GROUPS = ("Animals & Nature", "Food & Drink", "Travel & Places", "Activities", "Objects")
PARTS = ("train", "validation", "test")
SIZE, LENGTH, BATCH, RATE, EPOCHS = 24, 20, 32, 1e-3, 15
K = len(GROUPS)
KERAS_START = "two-input, Keras's start"  # PyTorch alone: the same model, other first weights


def write_folder(root, fold):
    """Pictures and captions: both drawings to train on, one to validate and to test on."""
    english = emoji.load("both", "en", GROUPS)
    chinese = emoji.load("both", "zh", GROUPS)
    split_of = {0: "test", 1: "validation"}
    rows = []
    for i, code in enumerate(english.codes):
        split = split_of.get((english.folds[i] - fold) % emoji.FOLDS, "train")
        if split != "train" and english.styles[i] != "twitter":
            continue
        file = root / english.styles[i] / f"{code}.png"
        file.parent.mkdir(exist_ok=True)
        if not file.exists():
            Image.fromarray(english.images[i]).save(file)
        caption = f"{english.names[i]}, {chinese.names[i]}"
        rows.append((file.relative_to(root), caption, english.groups[english.labels[i]], split))
    with open(root / "captions.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("file", "caption", "group", "split"), *rows])


def read_folder(root):
    """For each part the inputs and labels, all in memory; and the size of the vocabulary."""
    data = folders.load(root, image="file", label="group", split="split", classes=GROUPS)
    vocabulary = Vocabulary.build(data.part("train").texts)
    parts = {}
    for name in PARTS:
        part = data.part(name)
        reader = folders.Reader(part, vocabulary, SIZE, len(part), length=LENGTH)
        parts[name] = (*reader.batch(0, 0), part.texts)
    return parts, len(vocabulary)


def change(inputs, rng):
    """The augmentation: images (B, H, W, 3) moved, turned, mirrored and tinted."""
    return inputs | {"image": transforms.augment(inputs["image"], rng)}


def torch_run(parts, words, model_name, augmented, seed):
    """Train in PyTorch; yield one row an epoch."""
    import torch

    import mmref.torch as mt
    from benchmarks.studies._two_input_torch import TwoInput, start_as_keras
    from mmref.convert import to_channels_first, to_channels_last

    def first(inputs):
        return inputs | {"image": to_channels_first(inputs["image"])}

    def change_first(inputs, rng):
        return first(change(inputs | {"image": to_channels_last(inputs["image"])}, rng))

    torch.set_num_threads(1)
    seed_everything(seed)
    model = TwoInput(SIZE, words, K)
    if model_name == KERAS_START:
        start_as_keras(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    data = {name: (first(inputs), labels) for name, (inputs, labels, _) in parts.items()}
    augment = change_first if augmented else None
    for epoch in range(EPOCHS):
        start = time.perf_counter()
        history = mt.fit(
            model,
            optimizer,
            data["train"],
            epochs=1,
            batch_size=BATCH,
            augment=augment,
            seed=[seed, epoch],
            progress=False,
        )
        seconds = time.perf_counter() - start
        val_loss, val_accuracy = mt.evaluate(model, data["validation"])
        _, test_accuracy = mt.evaluate(model, data["test"])
        yield epoch, history.loss[0], val_loss, val_accuracy, test_accuracy, seconds


def keras_run(parts, words, model_name, augmented, seed):
    """Train in Keras; yield one row an epoch."""
    import mmref.keras as mk  # first: it keeps TensorFlow quiet

    import keras  # isort: skip
    from benchmarks.studies._two_input_keras import two_input

    keras.utils.clear_session()
    seed_everything(seed)
    model = two_input(SIZE, words, K)
    model.compile(
        optimizer=keras.optimizers.Adam(RATE),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    inputs, labels, _ = parts["train"]
    batches = mk.Batches(inputs, labels, BATCH, change if augmented else None, seed)
    for epoch in range(EPOCHS):
        start = time.perf_counter()
        history = model.fit(batches, shuffle=False, verbose=0).history
        seconds = time.perf_counter() - start
        val, test = (
            model.evaluate(*parts[name][:2], batch_size=256, verbose=0) for name in PARTS[1:]
        )
        yield epoch, history["loss"][0], val[0], val[1], test[1], seconds


def baseline(parts, name):
    """Accuracy on validation and test of the majority class or of logistic regression."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    labels = parts["train"][1]
    if name == "majority":
        most = np.bincount(labels).argmax()
        return [float((parts[part][1] == most).mean()) for part in PARTS[1:]]
    bags = tf_idf().fit(parts["train"][2])
    x = {}
    for part, (inputs, _, texts) in parts.items():
        small = transforms.resize(inputs["image"], 12)
        # Scaled down, or the 432 pixels drown the words under one penalty.
        pixels = csr_matrix(0.1 * (small.reshape(len(small), -1) - 0.5))
        sides = {"pixels": pixels, "words": bags.transform(texts)}
        x[part] = hstack([sides[s] for s in name.split(" + ")]).tocsr()
    model = LogisticRegression(C=10, max_iter=500).fit(x["train"], labels)
    return [float(model.score(x[part], parts[part][1])) for part in PARTS[1:]]


def environment(settings):
    """Where and with what the rows were computed."""
    packages = ("numpy", "torch", "keras", "tensorflow-cpu", "scikit-learn", "pillow")
    return {
        "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        **{p: version(p) for p in packages},
        "device": f"CPU, {os.cpu_count()} cores, one thread a run, other programs beside it",
        **settings,
    }


def rows():
    """The rows that are there, all values as text."""
    if not RESULTS.exists():
        return []
    with RESULTS.open(newline="") as file:
        return list(csv.DictReader(file))


def store(run, epochs):
    """Add the rows of one run, all at once."""
    new = not RESULTS.exists()
    with RESULTS.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(FIELDS)
        for row in epochs:
            values = [round(v, 4) if isinstance(v, float) else v for v in (*run, *row)]
            writer.writerow(values)
    print(*run, *(round(v, 3) for v in row[1:] if v != ""), flush=True)


def study(seeds, frameworks):
    """Train and test everything that is not in the file."""
    plan = [("baseline", name, "") for name in ("majority", "pixels", "words", "pixels + words")]
    for framework, augmented in product(("torch", "keras"), (False, True)):
        plan.append((framework, "two-input", augmented))
    plan += [("torch", KERAS_START, augmented) for augmented in (False, True)]
    done = {tuple(row[k] for k in KEY) for row in rows()}
    for (framework, model, augmented), seed in product(plan, seeds):
        run = (framework, model, augmented, seed)
        if framework not in frameworks or tuple(map(str, run)) in done:
            continue
        with tempfile.TemporaryDirectory() as root:
            write_folder(Path(root), seed)
            parts, words = read_folder(root)
        if framework == "baseline":
            store(run, [("", "", "", *baseline(parts, model), "")])
            continue
        train = {"torch": torch_run, "keras": keras_run}[framework]
        store(run, list(train(parts, words, model, augmented, seed)))
    about = {"size": SIZE, "length": LENGTH, "batch": BATCH, "rate": RATE, "epochs": EPOCHS}
    RESULTS.with_suffix(".json").write_text(json.dumps(environment(about), indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--framework", choices=["baseline", "torch", "keras"], action="append")
    parser.add_argument("--seed", type=int, choices=range(emoji.FOLDS), action="append")
    arguments = parser.parse_args()
    RESULTS.parent.mkdir(exist_ok=True)
    seeds = arguments.seed or list(range(emoji.FOLDS))
    study(seeds, arguments.framework or ["baseline", "torch", "keras"])


if __name__ == "__main__":
    main()
