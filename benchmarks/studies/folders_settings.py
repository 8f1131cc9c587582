"""Settings of the short program that ends the chapter on folders, chosen on validation alone.

Every combination of three settings is trained for each of the five folds of the emoji, twice, in
PyTorch. Fold s is not looked at: a candidate is stopped and judged on fold s + 1, and the one with
the lowest validation loss (of the epoch that early stopping keeps, mean of the two runs) is fold
s's choice. Only then it is trained anew, in both frameworks, and tested on fold s, once. Runs that
are in the file are not computed again.
"""

import csv
import json
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.studies.folders import environment, read_folder, write_folder
from mmref.data import emoji, transforms
from mmref.seeding import seed_everything

RESULTS = Path(__file__).parents[1] / "results" / "folders_settings.csv"
SETTINGS = ("embedding_scale", "dropout", "modality_dropout")
KEY = ["framework", "fold", "seed", *SETTINGS]
FIELDS = [*KEY, "epochs", "epoch", "val_loss", "val_accuracy", "test_accuracy", "seconds"]

CANDIDATES = list(product((1.0, 0.05), (0.0, 0.3), (0.0, 0.2)))
SEEDS, TEST_SEED = (0, 1), 2
SIZE, K, DIM, CHANNELS = 24, 5, 64, (16, 32, 64)
BATCH, RATE, DECAY, EPOCHS, PATIENCE = 32, 1e-3, 0.05, 20, 4


def network(wing, words, embedding_scale, dropout, modality_dropout):
    """The model, in either wing."""
    encoders = {
        "image": wing.ImageEncoder((SIZE, SIZE), CHANNELS, DIM, dropout=dropout),
        "text": wing.TextEncoder(
            words, DIM, dim=DIM, cell="bag", dropout=dropout, embedding_scale=embedding_scale
        ),
    }
    fusion = wing.ConcatFusion(dict.fromkeys(encoders, DIM), DIM)
    hidden = dict.fromkeys(encoders, modality_dropout)
    return wing.FusionClassifier(encoders, fusion, K, dropout, hidden)


def change(inputs, rng):
    """The augmentation: images (B, H, W, 3), not mirrored, as captions may say left."""
    return inputs | {"image": transforms.augment(inputs["image"], rng, flip=False)}


def torch_run(parts, words, seed, settings):
    """Train in PyTorch; return the history and a function that measures a part's accuracy."""
    import torch

    import mmref.torch as mt
    from mmref.convert import to_channels_first

    def change_first(inputs, rng):
        images = transforms.augment(inputs["image"], rng, flip=False, layout="channels_first")
        return inputs | {"image": images}

    def pair(name):
        inputs, labels, _ = parts[name]
        return inputs | {"image": to_channels_first(inputs["image"])}, labels

    torch.set_num_threads(1)
    seed_everything(seed)
    model = network(mt, words, *settings)
    history = mt.fit(
        model,
        torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY),
        pair("train"),
        pair("validation"),
        epochs=EPOCHS,
        batch_size=BATCH,
        patience=PATIENCE,
        augment=change_first,
        seed=seed,
        progress=False,
    )
    return history.val_loss, history.val_accuracy, lambda name: mt.evaluate(model, pair(name))[1]


def keras_run(parts, words, seed, settings):
    """The same in Keras."""
    import mmref.keras as mk  # first: it keeps TensorFlow quiet

    import keras  # isort: skip

    keras.utils.clear_session()
    seed_everything(seed)
    model = network(mk, words, *settings)
    model.compile(
        optimizer=keras.optimizers.AdamW(RATE, weight_decay=DECAY),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    inputs, labels, _ = parts["train"]
    stop = keras.callbacks.EarlyStopping(patience=PATIENCE, restore_best_weights=True)
    history = model.fit(
        mk.Batches(inputs, labels, BATCH, change, seed),
        validation_data=parts["validation"][:2],
        epochs=EPOCHS,
        callbacks=[stop],
        shuffle=False,
        verbose=0,
    ).history

    def accuracy(name):
        return model.evaluate(*parts[name][:2], batch_size=256, verbose=0)[1]

    return history["val_loss"], history["val_accuracy"], accuracy


def run(framework, parts, words, fold, seed, settings, test=False):
    """One row."""
    start = time.perf_counter()
    train = {"torch": torch_run, "keras": keras_run}[framework]
    losses, accuracies, accuracy_on = train(parts, words, seed, settings)
    best = int(np.argmin(losses))
    score = accuracy_on("test") if test else ""
    seconds = time.perf_counter() - start
    values = (len(losses), best, losses[best], accuracies[best], score, seconds)
    return dict(zip(FIELDS, (framework, fold, seed, *settings, *values), strict=True))


def choice(rows, fold):
    """The candidate with the lowest mean validation loss on this fold's validation part."""
    losses = {settings: [] for settings in CANDIDATES}
    for row in rows:
        if int(row["fold"]) == fold and int(row["seed"]) in SEEDS:
            losses[tuple(float(row[name]) for name in SETTINGS)].append(float(row["val_loss"]))
    return min(CANDIDATES, key=lambda settings: np.mean(losses[settings]))


def read_rows():
    """The rows that are there, all values as text."""
    if not RESULTS.exists():
        return []
    with RESULTS.open(newline="") as file:
        return list(csv.DictReader(file))


def store(row):
    """Add a row."""
    new = not RESULTS.exists()
    with RESULTS.open("a", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        if new:
            writer.writeheader()
        rounded = {k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()}
        writer.writerow(rounded)
    print(*rounded.values(), flush=True)


def main():
    RESULTS.parent.mkdir(exist_ok=True)
    for fold in range(emoji.FOLDS):
        with tempfile.TemporaryDirectory() as root:
            write_folder(Path(root), fold)
            parts, words = read_folder(root)
        plan = [("torch", seed, settings, False) for seed in SEEDS for settings in CANDIDATES]
        plan += [(framework, TEST_SEED, None, True) for framework in ("torch", "keras")]
        for framework, seed, settings, test in plan:
            settings = settings or choice(read_rows(), fold)
            done = {tuple(row[name] for name in KEY) for row in read_rows()}
            if tuple(map(str, (framework, fold, seed, *settings))) not in done:
                store(run(framework, parts, words, fold, seed, settings, test))
    about = {"batch": BATCH, "rate": RATE, "decay": DECAY, "epochs": EPOCHS, "patience": PATIENCE}
    about |= {"size": SIZE, "dim": DIM, "channels": CHANNELS}
    RESULTS.with_suffix(".json").write_text(json.dumps(environment(about), indent=1) + "\n")


if __name__ == "__main__":
    main()
