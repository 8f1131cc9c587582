"""Several tasks on small pictures: shared or apart, weighted or not, with few labels, with words.

The data are the chapter's: 16 x 16 cuts around one object; tasks "color" (6 classes), "shape" (5),
"place" (x and y of its middle, in percent of the side) and "pointed" (a triangle or a star).
A ``run`` is a network with two convolutions, a dense layer that its tasks share, and a linear head
for each of them:

alone ...         a network for each task, whole or with a third of the parameters ("small")
shared, ...       one for color, shape and place; place in percent, or standardized; the losses
                  added, weighted by uncertainty (learned from 0, also with 20 times the rate, or
                  from what suits the first losses), their logarithms added, or with conflicts
                  projected away (PCGrad: in an order that PyTorch draws in each step, and Keras
                  once, as it traces its step); and PyTorch's with the first weights drawn as Keras
                  draws them
few: ...          a task with few labels, alone or with another task that has all; each step takes
                  as many rows of the few in both
words: ...        the caption's words join the maps: one task, or three
..., 1600 steps   four times as long, PyTorch only: is a task that others drown only late?

Numbers are shares of 2,000 test pictures that are right; for place the mean distance in percent of
the side. ``against``: the share of steps in which the gradients of two tasks, for what they share,
point against each other. All runs of a seed see the same rows in the same order.

    make study NAME=multitask
"""

import json
import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.studies._record import append, is_done, machine
from mmref.data import scenes
from mmref.seeding import seed_everything

RESULTS = Path(__file__).parents[1] / "results" / "multitask.csv"
OUTPUTS = {"color": 6, "shape": 5, "place": 2, "pointed": 2}
KEY = ["framework", "run", "seed"]
PAIRS = ("color-shape", "color-place", "shape-place")
FIELDS = [*KEY, "parameters", *OUTPUTS, *(f"s {task}" for task in OUTPUTS)]
FIELDS += [*(f"against {pair}" for pair in PAIRS), "seconds"]
THREE, POINTED = ("color", "shape", "place"), ("triangle", "star")
LONGER = 4
ROWS, TESTS, STEPS, BATCH, RATE, SEEDS = 1500, 2000, 400, 50, 6e-3, 3
WIDTH, SMALL = (12, 64), (7, 34)  # channels of the first convolution, length of what is shared
MIDDLE, SPREAD = 50, 20  # of places, in percent


@dataclass(frozen=True)
class Run:
    """tasks: the first is the one with few ``labels``, 0 for all."""

    tasks: tuple = THREE
    percent: bool = False
    weights: str = "added"
    labels: int = 0
    words: bool = False
    width: tuple = WIDTH
    glorot: bool = False  # in PyTorch; Keras begins so by itself
    longer: int = 1  # as many times the steps; in PyTorch
    faster: int = 1  # as many times the rate for the variances; in PyTorch

    @property
    def steps(self):
        return self.longer * STEPS

    @property
    def frameworks(self):
        return ("torch",) if self.glorot or self.longer * self.faster > 1 else ("torch", "keras")


RUNS = {f"alone: {task}": Run((task,)) for task in THREE}
RUNS |= {f"alone, small: {task}": Run((task,), width=SMALL) for task in THREE}
RUNS |= {
    "alone, percent: place": Run(("place",), percent=True),
    "shared, percent, added": Run(percent=True),
    "shared, percent, from 0": Run(percent=True, weights="from 0"),
    "shared, percent, from 0, faster": Run(percent=True, weights="from 0", faster=20),
    "shared, percent, from the first losses": Run(percent=True, weights="from the first losses"),
    "shared, added": Run(),
    "shared, added, begun as in Keras": Run(glorot=True),
    "shared, logarithms": Run(weights="logarithms"),
    "shared, projected": Run(weights="projected"),
    "words: shape": Run(("shape",), words=True),
    "words: three": Run(words=True),
}
for main, labels, others in (
    ("pointed", 50, ("shape", "color")),
    ("shape", 200, ("place", "color")),
):
    RUNS[f"few: {main}, {labels}"] = Run((main,), labels=labels)
    for other in others:
        RUNS[f"few: {main}, {labels}, {other}"] = Run((main, other), labels=labels)
for name in ("shared, added", "few: shape, 200", "few: shape, 200, color"):
    RUNS[f"{name}, {LONGER * STEPS} steps"] = replace(RUNS[name], longer=LONGER)


# ---- the data ----


@cache
def data(n, seed):
    """Pictures (N, 16, 16, 3) on black, words (N, V) of 0 and 1, and what is asked of each."""
    drawn = scenes.generate(n, seed, objects=(1, 1))
    objects, rng = drawn.objects, np.random.default_rng(seed)
    padded = np.pad(1 - drawn.images / np.float32(255), ((0, 0), (12, 12), (12, 12), (0, 0)))
    corner = np.floor(objects.centers[:, 0]).astype(int) + 4 + rng.integers(-3, 4, (n, 2))
    images = [p[y : y + 16, x : x + 16] for p, (x, y) in zip(padded, corner, strict=True)]
    place = (100 / 16 * (objects.centers[:, 0] + 12 - corner)).astype("float32")
    texts = scenes.captions(drawn, seed, kind="one").texts
    names = (*scenes.SIZES, *scenes.COLORS, *scenes.SHAPES)
    words = np.array([[name in text.split() for name in names] for text in texts], "float32")
    asked = {"color": objects.colors[:, 0], "shape": objects.shapes[:, 0], "place": place}
    asked["pointed"] = np.isin(asked["shape"], [scenes.SHAPES.index(s) for s in POINTED]).astype(
        int
    )
    return np.stack(images), words, asked


def plan(run, seed):
    """All steps in a row: pictures, words, targets by task, and what is labelled (steps, B, K)."""
    images, words, asked = data(ROWS, seed)
    rng = np.random.default_rng(seed)
    if run.labels:
        order = rng.integers(run.labels, size=(run.steps, BATCH))
        if len(run.tasks) > 1:  # as many of all others
            order = np.hstack([order, rng.integers(run.labels, ROWS, (run.steps, BATCH))])
    else:
        epochs = -(-run.steps * BATCH // ROWS)
        order = np.concatenate([rng.permutation(ROWS) for _ in range(epochs)])[: run.steps * BATCH]
        order = order.reshape(run.steps, BATCH)
    labelled = np.ones((*order.shape, len(run.tasks)), bool)
    if run.labels:
        labelled[..., 0] = order < run.labels
    targets = {task: asked[task] for task in run.tasks}
    if "place" in targets and not run.percent:
        targets["place"] = (targets["place"] - MIDDLE) / np.float32(SPREAD)
    taken = order.ravel()
    return images[taken], words[taken], {t: y[taken] for t, y in targets.items()}, labelled


def kinds(run):
    return ["regression" if task == "place" else "classification" for task in run.tasks]


def starts(run, losses):
    """The logarithms of the variances that suit these losses."""
    factors = [2 if kind == "classification" else 1 for kind in kinds(run)]
    return np.log(np.array(factors) * losses)


def shares_against(shares):
    """(K, K), in how many steps two tasks were against each other, by the names of the pairs."""
    places = {"color-shape": (0, 1), "color-place": (0, 2), "shape-place": (1, 2)}
    return {f"against {pair}": float(shares[place]) for pair, place in places.items()}


# ---- PyTorch ----


def torch_run(run, seed):
    """What it says of test pictures, its parameters, and what else is to be told."""
    import torch
    from torch import nn

    import mmref.torch as wing

    class Shared(nn.Module):
        def __init__(self):
            super().__init__()
            c, d = run.width
            self.maps = nn.Sequential(
                *(nn.Conv2d(3, c, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
                *(nn.Conv2d(c, 2 * c, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
            )
            self.dense = nn.LazyLinear(d)
            self.heads = nn.ModuleDict({task: nn.Linear(d, OUTPUTS[task]) for task in run.tasks})

        def forward(self, images, words):
            maps = self.maps(images.permute(0, 3, 1, 2))
            z = self.dense(torch.cat([maps, words], 1) if run.words else maps).relu()
            return {task: head(z) for task, head in self.heads.items()}

    def losses(y, targets, labelled):
        each = [
            (y[task] - targets[task]).square().mean(dim=1)
            if task == "place"
            else nn.functional.cross_entropy(y[task], targets[task], reduction="none")
            for task in run.tasks
        ]
        return wing.masked_task_loss(torch.stack(each, dim=1), labelled)

    torch.set_num_threads(1)
    seed_everything(seed)
    images, words, targets, labelled = plan(run, seed)
    size = labelled.shape[1]
    batches = [torch.tensor(part).split(size) for part in (images, words)]
    asked = {task: torch.tensor(y).split(size) for task, y in targets.items()}
    labelled = torch.tensor(labelled)
    model, weigh = Shared(), wing.UncertaintyWeighting(kinds(run))

    def of_step(i):
        y = model(batches[0][i], batches[1][i])
        return losses(y, {task: y[i] for task, y in asked.items()}, labelled[i])

    first = of_step(0).detach()
    if run.glorot:
        for p in model.parameters():
            nn.init.xavier_uniform_(p) if p.ndim > 1 else nn.init.zeros_(p)
    if run.weights == "from the first losses":
        weigh.log_variances.data = torch.tensor(starts(run, first.numpy()), dtype=torch.float32)
    shared = [*model.maps.parameters(), *model.dense.parameters()]
    variances = {"params": weigh.parameters(), "lr": run.faster * RATE}
    optimizer = torch.optim.Adam([{"params": model.parameters()}, variances], RATE)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: 1 - i / run.steps)
    cosines = []
    for i in range(run.steps):
        loss = of_step(i)
        optimizer.zero_grad()
        if run.weights == "projected":
            grads = [torch.autograd.grad(one, shared, retain_graph=True) for one in loss]
            g = torch.stack([torch.cat([part.flatten() for part in of]) for of in grads])
            cosines.append(wing.cosine_similarities(g, g).numpy())
            loss.sum().backward()
            left = wing.project_conflicts(g, torch.randperm(len(g)).tolist()).sum(dim=0)
            for p, part in zip(shared, left.split([p.numel() for p in shared]), strict=True):
                p.grad = part.view_as(p)
        elif run.weights == "logarithms":
            (loss.log().sum() / 2).backward()
        else:
            (loss if run.weights == "added" else weigh(loss)).sum().backward()
        optimizer.step()
        schedule.step()
    parameters = sum(p.numel() for p in model.parameters())
    more = shares_against((np.array(cosines) < 0).mean(axis=0)) if cosines else {}
    told = zip(run.tasks, weigh.log_variances.tolist(), strict=True)
    more |= {f"s {task}": s for task, s in told}

    def says(images, words):
        with torch.no_grad():
            y = model(torch.tensor(images), torch.tensor(words))
        return {task: one.numpy() for task, one in y.items()}

    return says, parameters, more


# ---- Keras ----


def keras_run(run, seed):
    import keras
    import tensorflow as tf
    from keras import layers, ops

    import mmref.keras as wing

    class Several(keras.Model):
        def __init__(self):
            super().__init__()
            c, d = run.width
            self.maps = keras.Sequential(
                [
                    layers.Input((16, 16, 3)),
                    layers.Conv2D(c, 3, padding="same", activation="relu"),
                    layers.MaxPooling2D(),
                    layers.Conv2D(2 * c, 3, padding="same", activation="relu"),
                    layers.MaxPooling2D(),
                    layers.Flatten(),
                ]
            )
            self.dense = layers.Dense(d, activation="relu")
            self.heads = {task: layers.Dense(OUTPUTS[task]) for task in run.tasks}
            self.weigh = wing.UncertaintyWeighting(kinds(run))
            self.weigh.build(None)
            self.weigh.trainable = run.weights.startswith("from")

        def call(self, inputs):
            maps = self.maps(inputs["images"])
            z = self.dense(ops.concatenate([maps, inputs["words"]], 1) if run.words else maps)
            return {task: head(z) for task, head in self.heads.items()}

        def losses(self, y, y_pred):
            each = [
                ops.mean(ops.square(y_pred[task] - y[task]), axis=1)
                if task == "place"
                else keras.losses.sparse_categorical_crossentropy(
                    y[task], y_pred[task], from_logits=True
                )
                for task in run.tasks
            ]
            return wing.masked_task_loss(ops.stack(each, axis=1), y["labelled"])

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            loss = self.losses(y, y_pred)
            if run.weights == "logarithms":
                return ops.sum(ops.log(loss)) / 2
            return ops.sum(loss if run.weights in ("added", "projected") else self.weigh(loss))

    class Projected(Several):
        def __init__(self):
            super().__init__()
            shape = 2 * (len(run.tasks),)
            self.against = self.add_weight(shape=shape, initializer="zeros", trainable=False)

        def train_step(self, data):
            x, y = data
            shared = [*self.maps.trainable_variables, *self.dense.trainable_variables]
            with tf.GradientTape(persistent=True) as tape:
                losses = tf.unstack(self.losses(y, self(x, training=True)), num=len(run.tasks))
                loss = tf.add_n(losses)
            grads = [tape.gradient(one, shared) for one in losses]
            g = tf.stack([tf.concat([tf.reshape(part, [-1]) for part in of], 0) for of in grads])
            self.against.assign_add(tf.cast(wing.cosine_similarities(g, g) < 0, tf.float32))
            left = tf.reduce_sum(wing.project_conflicts(g, order), axis=0)
            parts = tf.split(left, [int(np.prod(v.shape)) for v in shared])
            pairs = [(tf.reshape(part, v.shape), v) for part, v in zip(parts, shared, strict=True)]
            heads = [v for head in self.heads.values() for v in head.trainable_variables]
            pairs += zip(tape.gradient(loss, heads), heads, strict=True)
            self.optimizer.apply_gradients(pairs)
            return {"loss": loss}

    seed_everything(seed)
    images, words, targets, labelled = plan(run, seed)
    size, order = labelled.shape[1], np.random.permutation(len(run.tasks)).tolist()
    model = (Projected if run.weights == "projected" else Several)()
    x = {"images": images, "words": words}
    y = targets | {"labelled": labelled.reshape(-1, len(run.tasks))}
    first = [{name: part[:size] for name, part in arrays.items()} for arrays in (x, y)]
    losses = ops.convert_to_numpy(model.losses(first[1], model(first[0])))
    if run.weights == "from the first losses":
        model.weigh.log_variances.assign(starts(run, losses))
    rate = keras.optimizers.schedules.PolynomialDecay(RATE, STEPS, 0.0)
    model.compile(keras.optimizers.Adam(rate))
    model.fit(x, y, batch_size=size, shuffle=False, verbose=0)
    held = model.weigh.count_params()
    against = run.weights == "projected"
    more = shares_against(ops.convert_to_numpy(model.against) / STEPS) if against else {}
    told = zip(run.tasks, ops.convert_to_numpy(model.weigh.log_variances), strict=True)
    more |= {f"s {task}": float(s) for task, s in told}

    def says(images, words):
        y = model({"images": images, "words": words})
        return {task: ops.convert_to_numpy(one) for task, one in y.items()}

    if against:
        held += model.against.shape.num_elements()
    return says, model.count_params() - held, more


# ---- rows ----

RUN = {"torch": torch_run, "keras": keras_run}


def row(framework, name, seed):
    run, start = RUNS[name], time.process_time()
    says, parameters, more = RUN[framework](run, seed)
    seconds = time.process_time() - start
    images, words, asked = data(TESTS, 1000 + seed)
    found = {}
    for task, y in says(images, words).items():
        if task == "place":
            y = y if run.percent else MIDDLE + SPREAD * y
            found[task] = float(np.linalg.norm(y - asked[task], axis=1).mean())
        else:
            found[task] = float((y.argmax(axis=1) == asked[task]).mean())
    weighted = run.weights.startswith("from")
    more = {n: v for n, v in more.items() if weighted or not n.startswith("s ")}
    return {"parameters": parameters} | found | more | {"seconds": seconds}


def main():
    for seed in range(SEEDS):
        for framework in RUN:
            for name, run in RUNS.items():
                if framework not in run.frameworks:
                    continue
                key = {"framework": framework, "run": name, "seed": seed}
                if not is_done(RESULTS, KEY, key):
                    append(RESULTS, FIELDS, key | row(framework, name, seed))
    about = machine() | {
        "rows": ROWS,
        "steps": STEPS,
        "longer": LONGER,
        "batch": BATCH,
        "rate": RATE,
    }
    RESULTS.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
