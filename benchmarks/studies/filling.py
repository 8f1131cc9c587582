"""What to put where a modality is absent, and how sure a model may be: every fusion, five seeds.

The models of the study ``missing``, trained with everything there ("plain") or with modalities
marked absent at the rate 0.3 ("dropout"), of the same seeds and rows. Where a modality is absent in
a test row, it is

    mask           marked absent, as fusions are told
    zeros          read as an input of zeros: a blank picture, no words
    mean           read as the mean of the training rows
    least squares  read as the linear prediction from the modalities that are there, fitted to the
                   training rows for each set of them, with the ridge that errs least in validation

(``missing`` has the learned vectors.) ``missing_...`` is the accuracy with each modality absent at
that rate, on its own; a row without any counts too, and is filled with means.

Then the calibration error, in 15 bins as in ``missing``, with all there and with 0.4 missing; and
the temperature T by which to divide the logits, so that validation rows have the least
cross-entropy. ``..._scaled`` is the error with the T of complete validation rows, ``..._refit``
with the T of validation rows that lack as much, filled alike. At most 5000 test rows. Rows that are
there are not computed again.

    make study NAME=filling
"""

import json
from functools import lru_cache
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.studies import missing
from benchmarks.studies._fusions import NOISE, fusions, stacked, trained
from benchmarks.studies._record import append, is_done, machine
from benchmarks.studies.missing import DROPOUT, EMOJI, GENERATED, MISSING, RATE, accuracy

RESULTS = Path(__file__).parents[1] / "results" / "filling.csv"
KEY = ["task", "fusion", "training", "filling", "seed"]
FILLINGS, TRAININGS = ("mask", "zeros", "mean", "least squares"), ("plain", "dropout")
HALF = 0.4  # the rate at which calibration is measured
FIELDS = [*KEY, *(f"missing_{rate}" for rate in MISSING)]
FIELDS += ["calibration", "temperature", "calibration_scaled"]
FIELDS += [f"calibration_missing{end}" for end in ("", "_scaled", "_refit")]
FIELDS += ["temperature_missing"]
ROWS, RIDGES = 5000, (1e-3, 1e-2, 1e-1, 1.0)  # the ridge: times the mean square of what is read


# ---- what is read in the place of an absent modality ----


def linear(x, y, ridge):
    """(V, c) of the least squares y = V x + c, with a ridge on V."""
    x0, y0 = x.mean(0), y.mean(0)
    centered = x - x0
    gram = centered.T @ centered
    gram[np.diag_indices(len(gram))] += ridge * np.trace(gram) / len(gram) + 1e-9
    v = np.linalg.solve(gram, centered.T @ (y - y0)).T
    return v, y0 - v @ x0


def joined(inputs, names):
    return np.concatenate([inputs[m] for m in names], axis=1).astype(float)


class LeastSquares:
    """Each modality predicted from each set of others."""

    def __init__(self, task):
        (train, _), (validation, _) = task.parts["train"], task.parts["validation"]
        self.maps = {}
        for flags in product([True, False], repeat=len(train)):
            there = [m for m, flag in zip(train, flags, strict=True) if flag]
            for m in (m for m in train if m not in there and there):
                x, fits = joined(validation, there), []
                for ridge in RIDGES:
                    v, c = linear(joined(train, there), train[m].astype(float), ridge)
                    fits.append((np.square(x @ v.T + c - validation[m]).mean(), (v, c)))
                self.maps[flags, m] = min(fits, key=lambda fit: fit[0])[1]

    def __call__(self, inputs, present, filled):
        """``filled``, with predictions wherever something is there to predict from."""
        for (flags, m), (v, c) in self.maps.items():
            rows = (present == flags).all(1)
            there = [name for name, flag in zip(inputs, flags, strict=True) if flag]
            filled[m][rows] = joined(inputs, there)[rows] @ v.T + c
        return filled


@lru_cache(1)
def predictors(name):
    return [LeastSquares(task) for task in missing.tasks_of(name)]


def fill(name, inputs, present, filling):
    """Inputs m -> (S, N, D_m) with what is absent replaced, and what fusions are told."""
    if filling == "mask":
        return inputs, present
    filled = {m: x.copy() for m, x in inputs.items()}
    for number, m in enumerate(inputs):
        for seed, task in enumerate(missing.tasks_of(name)):
            mean = task.parts["train"][0][m].mean(0)
            filled[m][seed, ~present[seed, :, number]] = mean if filling != "zeros" else 0
    if filling == "least squares":
        for seed, predict in enumerate(predictors(name)):
            one = {m: x[seed] for m, x in inputs.items()}
            predict(one, present[seed], {m: x[seed] for m, x in filled.items()})
    return filled, None


# ---- how sure to be ----


def temperature(logits, labels):
    """T (scalar) with the least cross-entropy of logits / T: logits (N, K), labels (N,).

    The cross-entropy is convex in 1 / T; its slope, the mean over rows of what the softmax expects
    of the logits less the logit of the label, is brought to zero by halving.
    """
    low, high = np.log(1e-3), np.log(1e3)
    for _ in range(60):
        middle = (low + high) / 2
        scaled = np.exp(middle) * logits
        p = np.exp(scaled - scaled.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        slope = ((p * logits).sum(1) - logits[np.arange(len(labels)), labels]).mean()
        low, high = (low, middle) if slope > 0 else (middle, high)
    return float(np.exp(-middle))


def calibrations(logits, labels, temperatures):
    """The calibration error of each seed with each one's temperature, (S,)."""
    given = zip(logits, labels, temperatures, strict=True)
    return [missing.calibration(x / t, y, y >= 0) for x, y, t in given]


def temperatures(logits, labels):
    return [temperature(x[y >= 0], y[y >= 0]) for x, y in zip(logits, labels, strict=True)]


# ---- all of it ----


def runs(wing, name, fusion, training):
    """The rows of one fusion on one task, trained in one way, of all fillings and seeds."""
    tasks, make = missing.tasks_of(name), fusions(wing)[fusion]
    dropout = None if training == "plain" else DROPOUT
    (model,) = trained(tasks, make, [RATE], modality_dropout=dropout)
    test, validation = (
        ({m: x[:, :ROWS] for m, x in inputs.items()}, labels[:, :ROWS])
        for inputs, labels in (stacked(tasks, part) for part in ("test", "validation"))
    )

    def logits(part, rate, filling):
        inputs, labels = part
        present = np.random.default_rng(0).random((*labels.shape, len(inputs))) >= rate
        return model.logits(*fill(name, inputs, present, filling))

    complete, ones = logits(test, 0.0, "mask"), np.ones(len(tasks))
    hot = temperatures(logits(validation, 0.0, "mask"), validation[1])
    shared = {
        "calibration": calibrations(complete, test[1], ones),
        "temperature": hot,
        "calibration_scaled": calibrations(complete, test[1], hot),
    }
    for filling in FILLINGS:
        found = {rate: logits(test, rate, filling) for rate in MISSING}
        refit = temperatures(logits(validation, HALF, filling), validation[1])
        columns = {f"missing_{rate}": accuracy(x, test[1]) for rate, x in found.items()}
        columns |= shared | {"temperature_missing": refit}
        for end, heat in (("", ones), ("_scaled", hot), ("_refit", refit)):
            columns[f"calibration_missing{end}"] = calibrations(found[HALF], test[1], heat)
        for seed in range(len(tasks)):
            key = {"task": name, "fusion": fusion, "training": training, "filling": filling}
            row = {column: float(values[seed]) for column, values in columns.items()}
            yield key | {"seed": seed} | row


def main():
    import mmref.torch as wing

    RESULTS.parent.mkdir(exist_ok=True)
    for task, fusion, training in product((*GENERATED, EMOJI), fusions(wing), TRAININGS):
        key = {"task": task, "fusion": fusion, "training": training}
        last = {"filling": FILLINGS[-1], "seed": missing.SEEDS - 1}
        if not is_done(RESULTS, KEY, key | last):
            for row in list(runs(wing, task, fusion, training)):  # all of them or none
                append(RESULTS, FIELDS, row)
    about = machine() | {"rate": RATE, "modality dropout": DROPOUT, "noise": NOISE}
    RESULTS.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
