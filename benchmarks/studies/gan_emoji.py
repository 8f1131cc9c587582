"""How good are the pictures of a trained generator? Three numbers and their baselines.

    python -m scripts.study gan_emoji --folder _build/gan

The folder holds what ``scripts.train_gan`` wrote: torch.safetensors, keras.safetensors, and those
trained with R1, torch_r1.safetensors and keras_r1.safetensors; one of them at least. Each
generator draws 80 pictures of each group, from three seeds of the noise:

- label: the share of pictures whose group a judge recovers that has seen real pictures only. The
  mean over groups, so that large groups of real pictures count no more than small ones.
- diversity: within a group, beside that of the real pictures, which is 1.
- nearest: how far the median picture is from the nearest training picture, moved or not, in units
  of a pixel's range [-1, 1]; nearest_5, how far the twentieth part that is closest.

Baselines: an untrained generator, and real pictures of a fold that the judge has not seen, as they
are and moved as in the training. Their nearest is among the other folds, which hold other emoji.

The files are written anew, but for what they hold of trainings whose checkpoint is not in the
folder. Beside the rows: what was watched in the trainings, epoch by epoch, and the last pictures
of those that are not shipped.
"""

import argparse
import csv
import json
from pathlib import Path

import numpy as np

from benchmarks.studies import _record
from mmref.data import checkpoints, emoji, transforms
from mmref.data.adversarial import diversity, nearest
from scripts.train_gan import NETWORKS, RUNS, nudge, real_images

FOLDER = Path(__file__).parents[1] / "results"
SEEDS = (0, 1, 2)
EACH = 80  # pictures of each group
WATCHED = ("d_loss", "g_loss", "real_probability", "fake_probability")
FIELDS = ["pictures", "epochs", "seed", "label", "diversity", "nearest", "nearest_5"]


def features(pictures):
    """Pictures (N, 3, 32, 32) as rows of 16 x 16 means: (N, 768)."""
    small = transforms.resize(pictures, 16, layout="channels_first")
    return small.reshape(len(small), -1)


def label_judge(pictures, labels):
    """A logistic regression of the groups; a function from pictures and labels to its accuracy,
    the mean over groups."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import balanced_accuracy_score

    # The penalty was chosen on fold 1, in training on the folds 2 to 4: under a weaker one the
    # judge hardly knows a picture that was moved, as generated ones are.
    model = LogisticRegression(C=0.01, max_iter=1000).fit(features(pictures), labels)
    return lambda x, y: float(balanced_accuracy_score(y, model.predict(features(x))))


def drawn(framework, networks, checkpoint=None):
    """Pictures of each seed's noise, in evaluation mode: (3, N, 3, 32, 32), and labels (N,)."""
    run = RUNS[framework](networks, seed=0)  # of an untrained generator's weights
    if checkpoint is not None:
        checkpoint.into(run.models["generator"], "generator")
    size = networks["generator"]
    labels = np.repeat(np.arange(size["classes"]), EACH)
    shape = len(labels), size["latent"]
    noises = [np.random.default_rng(s).standard_normal(shape, dtype="float32") for s in SEEDS]
    return np.stack([run.draw(noise, labels) for noise in noises]), labels


class Measure:
    """The three numbers; what they need of the real pictures is prepared once."""

    def __init__(self):
        self.images, self.labels = real_images()
        folds = emoji.load(style="both", groups=emoji.EIGHT_GROUPS).folds
        self.test = folds == 0
        self.train = self.images[~self.test]
        self.judge = label_judge(self.train, self.labels[~self.test])
        self.diversity = diversity(self.images, self.labels)

    def __call__(self, sets, labels, training):
        """A row for each of several sets of pictures (S, N, 3, 32, 32) of the same labels (N,)."""
        distances, _ = nearest(sets.reshape(-1, *sets.shape[2:]), training)
        distances = distances.reshape(len(sets), -1)
        return [
            {
                "label": self.judge(pictures, labels),
                "diversity": float(diversity(pictures, labels) / self.diversity),
                "nearest": float(np.median(gaps)),
                "nearest_5": float(np.percentile(gaps, 5)),
            }
            for pictures, gaps in zip(sets, distances)
        ]


def rows(found):
    """All rows, for checkpoints by name."""
    measure = Measure()
    images, labels = measure.images[measure.test], measure.labels[measure.test]
    moved = np.stack([nudge(images, np.random.default_rng(seed)) for seed in SEEDS])
    # The real pictures as they are do not depend on a seed.
    yield from named("real, held out", "", measure(images[None], labels, measure.train))
    yield from named("real, held out, moved", "", measure(moved, labels, measure.train))
    untrained = drawn(next(iter(found.values())).config["framework"], NETWORKS)
    yield from named("untrained", 0, measure(*untrained, measure.images))
    for name, checkpoint in found.items():
        networks = {player: checkpoint.config[player] for player in NETWORKS}
        pictures = drawn(checkpoint.config["framework"], networks, checkpoint)
        scores = measure(*pictures, measure.images)
        yield from named(name, checkpoint.config["epochs"], scores)


def named(pictures, epochs, scores):
    """Rows with their key, and a line of means and deviations for who watches."""
    line = [f"{pictures:22}"]
    for name in scores[0]:
        numbers = [row[name] for row in scores]
        line.append(f"{name} {np.mean(numbers):.3f} ± {np.std(numbers, ddof=len(numbers) > 1):.3f}")
    print("  ".join(line), flush=True)
    for seed, row in zip(SEEDS, scores):
        yield {"pictures": pictures, "epochs": epochs, "seed": seed} | row


def save_strip(checkpoint, path):
    """The pictures kept after the last epoch, side by side: 16 of 32 x 32 pixels."""
    from PIL import Image

    strip = checkpoint.part("strip")
    Image.fromarray(np.concatenate(strip[max(strip, key=int)], axis=1)).save(path, optimize=True)


def save_rows(path, fields, rows):
    """Rows as CSV, their numbers with four digits."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fields, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()})


def histories(found):
    """A row for each epoch of each training."""
    for run, checkpoint in found.items():
        history = checkpoint.config["history"]
        for epoch in range(checkpoint.config["epochs"]):
            watched = {name: history[name][epoch] for name in WATCHED}
            yield {"framework": run, "epoch": epoch + 1} | watched


def environment(found, others):
    """Where and with what the rows were computed, and of which checkpoints, others included."""
    return _record.machine("scikit-learn", "pillow") | {
        "pictures of each group": EACH,
        "checkpoints": others
        | {
            name: {k: v for k, v in checkpoint.config.items() if k != "history"}
            for name, checkpoint in found.items()
        },
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path("_build/gan"), help="of checkpoints")
    parser.add_argument("--results", type=Path, default=FOLDER, help="folder to write to")
    options = parser.parse_args()
    names = [name for framework in RUNS for name in (framework, f"{framework}_r1")]
    paths = {name: options.folder / f"{name}.safetensors" for name in names}
    found = {name: checkpoints.load(path) for name, path in paths.items() if path.exists()}
    if not found:
        raise SystemExit(f"no checkpoint in {options.folder}; scripts.train_gan writes them")
    scores, history, record = (
        options.results / f"gan_emoji{end}" for end in (".csv", "_history.csv", ".json")
    )
    missing = paths.keys() - found.keys()
    table = list(rows(found)) + [r for r in _record.rows(scores) if r["pictures"] in missing]
    epochs = list(histories(found))
    epochs += [row for row in _record.rows(history) if row["framework"] in missing]
    others = json.loads(record.read_text())["checkpoints"] if record.exists() else {}
    options.results.mkdir(parents=True, exist_ok=True)
    save_rows(scores, FIELDS, table)
    save_rows(history, ["framework", "epoch", *WATCHED], epochs)
    record.write_text(json.dumps(environment(found, others), indent=1) + "\n")
    for name in found.keys() - {"torch"}:
        save_strip(found[name], options.results / f"gan_emoji_{name}.png")


if __name__ == "__main__":
    main()
