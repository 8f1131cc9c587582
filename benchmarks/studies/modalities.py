"""Class imbalance on emoji: four remedies, two weight decays, both frameworks, five folds.

The six hard groups, three of them thinned to one in eight in the training part; a linear classifier
on the name (TF-IDF) and the picture (8 x 8 pixels). Seed s thins with s and is tested on fold s,
which is not thinned. Rows that are there are not computed again. No setting was tuned.
"""

import argparse
import csv
import json
import platform
import time
from functools import cache
from importlib.metadata import version
from itertools import product
from pathlib import Path

import numpy as np

from mmref.data import emoji, transforms
from mmref.data.text import character_ngrams, tf_idf, words
from mmref.seeding import seed_everything

RESULTS = Path(__file__).parents[1] / "results" / "modalities.csv"
KEY = ["framework", "decay", "remedy", "seed"]
FIELDS = [*KEY, "accuracy_as_trained", "balanced_accuracy", "macro_f1", "train_accuracy", "seconds"]
REMEDIES = ("nothing", "weighted loss", "oversampling", "shifted logits")
DECAYS = (0.0, 1.0)  # of AdamW: times the learning rate, each step
THINNED, SHARE = (0, 1, 3), 8  # Animals, Food, Activities: one in eight stays
EPOCHS, BATCH, RATE = 20, 64, 1e-2
K = len(emoji.SIX_GROUPS)


def tokens(text):
    return words(text) + character_ngrams(text, 3, 4)


def load(seed):
    """Features and labels of the thinned training part and of the whole test part."""
    train = emoji.load(groups=emoji.SIX_GROUPS, split="train+validation", fold=seed)
    test = emoji.load(groups=emoji.SIX_GROUPS, split="test", fold=seed)
    rng = np.random.default_rng(seed)
    many = ~np.isin(train.labels, THINNED)
    kept = np.flatnonzero(many | (rng.random(len(train)) < 1 / SHARE))
    bags = tf_idf(tokens, max_features=1500).fit([train.names[i] for i in kept])

    def features(data):
        pixels = transforms.resize(transforms.to_float(data.images), 8).reshape(len(data), -1)
        names = bags.transform(data.names).toarray()
        return np.hstack([1 - pixels, 3 * names]).astype(np.float32)

    return features(train)[kept], train.labels[kept], features(test), test.labels


def class_weights(labels):
    """N / (K n_k): every class counts as much as every other; their mean over the rows is 1."""
    return (len(labels) / (K * np.bincount(labels, minlength=K))).astype(np.float32)


def rows_in_order(labels, remedy, seed):
    """The rows of all epochs: shuffled or, for oversampling, drawn in proportion to the weights."""
    rng = np.random.default_rng(seed)
    if remedy != "oversampling":
        return np.concatenate([rng.permutation(len(labels)) for _ in range(EPOCHS)])
    chance = class_weights(labels)[labels]
    return rng.choice(len(labels), EPOCHS * len(labels), p=chance / chance.sum())


def run_torch(x, y, test, remedy, decay, seed):
    """Logits of the training and of the test part."""
    import torch

    seed_everything(seed)
    model = torch.nn.Linear(x.shape[1], K)
    optimizer = torch.optim.AdamW(model.parameters(), RATE, weight_decay=decay)
    weight = torch.tensor(class_weights(y)) if remedy == "weighted loss" else None
    inputs, labels = torch.tensor(x), torch.tensor(y)
    for rows in torch.tensor(rows_in_order(y, remedy, seed)).split(BATCH):
        logits = model(inputs[rows])
        losses = torch.nn.functional.cross_entropy(logits, labels[rows], weight, reduction="none")
        optimizer.zero_grad()
        losses.mean().backward()  # not divided by the weights' sum: as Keras does it
        optimizer.step()
    with torch.no_grad():
        return model(inputs).numpy(), model(torch.tensor(test)).numpy()


def run_keras(x, y, test, remedy, decay, seed):
    """Logits of the training and of the test part."""
    import mmref.keras  # noqa: F401  first: it keeps TensorFlow quiet

    import keras  # isort: skip

    keras.utils.clear_session()
    seed_everything(seed)
    model = keras.Sequential([keras.Input((x.shape[1],)), keras.layers.Dense(K)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.AdamW(RATE, weight_decay=decay)
    model.compile(optimizer, loss, steps_per_execution=10)
    weight = dict(enumerate(class_weights(y).tolist())) if remedy == "weighted loss" else None
    rows = rows_in_order(y, remedy, seed)
    model.fit(x[rows], y[rows], batch_size=BATCH, class_weight=weight, shuffle=False, verbose=0)
    return tuple(keras.ops.convert_to_numpy(model(part)) for part in (x, test))


RUN = {"torch": run_torch, "keras": run_keras}


def scores(logits, labels, priors):
    """Recall and F1 of each class, summed up in three ways."""
    guess = logits.argmax(1)
    table = np.zeros((K, K))
    np.add.at(table, (labels, guess), 1)
    recall = np.diag(table) / table.sum(1)
    f1 = 2 * np.diag(table) / (table.sum(0) + table.sum(1))
    return {
        "accuracy_as_trained": priors @ recall,  # with the classes as frequent as in training
        "balanced_accuracy": recall.mean(),
        "macro_f1": f1.mean(),
    }


@cache
def trained(framework, decay, remedy, seed):
    """Labels, training labels, and the logits of both parts."""
    x, y, test, labels = load(seed)
    return labels, y, *RUN[framework](x, y, test, remedy, decay, seed)


def row(framework, decay, remedy, seed):
    """One row of the results."""
    start = time.perf_counter()
    shifted = remedy == "shifted logits"
    learned = trained(framework, decay, "nothing" if shifted else remedy, seed)
    labels, y, train_logits, logits = learned
    priors = np.bincount(y, minlength=K) / len(y)
    shift = np.log(priors) if shifted else 0
    found = scores(logits - shift, labels, priors)
    found["train_accuracy"] = ((train_logits - shift).argmax(1) == y).mean()
    found = {name: round(float(value), 4) for name, value in found.items()}
    seconds = round(time.perf_counter() - start, 1)
    key = {"framework": framework, "decay": decay, "remedy": remedy, "seed": seed}
    return key | found | {"seconds": seconds}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--framework", choices=RUN, action="append")
    frameworks = parser.parse_args().framework or list(RUN)
    done = set()
    if RESULTS.exists():
        with open(RESULTS, newline="") as file:
            done = {tuple(r[k] for k in KEY) for r in csv.DictReader(file)}
    else:
        RESULTS.write_text(",".join(FIELDS) + "\n")
    for seed, framework, decay, remedy in product(range(emoji.FOLDS), frameworks, DECAYS, REMEDIES):
        if tuple(map(str, (framework, decay, remedy, seed))) in done:
            continue
        result = row(framework, decay, remedy, seed)
        with open(RESULTS, "a", newline="") as file:
            csv.DictWriter(file, FIELDS, lineterminator="\n").writerow(result)
        print(result, flush=True)
    packages = ("numpy", "torch", "keras", "scikit-learn")
    environment = {"python": platform.python_version(), "machine": platform.machine()}
    environment |= {name: version(name) for name in packages}
    RESULTS.with_suffix(".json").write_text(json.dumps(environment, indent=2) + "\n")


if __name__ == "__main__":
    main()
