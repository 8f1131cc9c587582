"""Which fusion, when: every fusion of the package under one protocol, eight tasks, five seeds.

The same encoders (two dense layers to 16 numbers for each modality), the same rows in the same
order, 250 steps of AdamW (1,000 for "matching" and for "multiplicative, 3"), and a dense layer from
the fused vector to the logits. Each fusion is trained with each of two learning rates; the model
that is best on the validation part is tested. Seed s draws the rows, the first weights and the
order of a generated task; of emoji it is the fold that is tested, with validation on the next.

Tasks: ``mmref.data.interactions`` between 2 or 3 modalities, each with the noise 0.4; "matching",
true and false captions of scenes; names and pictures of emoji in 8 and 6 groups. ``head`` is
"linear", or "hidden" for one dense layer with a ReLU more between fusion and logits. "only ..." is
the model of one modality. Rows that are there are not computed again, so a run can be stopped; the
five seeds of a fusion, with both rates, are trained side by side, and come together.

    make study NAME=fusion          # of PyTorch only: the concordance holds the wings together
"""

import argparse
import json
import time
from dataclasses import replace
from functools import lru_cache
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.studies import _fusions
from benchmarks.studies._fusions import TASKS, decides, fusions, stacked, trained
from benchmarks.studies._record import append, is_done, machine

RESULTS = Path(__file__).parents[1] / "results" / "fusion.csv"
KEY = ["task", "fusion", "head", "seed"]
FIELDS = [*KEY, "rate", "validation", "accuracy", "bayes", "parameters", "seconds"]
RATES, SEEDS = (0.003, 0.01), 5
DEEPENED = ("parity, 2",)  # where it is asked what a hidden layer does


@lru_cache(1)
def tasks_of(name):
    """The task as each seed draws it."""
    return [TASKS[name](seed) for seed in range(SEEDS)]


def plan(wing):
    """(task, fusion, head) of everything that is trained."""
    for task in TASKS:
        yield from product([task], fusions(wing), ["linear"])
        for m in tasks_of(task)[0].widths:
            yield task, f"only {m}", "linear"
        if task in DEEPENED:
            features = [name for name, make in fusions(wing).items() if not decides(make)]
            yield from product([task], features, ["hidden"])


def accuracies(model, tasks, part):
    """The share of right answers of each seed's model, (S,)."""
    inputs, labels = stacked(tasks, part)
    return (model.logits(inputs).argmax(2) == labels).sum(1) / (labels >= 0).sum(1)


def runs(wing, name, fusion, head):
    """The rows of one fusion on one task, of all seeds."""
    tasks, make = tasks_of(name), fusions(wing).get(fusion, wing.ConcatFusion)
    if fusion.startswith("only "):
        m = fusion.removeprefix("only ")
        tasks = [only(task, m) for task in tasks]
    start = time.process_time()
    models = trained(tasks, make, RATES, head == "hidden")
    seconds = (time.process_time() - start) / len(tasks) / len(RATES)
    found = [
        [accuracies(model, tasks, part) for part in ("validation", "test")] for model in models
    ]
    validation, test = np.array(found).transpose(1, 0, 2)  # (rates, S) each
    for seed, best in enumerate(validation.argmax(0)):
        yield {
            **{"task": name, "fusion": fusion, "head": head, "seed": seed, "rate": RATES[best]},
            "validation": float(validation[best, seed]),
            "accuracy": float(test[best, seed]),
            "bayes": "" if tasks[seed].bayes is None else tasks[seed].bayes,
            "parameters": models[0].parameters,
            "seconds": seconds,
        }


def only(task, m):
    """The task with one modality; what is best then, the page says."""
    parts = {part: ({m: inputs[m]}, labels) for part, (inputs, labels) in task.parts.items()}
    return replace(task, parts=parts, bayes=None)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", choices=TASKS, action="append")
    asked = parser.parse_args().task or list(TASKS)
    import mmref.torch as wing

    RESULTS.parent.mkdir(exist_ok=True)
    for task, fusion, head in plan(wing):
        key = {"task": task, "fusion": fusion, "head": head, "seed": SEEDS - 1}
        if task in asked and not is_done(RESULTS, KEY, key):
            for row in list(runs(wing, task, fusion, head)):  # all of them or none
                append(RESULTS, FIELDS, row)
    settings = {"steps": _fusions.STEPS, "batch": _fusions.BATCH, "rates": RATES}
    settings |= {"width": _fusions.DIM, "hidden": _fusions.HIDDEN, "noise": _fusions.NOISE}
    about = machine() | settings
    RESULTS.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
