"""Missing and unreliable modalities: every fusion, trained in three ways, five seeds.

The encoders, steps and data are those of the study ``fusion``, the learning rate is 0.01 for all.
Tasks: "redundant" of ``mmref.data.interactions`` between three modalities, and emoji in 8 groups.
Trained with everything there ("plain"), with each modality marked absent at the rate 0.3
("dropout"), or that with a learned vector in the place of what is absent ("stand-in": fusions of
features alone, as one of decisions leaves out what is absent by its rule).

Then tested: with each modality absent at a rate of 0 to 0.8, on its own (``missing_...``); with one
modality alone (``alone_1`` is the first one); with the noise of the first modality raised to what
it never was in training (``noise_...``, generated tasks only); and for its calibration: the mean
distance between confidence and accuracy over 15 bins of confidence, with all there and with 0.4
missing. A row without any modality counts too: it can only be guessed. Rows that are there are not
computed again.
"""

import json
from functools import lru_cache
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.studies._fusions import (
    NOISE,
    READINGS,
    TASKS,
    decides,
    fusions,
    interaction,
    stacked,
    trained,
)
from benchmarks.studies._record import append, is_done, machine
from mmref.data import interactions

RESULTS = Path(__file__).parents[1] / "results" / "missing.csv"
KEY = ["task", "fusion", "training", "seed"]
MISSING, NOISES = (0.0, 0.2, 0.4, 0.6, 0.8), (0.8, 1.6, 3.2)
ALONE = ("alone_1", "alone_2", "alone_3")
CALIBRATION = ("calibration", "calibration_missing")
FIELDS = [*KEY, *(f"missing_{r}" for r in MISSING), *ALONE]
FIELDS += [*(f"noise_{s}" for s in NOISES), *CALIBRATION]
GENERATED = {"redundant, 3": "redundant"}
EMOJI = "emoji, 8 groups"
TRAININGS, SEEDS, RATE, DROPOUT = ("plain", "dropout", "stand-in"), 5, 0.01, 0.3


@lru_cache(1)
def tasks_of(name):
    """The task as each seed draws it."""
    load = interaction(GENERATED[name], 3) if name in GENERATED else TASKS[name]
    return [load(seed) for seed in range(SEEDS)]


def runs(wing, name, fusion, training):
    """The rows of one fusion on one task, trained in one way, of all seeds."""
    tasks, make = tasks_of(name), fusions(wing)[fusion]
    if training == "stand-in":
        make = stood_in(wing, make)
    dropout = None if training == "plain" else DROPOUT
    (model,) = trained(tasks, make, [RATE], modality_dropout=dropout)
    inputs, labels = stacked(tasks, "test")
    there = labels >= 0
    rng, columns = np.random.default_rng(0), {}
    shape = (*labels.shape, len(inputs))
    for rate in MISSING:
        logits = model.logits(inputs, rng.random(shape) >= rate)
        columns[f"missing_{rate}"] = accuracy(logits, labels)
        if rate in (0.0, 0.4):
            errors = [calibration(*run) for run in zip(logits, labels, there, strict=True)]
            columns[CALIBRATION[rate > 0]] = errors
    for number, column in zip(range(len(inputs)), ALONE, strict=False):
        alone = np.broadcast_to(np.arange(len(inputs)) == number, shape)
        columns[column] = accuracy(model.logits(inputs, alone), labels)
    for sigma in NOISES if name in GENERATED else ():
        columns[f"noise_{sigma}"] = accuracy(*noisy(model, name, sigma))
    for seed in range(len(tasks)):
        key = {"task": name, "fusion": fusion, "training": training, "seed": seed}
        yield key | {column: float(values[seed]) for column, values in columns.items()}


def stood_in(wing, make):
    return lambda dims, dim: wing.StandInFusion(make(dims, dim))


def accuracy(logits, labels):
    """The share of right answers of each seed, (S,)."""
    return (logits.argmax(2) == labels).sum(1) / (labels >= 0).sum(1)


def noisy(model, name, sigma):
    """Logits and labels of rows whose first modality has this noise."""
    noise = dict.fromkeys("abc", NOISE) | {"a": sigma}
    drawn = [
        interactions.draw(20000, 10 * seed + 9, GENERATED[name], noise, READINGS)
        for seed in range(SEEDS)
    ]
    inputs = {m: np.stack([d.inputs[m] for d in drawn]) for m in noise}
    return model.logits(inputs), np.stack([d.labels for d in drawn])


def calibration(logits, labels, there, bins=15):
    """The expected calibration error of one model: logits (N, K), labels and there (N,)."""
    p = np.exp(logits - logits.max(1, keepdims=True))
    p = (p / p.sum(1, keepdims=True))[there]
    sure, right = p.max(1), p.argmax(1) == labels[there]
    which = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = np.bincount(which, right - sure, bins)
    return np.abs(gaps).sum() / len(sure)


def main():
    import mmref.torch as wing

    RESULTS.parent.mkdir(exist_ok=True)
    for task, fusion, training in product((*GENERATED, EMOJI), fusions(wing), TRAININGS):
        key = {"task": task, "fusion": fusion, "training": training, "seed": SEEDS - 1}
        if training == "stand-in" and decides(fusions(wing)[fusion]):
            continue
        if not is_done(RESULTS, KEY, key):
            for row in list(runs(wing, task, fusion, training)):  # all of them or none
                append(RESULTS, FIELDS, row)
    about = machine() | {"rate": RATE, "modality dropout": DROPOUT, "noise": NOISE}
    RESULTS.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
