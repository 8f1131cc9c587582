"""Measure the scenes: speed, the oracle under noise and blur, the best accuracy of two views.

    python -m benchmarks.scenes         everything
    python -m benchmarks.scenes speed   some of it: speed oracle views

Prints Markdown tables. Speed is processor time of this process on one core, best of three.
"""

import sys
import time

import numpy as np

from mmref.data import scenes

RATES = {"image_noise": 0.2, "text_noise": 0.3, "image_hidden": 0.1, "label_noise": 0.1}


def table(rows: list[dict]) -> None:
    """Print rows with the same keys as a Markdown table."""
    print("|", " | ".join(rows[0]), "|")
    print("|" + "---|" * len(rows[0]))
    for row in rows:
        cells = (
            f"{value:.3f}" if isinstance(value, float) else f"{value}" for value in row.values()
        )
        print("|", " | ".join(cells), "|")
    print()


def rate(n: int, function) -> int:
    """Scenes a second."""
    function()
    best = np.inf
    for _ in range(3):
        start = time.process_time()
        function()
        best = min(best, time.process_time() - start)
    return round(n / best)


def speed() -> None:
    """How many scenes a second each part makes or reads."""
    n = 2000
    rows = []
    for side in scenes.SIDES:
        data = scenes.generate(n, 0, side)
        parts = {
            "generate": lambda side=side: scenes.generate(n, 0, side),
            "questions": lambda side=side: scenes.questions(n, 0, side=side),
            "two_views": lambda side=side: scenes.two_views(n, 0, side=side),
            "captions": lambda data=data: scenes.captions(data, 0),
            "read": lambda data=data: scenes.read(data.images),
        }
        rows.append({"side": side} | {name: rate(n, part) for name, part in parts.items()})
    table(rows)


def oracle() -> None:
    """What the oracle reads right of pictures with noise and blur."""
    for side, blur in ((32, (0.0, 0.5, 1.0, 2.0)), (64, (0.0, 1.0, 2.0, 4.0))):
        table(scenes.robustness(500, 0, side, noise=(0.0, 0.1, 0.2, 0.3), blur=blur))


def views() -> None:
    """The best accuracy by theory, and that of the rules counted on half of 40,000 samples."""
    n, rows = 40_000, []
    for setting in scenes.SETTINGS:
        task = scenes.two_views(n, 0, setting, 4, **RATES)
        half = slice(0, n // 2)
        counts = np.zeros(task.joint.table.shape)
        np.add.at(counts, (task.labels[half], task.shown[half], task.named[half]), 1)
        shape = counts.shape[1:]
        rules = {
            "image": np.broadcast_to(counts.sum(2).argmax(0)[:, None], shape),
            "text": np.broadcast_to(counts.sum(1).argmax(0), shape),
            "both": counts.argmax(0),
        }
        row = {"setting": setting}
        for view, rule in rules.items():
            right = (rule[task.shown, task.named] == task.labels)[n // 2 :]
            row |= {view: task.joint.accuracy()[view], f"{view}, counted": float(right.mean())}
        bits = task.joint.information()
        rows.append(row | {f"I({view}), bits": value for view, value in bits.items()})
    table(rows)


PARTS = {"speed": speed, "oracle": oracle, "views": views}

if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
