"""How far recurrent cells remember, and how well they read names: both frameworks, three seeds.

Part `memory`: tell the first symbol of a sequence of T after reading to its end; T doubles until a
cell fails. Both frameworks start from the same weights and see the same sequences. No setting was
tuned. Part `names`: the group of an emoji from its name. First `--choose`: each of a few settings
is trained in PyTorch on three folds and scored on the validation fold (recurrence_settings.csv).
Then seed s trains on four folds, with the settings that were best on other folds, and is tested on
fold s. Rows that are there are not computed again: an interrupted run goes on where it stopped.
"""

import argparse
import csv
import json
import math
import time
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.studies._record import machine
from mmref import convert
from mmref.data import emoji
from mmref.data.text import UNKNOWN, Vocabulary, character_ngrams, characters, words
from mmref.seeding import seed_everything

RESULTS = Path(__file__).parents[1] / "results" / "recurrence.csv"
KEY = ["part", "framework", "variant", "case", "seed"]
FIELDS = [*KEY, "settings", "accuracy", "train_accuracy", "updates", "seconds"]
CHOICE = RESULTS.with_name("recurrence_settings.csv")
CHOICE_KEY = ["settings", "variant", "case", "seed"]
CHOICE_FIELDS = [*CHOICE_KEY, "accuracy", "seconds"]
SEEDS = (0, 1, 2)

# ---- memory ----

SYMBOLS, HIDDEN, BATCH, RATE, LIMIT = 4, 32, 64, 3e-3, 1.0
CHUNK, CHUNKS, BRIDGED = 100, 4, 0.9  # updates between looks, looks, accuracy that counts
LENGTHS = (10, 20, 40, 80, 160)
# Class, gates, options of ours, and the bias of the forget gate (None: there is none).
CELLS = {
    "rnn, uniform start": ("RNN", 1, None),
    "rnn, orthogonal start": ("RNN", 1, None),
    "gru": ("GRU", 3, None),
    "lstm, forget bias 0": ("LSTM", 4, 0.0),
    "lstm, forget bias 1": ("LSTM", 4, 1.0),
    "lstm, forget bias 3": ("LSTM", 4, 3.0),
    "lstm of 1997": ("LSTM", 3, None),
}


def sequences(rng, count, steps):
    """One-hot (N, T, 2 SYMBOLS): the first step is the symbol to be told, the others distract."""
    told = rng.integers(0, SYMBOLS, count)
    shown = SYMBOLS + rng.integers(0, SYMBOLS, (count, steps))  # of another alphabet
    shown[:, 0] = told
    return np.eye(2 * SYMBOLS, dtype="float32")[shown], told


def start(variant, seed):
    """The first weights, canonical arrays: of the recurrent layer, and of the dense one."""
    rng = np.random.default_rng(seed)
    _, gates, forget = CELLS[variant]
    rows, width = gates * HIDDEN, 2 * SYMBOLS

    def uniform(limit, *shape):
        return rng.uniform(-limit, limit, shape).astype("float32")

    def glorot(*shape):
        return uniform(math.sqrt(6 / sum(shape)), *shape)

    if "uniform" in variant:  # as PyTorch starts
        limit = 1 / math.sqrt(HIDDEN)
        weights = uniform(limit, rows, width), uniform(limit, rows, HIDDEN)
    else:  # as Keras starts
        orthogonal, upper = np.linalg.qr(rng.normal(size=(rows, HIDDEN)))
        orthogonal = (orthogonal * np.sign(np.diag(upper))).astype("float32")
        weights = glorot(rows, width), orthogonal
    bias = np.zeros((2, rows) if variant == "gru" else rows, "float32")
    if forget is not None:
        bias[HIDDEN : 2 * HIDDEN] = forget
    layer = dict(zip(("input_weight", "hidden_weight", "bias"), (*weights, bias), strict=True))
    dense = {"weight": glorot(SYMBOLS, HIDDEN), "bias": np.zeros(SYMBOLS, "float32")}
    return layer, dense


def remember_torch(variant, steps, seed):
    """Train until the accuracy is near 1 or the updates are spent; accuracy and updates."""
    import torch

    import mmref.torch as wing

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            kind, gates, _ = CELLS[variant]
            width = 2 * SYMBOLS
            if gates == 3 and kind == "LSTM":
                self.recurrence = wing.LSTM(width, HIDDEN, forget_gate=False)
            else:
                self.recurrence = getattr(torch.nn, kind)(width, HIDDEN, batch_first=True)
            self.dense = torch.nn.Linear(HIDDEN, SYMBOLS)

        def forward(self, x):
            states = self.recurrence(x)
            states = states[0] if isinstance(states, tuple) else states
            return self.dense(states[:, -1])

    model, rng = Model(), np.random.default_rng(seed)
    for part, arrays in zip((model.recurrence, model.dense), start(variant, seed), strict=True):
        convert.set_arrays(part, arrays)
    optimizer = torch.optim.Adam(model.parameters(), RATE)

    def accuracy(count):
        x, told = sequences(rng, count, steps)
        with torch.no_grad():
            return float((model(torch.tensor(x)).argmax(dim=1).numpy() == told).mean())

    updates = 0
    for _ in range(CHUNKS):
        x, told = (torch.tensor(a) for a in sequences(rng, CHUNK * BATCH, steps))
        for rows in torch.arange(len(x)).split(BATCH):
            loss = torch.nn.functional.cross_entropy(model(x[rows]), told[rows])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), LIMIT)
            optimizer.step()
        updates += CHUNK
        if accuracy(500) > 0.99:
            break
    return {"accuracy": accuracy(1000), "updates": updates}


def remember_keras(variant, steps, seed):
    """The same in Keras."""
    import mmref.keras as wing  # first: it keeps TensorFlow quiet

    import keras  # isort: skip

    keras.utils.clear_session()
    kind, gates, _ = CELLS[variant]
    width = 2 * SYMBOLS
    if gates == 3 and kind == "LSTM":
        layer = wing.LSTM(width, HIDDEN, forget_gate=False)
        last = keras.layers.Lambda(lambda states: states[:, -1])
    else:
        layer = getattr(keras.layers, "SimpleRNN" if kind == "RNN" else kind)(HIDDEN)
        last = keras.layers.Identity()
    dense = keras.layers.Dense(SYMBOLS)
    model = keras.Sequential([keras.Input((steps, width)), layer, last, dense])
    for part, arrays in zip((layer, dense), start(variant, seed), strict=True):
        convert.set_arrays(part, arrays)
    model.compile(
        keras.optimizers.Adam(RATE, global_clipnorm=LIMIT),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        steps_per_execution=10,
    )
    rng = np.random.default_rng(seed)

    def accuracy(count):
        x, told = sequences(rng, count, steps)
        return float((model.predict(x, batch_size=500, verbose=0).argmax(axis=1) == told).mean())

    updates = 0
    for _ in range(CHUNKS):
        x, told = sequences(rng, CHUNK * BATCH, steps)
        model.fit(x, told, batch_size=BATCH, shuffle=False, verbose=0)
        updates += CHUNK
        if accuracy(500) > 0.99:
            break
    return {"accuracy": accuracy(1000), "updates": updates}


# ---- names ----


@dataclass(frozen=True)
class Settings:
    """What is fixed by hand and may be chosen otherwise."""

    epochs: int = 15
    rate: float = 3e-3
    hide: float = 0.1  # tokens replaced by "unknown", so that its embedding is trained


BASE = Settings()
CANDIDATES = {
    "base": BASE,
    "hide more": replace(BASE, hide=0.3),
    "longer": replace(BASE, epochs=30),
    "slower": replace(BASE, rate=1e-3),
}
WIDTH, DROPOUT, SMOOTHING, DECAY, K = 128, 0.3, 0.1, 0.05, len(emoji.EIGHT_GROUPS)
READINGS = {
    "English words": ("en", words),
    "Chinese characters": ("zh", characters),
}
PLAN = [
    ("English words", ("bag", "lstm", "gru")),
    ("Chinese characters", ("bag", "lstm", "gru")),
]


def read(case, fold, splits=("train+validation", "test")):
    """(ids, labels) to train and to test on, the vocabulary's size, both lists of names."""
    language, tokenize = READINGS[case]
    train, test = (emoji.load(language=language, split=s, fold=fold) for s in splits)
    vocabulary = Vocabulary.build(train.names, tokenize)
    ids, _ = vocabulary.encode(train.names)
    other, _ = vocabulary.encode(test.names)
    return (ids, train.labels), (other, test.labels), len(vocabulary), (train.names, test.names)


def hide_tokens(inputs, rng, share):
    """Replace a share of the tokens by "unknown"."""
    ids = inputs["text"]
    return {"text": np.where((ids != 0) & (rng.random(ids.shape) < share), UNKNOWN, ids)}


def classifier(wing, cell, size):
    """Embeddings of 128, a state of 128, a dense layer of 128, logits."""
    encoder = wing.TextEncoder(size, WIDTH, WIDTH, WIDTH, cell, DROPOUT)
    fusion = wing.ConcatFusion({"text": WIDTH}, WIDTH)
    return wing.FusionClassifier({"text": encoder}, fusion, K, dropout=DROPOUT)


def read_torch(train, test, cell, size, settings, seed):
    import torch

    import mmref.torch as wing

    seed_everything(seed)
    model = classifier(wing, cell, size)
    optimizer = torch.optim.AdamW(model.parameters(), settings.rate, weight_decay=DECAY)
    steps = settings.epochs * math.ceil(len(train[1]) / BATCH)
    history = wing.fit(
        model,
        optimizer,
        ({"text": train[0]}, train[1]),
        epochs=settings.epochs,
        batch_size=BATCH,
        scheduler=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps),
        augment=lambda inputs, rng: hide_tokens(inputs, rng, settings.hide),
        label_smoothing=SMOOTHING,
        seed=seed,
        progress=False,
    )
    accuracy = wing.evaluate(model, ({"text": test[0]}, test[1]))[1]
    return {"accuracy": accuracy, "train_accuracy": history.accuracy[-1], "updates": steps}


def read_keras(train, test, cell, size, settings, seed):
    import mmref.keras as wing  # first: it keeps TensorFlow quiet

    import keras  # isort: skip

    keras.utils.clear_session()
    seed_everything(seed)
    model = classifier(wing, cell, size)
    batches = wing.Batches(
        {"text": train[0]},
        np.eye(K)[train[1]],
        BATCH,
        lambda inputs, rng: hide_tokens(inputs, rng, settings.hide),
        seed,
    )
    steps = settings.epochs * len(batches)
    rate = keras.optimizers.schedules.CosineDecay(settings.rate, steps)
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=DECAY),
        keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=SMOOTHING),
        metrics=["accuracy"],
    )
    history = model.fit(batches, epochs=settings.epochs, shuffle=False, verbose=0).history
    logits = keras.ops.convert_to_numpy(model({"text": test[0]}))
    accuracy = float((logits.argmax(axis=1) == test[1]).mean())
    return {"accuracy": accuracy, "train_accuracy": history["accuracy"][-1], "updates": steps}


def read_baseline(train, test, variant, names):
    """Logistic regression on TF-IDF: of words alone, or also of their characters' n-grams."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    english = names[0][0].isascii()

    def tokens(text):
        alone = words(text) if english else characters(text)
        if variant == "tf-idf of tokens":
            return alone
        return alone + character_ngrams(text, *((3, 4) if english else (2, 3)))

    vectorizer = TfidfVectorizer(analyzer=tokens)
    x, other = vectorizer.fit_transform(names[0]), vectorizer.transform(names[1])
    model = LogisticRegression(C=10.0, max_iter=500).fit(x, train[1])
    return {"accuracy": model.score(other, test[1]), "train_accuracy": model.score(x, train[1])}


# ---- what runs, and where it is kept ----


def rows(path):
    """The rows that are there, all values as text."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def found(path, key, row):
    """The row of this key, or None."""
    return next((o for o in rows(path) if all(o[k] == str(row[k]) for k in key)), None)


def append(path, fields, row, began):
    """Add one row; the file is opened for each, so that runs can share it."""
    row = row | {"seconds": round(time.perf_counter() - began, 1)}
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, fields, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow({k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()})
    print({k: row[k] for k in fields if k in row}, flush=True)


def memory(framework, seed):
    """Every cell, longer and longer sequences, until it fails."""
    remember = {"torch": remember_torch, "keras": remember_keras}[framework]
    for variant in CELLS:
        for steps in LENGTHS:
            row = {"part": "memory", "framework": framework, "variant": variant}
            row |= {"case": steps, "seed": seed}
            done = found(RESULTS, KEY, row)
            if done is None:
                began = time.perf_counter()
                done = row | remember(variant, steps, seed)
                append(RESULTS, FIELDS, done, began)
            if float(done["accuracy"]) < BRIDGED:
                break


def choose():
    """Score every candidate on the validation folds."""
    for seed, (case, variants), name in product(SEEDS, PLAN, CANDIDATES):
        train, test, size, _ = read(case, seed, ("train", "validation"))
        for variant in variants:
            row = {"settings": name, "variant": variant, "case": case, "seed": seed}
            if found(CHOICE, CHOICE_KEY, row) is None:
                began = time.perf_counter()
                result = read_torch(train, test, variant, size, CANDIDATES[name], seed)
                append(CHOICE, CHOICE_FIELDS, row | {"accuracy": result["accuracy"]}, began)


def chosen(fold):
    """The settings for one test fold: the best mean accuracy among runs scored on other folds."""
    scores = {name: [] for name in CANDIDATES}
    for row in rows(CHOICE):
        if (int(row["seed"]) + 1) % emoji.FOLDS != fold:  # seed s is scored on fold s + 1
            scores[row["settings"]].append(float(row["accuracy"]))
    if not all(scores.values()):
        raise SystemExit("recurrence_settings.csv is not complete: run with --choose first")
    return max(sorted(scores), key=lambda name: round(np.mean(scores[name]), 6))


def names(framework, seed):
    """Every cell, or baseline, on both readings."""
    for case, variants in PLAN:
        train, test, size, texts = read(case, seed)
        if framework == "baseline":
            variants = ("tf-idf of tokens", "tf-idf of tokens and n-grams")
        for variant in variants:
            row = {"part": "names", "framework": framework, "variant": variant}
            row |= {"case": case, "seed": seed}
            if found(RESULTS, KEY, row) is not None:
                continue
            began = time.perf_counter()
            if framework == "baseline":
                row |= read_baseline(train, test, variant, texts)
            else:
                row["settings"] = chosen(seed)
                run = {"torch": read_torch, "keras": read_keras}[framework]
                row |= run(train, test, variant, size, CANDIDATES[row["settings"]], seed)
            append(RESULTS, FIELDS, row, began)


def environment():
    """Where and with what the rows were computed."""
    return machine("scikit-learn") | {
        "memory": {"hidden": HIDDEN, "batch": BATCH, "rate": RATE, "clipping": LIMIT},
        "names": {"batch": BATCH, "label smoothing": SMOOTHING, "width": WIDTH, "decay": DECAY},
        "settings": {name: asdict(settings) for name, settings in CANDIDATES.items()},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--framework", choices=["baseline", "torch", "keras"], action="append")
    parser.add_argument("--part", choices=["memory", "names"], action="append")
    parser.add_argument("--seed", type=int, choices=SEEDS, action="append")
    parser.add_argument("--choose", action="store_true", help="only score the candidate settings")
    arguments = parser.parse_args()
    RESULTS.parent.mkdir(exist_ok=True)
    parts = arguments.part or ["memory", "names"]
    if arguments.choose or (not arguments.framework and "names" in parts):
        choose()
    if arguments.choose:
        return
    frameworks = arguments.framework or ["baseline", "torch", "keras"]
    for seed, framework in product(arguments.seed or SEEDS, frameworks):
        if "memory" in parts and framework != "baseline":
            memory(framework, seed)
        if "names" in parts:
            names(framework, seed)
    RESULTS.with_suffix(".json").write_text(json.dumps(environment(), indent=1) + "\n")


if __name__ == "__main__":
    main()
