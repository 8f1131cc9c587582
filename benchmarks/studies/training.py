"""Training well: what cures of overfitting are worth, what optimizers and schedules do, and how
much of it is the seed.

Each picture is a cut of 16 x 16 pixels with one shape; asked is which of five. For the cures, 300
pictures are all there is, and a fifth of their labels, and of the validation's, are wrong; tests
are clean. Each cure's strength is the best of three on validation pictures, with a seed that is
reported nowhere else; PyTorch chooses for both. The spread of a seed is that of ten runs of one
program on one set. Optimizers and schedules, in PyTorch alone, see 900 clean pictures; each has the
best of three rates, chosen likewise.

    make study NAME=training
"""

import json
import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.studies._record import append, is_done, machine, rows
from mmref.data import scenes
from mmref.reference.optimization import warmup_cosine
from mmref.seeding import seed_everything

RESULTS = Path(__file__).parents[1] / "results" / "training.csv"
KEY = ["framework", "run", "strength", "seed"]
FOUND = ["train", "train_loss", "validation", "validation_loss", "test", "test_loss"]
FIELDS = [*KEY, *FOUND, "epochs", "ms_an_epoch"]
CLASSES, FEW, MANY, TESTS, WRONG = 5, 300, 900, 2000, 0.2
BATCH, EPOCHS, PATIENCE, QUICK = 50, 40, 8, 8
SEEDS, SPREAD, TRIED, CHOOSES = range(3), range(10), 100, "torch"


@dataclass(frozen=True)
class Run:
    """strength: of what is compared: the setting that ``by`` names."""

    by: str = ""
    kind: str = "adam"
    rate: float = 3e-3
    schedule: str = "constant"
    dropout: float = 0.0
    decay: float = 0.0
    smoothing: float = 0.0
    shift: int = 0
    stop: bool = False
    rows: int = FEW
    wrong: float = WRONG
    epochs: int = EPOCHS
    data_seed: int | None = None


STRENGTHS = {
    "dropout": ("dropout", (0.2, 0.4, 0.6)),
    "decay": ("decay", (0.1, 0.5, 2.0)),
    "smoothing": ("smoothing", (0.1, 0.3, 0.5)),
    "augmentation": ("shift", (1, 2, 3)),
}
NAMED = tuple(STRENGTHS)  # the cures that have a strength
ALONE = ("plain", "early stopping", "together", "three times the data")
RUNS = {"plain": Run()} | {name: Run(by=by) for name, (by, _) in STRENGTHS.items()}
RUNS |= {
    "early stopping": Run(stop=True),
    "together": Run(dropout=0.4, decay=0.5, smoothing=0.1, shift=2),
    "three times the data": Run(rows=MANY, epochs=EPOCHS * FEW // MANY),
}
OPTIMIZERS = {
    "sgd": (0.1, 0.3, 1.0),
    "momentum": (0.03, 0.1, 0.3),
    "rmsprop": (0.001, 0.003, 0.01),
    "adam": (0.003, 0.01, 0.03),
}
CLEAN = Run(by="rate", rows=MANY, wrong=0.0, epochs=QUICK)
RUNS |= {f"optimizer: {kind}": replace(CLEAN, kind=kind) for kind in OPTIMIZERS}
STRENGTHS |= {f"optimizer: {kind}": ("rate", rates) for kind, rates in OPTIMIZERS.items()}
SCHEDULES = ("constant", "cosine", "warm-up, cosine")
SCHEDULED = (0.003, 0.02)  # Adam's rates: a usual one, and a high one
RUNS |= {f"adam: {schedule}": replace(CLEAN, schedule=schedule) for schedule in SCHEDULES}
RUNS["the seed"] = Run(data_seed=0)


# ---- the data ----


@cache
def data(run_rows, wrong, seed):
    """Pictures (N, 16, 16, 3) on black and their shapes: to train, to validate, to test."""
    found = []
    for part, n, share in ((0, run_rows, wrong), (1, FEW, wrong), (2, TESTS, 0.0)):
        drawn = scenes.generate(n, 3 * seed + part, objects=(1, 1))
        rng = np.random.default_rng(3 * seed + part)
        padded = np.pad(1 - drawn.images / np.float32(255), ((0, 0), (12, 12), (12, 12), (0, 0)))
        corner = np.floor(drawn.objects.centers[:, 0]).astype(int) + 4 + rng.integers(-3, 4, (n, 2))
        x = np.stack([p[y : y + 16, x : x + 16] for p, (x, y) in zip(padded, corner, strict=True)])
        y = drawn.objects.shapes[:, 0].astype("int64")
        other = (y + rng.integers(1, CLASSES, n)) % CLASSES
        found.append((x, np.where(rng.random(n) < share, other, y)))
    return found


def rates(run):
    """The rate of each step."""
    steps = run.epochs * -(-run.rows // BATCH)
    if run.schedule == "constant":
        return np.full(steps, run.rate)
    return warmup_cosine(steps, run.rate, warmup=steps // 10 if "warm-up" in run.schedule else 0)


# ---- PyTorch ----


def torch_run(run, seed, sets):
    """What the network says of each set, its epochs, and the milliseconds of one."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    seed_everything(seed)
    drop = [nn.Dropout(run.dropout)] if run.dropout else []
    model = nn.Sequential(
        *(nn.Conv2d(3, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(12, 24, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(*drop, nn.Linear(384, 64), nn.ReLU(), *drop, nn.Linear(64, CLASSES)),
    )
    for p in model.parameters():  # as Keras begins
        nn.init.xavier_uniform_(p) if p.ndim > 1 else nn.init.zeros_(p)
    kernels = [p for p in model.parameters() if p.ndim > 1]
    biases = [p for p in model.parameters() if p.ndim == 1]
    groups = [{"params": kernels, "weight_decay": run.decay}, {"params": biases}]
    options = {"lr": run.rate, "weight_decay": 0.0}
    if run.kind in ("sgd", "momentum"):
        optimizer = torch.optim.SGD(groups, momentum=0.9 * (run.kind == "momentum"), **options)
    elif run.kind == "rmsprop":
        optimizer = torch.optim.RMSprop(groups, alpha=0.9, **options)
    else:
        optimizer = (torch.optim.AdamW if run.decay else torch.optim.Adam)(groups, **options)
    loss_of = nn.CrossEntropyLoss(label_smoothing=run.smoothing)
    sets = [(torch.tensor(x).permute(0, 3, 1, 2), torch.tensor(y)) for x, y in sets]
    (x, y), (x_val, y_val), _ = sets
    most, planned, step = run.shift, rates(run), 0

    def moved(part):
        padded = nn.functional.pad(part, [most] * 4)
        corners = torch.randint(2 * most + 1, (len(part), 2)).tolist()
        part = torch.stack([p[:, i : i + 16, j : j + 16] for p, (i, j) in zip(padded, corners)])
        return torch.where(torch.rand(len(part), 1, 1, 1) < 0.5, part.flip(3), part)

    best, kept, waited, spent = np.inf, None, 0, []
    for _ in range(run.epochs):
        start = time.process_time()
        model.train()
        for chosen in torch.randperm(len(x)).split(BATCH):
            part = moved(x[chosen]) if most else x[chosen]
            loss = loss_of(model(part), y[chosen])
            optimizer.zero_grad()
            loss.backward()
            for group in optimizer.param_groups:
                group["lr"] = planned[step]
            optimizer.step()
            step += 1
        spent.append(time.process_time() - start)
        if run.stop:
            model.eval()
            with torch.no_grad():
                now = nn.functional.cross_entropy(model(x_val), y_val).item()
            waited = 0 if now < best else waited + 1
            if now < best:
                best, kept = now, {n: v.clone() for n, v in model.state_dict().items()}
            if waited == PATIENCE:
                break
    if kept:
        model.load_state_dict(kept)
    model.eval()
    with torch.no_grad():
        said = [model(images).numpy() for images, _ in sets]
    return said, len(spent), spent


# ---- Keras ----


def keras_run(run, seed, sets):
    import keras
    from keras import layers, ops

    import mmref.keras  # noqa: F401  quiet

    class Planned(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return ops.take(ops.array(rates(run), "float32"), ops.cast(step, "int32"))

    class Clock(keras.callbacks.Callback):
        spent = []

        def on_epoch_begin(self, epoch, logs=None):
            self.start = time.process_time()

        def on_epoch_end(self, epoch, logs=None):
            self.spent.append(time.process_time() - self.start)

    seed_everything(seed)
    (x, y), validation, _ = sets
    change, share = [], run.shift / 16
    if run.shift:
        move = layers.RandomTranslation(share, share, fill_mode="constant", fill_value=0.0)
        change = [move, layers.RandomFlip("horizontal")]
    drop = (lambda: [layers.Dropout(run.dropout)]) if run.dropout else (lambda: [])
    conv = {"padding": "same", "activation": "relu"}
    parts = [layers.Input((16, 16, 3)), *change]
    parts += [layers.Conv2D(12, 3, **conv), layers.MaxPooling2D()]
    parts += [layers.Conv2D(24, 3, **conv), layers.MaxPooling2D(), layers.Flatten(), *drop()]
    parts += [layers.Dense(64, activation="relu"), *drop()]
    parts += [layers.Dense(CLASSES)]
    model = keras.Sequential(parts)
    options = {"learning_rate": run.rate if run.schedule == "constant" else Planned()}
    if run.decay:
        options["weight_decay"] = run.decay
    if run.kind in ("sgd", "momentum"):
        options["momentum"] = 0.9 * (run.kind == "momentum")
    kinds = {"sgd": "SGD", "momentum": "SGD", "rmsprop": "RMSprop", "adam": "Adam"}
    optimizer = getattr(keras.optimizers, kinds.get(run.kind, "AdamW"))(**options)
    if run.decay:
        optimizer.exclude_from_weight_decay(var_names=["bias"])
    loss = keras.losses.CategoricalCrossentropy(True, label_smoothing=run.smoothing)
    model.compile(optimizer, loss, jit_compile=False, steps_per_execution=6)  # faster
    clock = Clock()
    clock.spent, more = [], {}
    if run.stop:
        wait = {"patience": PATIENCE, "restore_best_weights": True}
        more["validation_data"] = (validation[0], np.eye(CLASSES)[validation[1]])
        more["callbacks"] = [clock, keras.callbacks.EarlyStopping(**wait)]
    given = {"batch_size": BATCH, "epochs": run.epochs, "verbose": 0, "callbacks": [clock]} | more
    model.fit(x, np.eye(CLASSES)[y], **given)
    said = [ops.convert_to_numpy(model(images)) for images, _ in sets]
    return said, len(clock.spent), clock.spent


# ---- rows ----

RUN = {"torch": torch_run, "keras": keras_run}


def row(framework, name, strength, seed):
    run = RUNS[name]
    if run.by:
        run = replace(run, **{run.by: type(getattr(run, run.by))(strength)})
    sets = data(run.rows, run.wrong, seed if run.data_seed is None else run.data_seed)
    said, epochs, spent = RUN[framework](run, seed, sets)
    found = {}
    for part, logits, (_, y) in zip(("train", "validation", "test"), said, sets, strict=True):
        z = logits.astype("float64") - logits.max(axis=1, keepdims=True)
        logs = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        found[part] = float((z.argmax(axis=1) == y).mean())
        found[f"{part}_loss"] = float(-logs[np.arange(len(y)), y].mean())
    return found | {"epochs": epochs, "ms_an_epoch": 1000 * float(np.median(spent[1:]))}


def plan():
    """(framework, run, strength, seed) of all rows: PyTorch's, which choose, before Keras's."""
    for framework in RUN:
        if framework == CHOOSES:
            for name, (_, strengths) in STRENGTHS.items():
                yield from ((framework, name, strength, TRIED) for strength in strengths)
        for seed in SEEDS:
            yield from ((framework, name, best_of(name), seed) for name in NAMED)
            yield from ((framework, name, "", seed) for name in ALONE)
        yield from ((framework, "the seed", "", seed) for seed in SPREAD)
        for seed in SEEDS if framework == CHOOSES else ():
            quick = [name for name in STRENGTHS if name not in NAMED]
            yield from ((framework, name, best_of(name), seed) for name in quick)
            for rate in SCHEDULED:
                yield from ((framework, f"adam: {s}", rate, seed) for s in SCHEDULES)


def best_of(name):
    """The strength with the highest accuracy on validation pictures, of the seed for choosing; of
    equal ones the lower loss."""
    tried = [r for r in rows(RESULTS) if r["run"] == name and r["seed"] == str(TRIED)]
    tried = {float(r["strength"]): r for r in tried}
    scores = {s: (float(r["validation"]), -float(r["validation_loss"])) for s, r in tried.items()}
    return max(STRENGTHS[name][1], key=scores.get)


def main():
    for framework, name, strength, seed in plan():
        key = {"framework": framework, "run": name, "strength": strength, "seed": seed}
        if not is_done(RESULTS, KEY, key):
            append(RESULTS, FIELDS, key | row(framework, name, strength, seed))
    about = machine() | {"few": FEW, "many": MANY, "wrong": WRONG, "batch": BATCH, "epochs": EPOCHS}
    RESULTS.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
