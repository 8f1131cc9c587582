"""Explanations where the truth is known: credit for modalities, and for pixels.

Modalities: tasks of ``mmref.data.interactions`` between "left" and "right", whose accuracy with
each set of them is known, and so are its Shapley values. A classifier is trained with both there
("plain"), or with each marked absent at a rate of 0.4 ("dropout"); ``value`` is what the Shapley
values of its measured accuracies give each modality.

Pixels: pictures of three objects, of which one is a star; the label is its color. The shapes of the
other two are others, their colors free, so they tell nothing of the label. A small network, whose
last map is pooled by attention, is trained; beside it one with random weights, one that has learned
random labels of a few pictures by heart, and one that was trained like the first, from another seed
and on other pictures. Each method explains the score of the star's color
in test pictures:

share   of what the method gives in absolute size, the part on pixels that the star touches
hit     how often the pixel that is given most is one of them
alike   the rank correlation of its map, in 8 x 8 cells, with that of the trained network
on ink  the same, of the cells with ink alone; in the run "beside ink", instead of another
        network's map, the ink in each cell
blank   how often it gives nothing anywhere: such a map counts as spread evenly, and not in alike

"everywhere", "ink" and "edges" look at the picture alone. Grad-CAM, attention, occlusion, LIME and
SHAP give 8 x 8 cells, not pixels: beside them stand the ink and the star's area "in cells". Rows
that are there are not computed again.

    make study NAME=explaining
"""

import json
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.studies._record import append, is_done, machine
from mmref.data import interactions, scenes
from mmref.reference.attribution import shapley_values
from mmref.seeding import seed_everything

RESULTS = Path(__file__).parents[1] / "results" / "explaining.csv"
KEY = ["framework", "run", "seed", "method"]
FIELDS = [*KEY, "share", "hit", "alike", "on ink", "blank", "value"]
SEEDS = 3

KINDS, NOISE, RATE_ABSENT = ("redundant", "additive", "parity"), {"left": 0.4, "right": 1.0}, 0.4
ROWS, EPOCHS = 4000, 8

PICTURES, FEW, SHOWN, TESTS = 2000, 48, 30, 500
STEPS, BATCH, RATE, WIDTH, CELLS, PATH = 400, 50, 6e-3, 12, 8, 16
SAMPLES = 300  # of LIME and SHAP, for each picture
RUNS = ("trained", "random weights", "random labels", "another seed")
ANOTHER = 100  # what is added to a seed for the last


# ---- modalities ----


def torch_game(task, test, rate, seed):
    """The accuracy with each coalition, (2^M,)."""
    import torch

    import mmref.torch as wing

    torch.set_num_threads(1)
    seed_everything(seed)
    model = _fused(wing, rate)
    adam = torch.optim.Adam(model.parameters(), 3e-3)
    wing.fit(model, adam, (task.inputs, task.labels), epochs=EPOCHS, seed=seed, progress=False)
    model.eval()
    with torch.no_grad():
        outputs = wing.coalition_outputs(model, {m: torch.tensor(x) for m, x in test.items()})
    return outputs.numpy()


def keras_game(task, test, rate, seed):
    import keras

    import mmref.keras as wing

    seed_everything(seed)
    model = _fused(wing, rate)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(3e-3), loss)
    model.fit(task.inputs, task.labels, epochs=EPOCHS, batch_size=64, verbose=0)
    return keras.ops.convert_to_numpy(wing.coalition_outputs(model, test))


def _fused(wing, rate):
    encoders = {m: wing.TableEncoder(8, 8, 32) for m in NOISE}
    fusion = wing.TensorFusion(dict.fromkeys(NOISE, 8), 16)
    dropout = dict.fromkeys(NOISE, rate) if rate else None
    return wing.FusionClassifier(encoders, fusion, 2, modality_dropout=dropout)


def game_rows(framework, kind, training, seed):
    task, test = (interactions.draw(ROWS, 2 * seed + part, kind, NOISE) for part in (0, 1))
    rate = RATE_ABSENT if training == "dropout" else 0
    outputs = GAME[framework](task, test.inputs, rate, seed)
    accuracies = (outputs.argmax(axis=2) == test.labels[:, None]).mean(axis=0)
    yield from zip(NOISE, ({"value": float(v)} for v in shapley_values(accuracies[None])[0]))


# ---- pictures ----


@cache
def stars(n, seed):
    """Pictures (N, 32, 32, 3), ink on black; colors (N,) of the star; its pixels (N, 32, 32); the
    pictures without the star, and without all else."""
    rng, others = np.random.default_rng(seed), [s for s in scenes.SHAPES if s != "star"]
    drawn = []
    for _ in range(n):
        shapes = ["star", *rng.choice(others, 2)]
        colors, places = rng.choice(scenes.COLORS, 3), rng.permutation(scenes.PLACES)[:3]
        drawn.append([("large", *map(str, one)) for one in zip(colors, shapes, places)])
    ink, alone = (
        1 - scenes.compose([objects[:count] for objects in drawn], seed).images / np.float32(255)
        for count in (3, 1)
    )
    colors = np.array([scenes.COLORS.index(objects[0][1]) for objects in drawn])
    return ink, colors, alone.max(axis=3) > 0, ink - alone, alone


def training_seed(run, seed):
    return seed + ANOTHER if run == "another seed" else seed


def learned(run, seed):
    """What a network is trained on: pictures and labels, or nothing."""
    x, y, *_ = stars(PICTURES, training_seed(run, seed))
    if run == "random labels":
        x, y = x[:FEW], np.random.default_rng(seed).integers(len(scenes.COLORS), size=FEW)
    return x, y, 0 if run == "random weights" else STEPS


class TorchNetwork:
    """A trained network as functions of NumPy arrays; images (B, 32, 32, 3)."""

    def __init__(self, run, seed):
        import torch
        from torch import nn

        class Looking(nn.Module):
            def __init__(self):
                super().__init__()
                w = WIDTH
                self.maps = nn.Sequential(
                    *(nn.Conv2d(3, w, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
                    *(nn.Conv2d(w, 2 * w, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
                    *(nn.Conv2d(2 * w, 2 * w, 3, padding=1), nn.ReLU()),
                )
                self.look, self.head = nn.Conv2d(2 * w, 1, 1), nn.Linear(2 * w, 6)

            def attention(self, maps):
                return self.look(maps).flatten(1).softmax(1)  # (B, H W)

            def read(self, maps):
                return self.head((maps.flatten(2) * self.attention(maps)[:, None]).sum(2))

            def forward(self, images):
                return self.read(self.maps(images))

        torch.set_num_threads(1)
        seed_everything(training_seed(run, seed))
        self.torch, self.model = torch, Looking()
        x, y, steps = learned(run, seed)
        x, y = self._images(x), torch.tensor(y)
        adam = torch.optim.Adam(self.model.parameters(), RATE)
        schedule = torch.optim.lr_scheduler.LambdaLR(adam, lambda i: 1 - i / STEPS)
        for _ in range(steps):
            rows = torch.randint(len(x), (BATCH,))
            loss = nn.functional.cross_entropy(self.model(x[rows]), y[rows])
            adam.zero_grad()
            loss.backward()
            adam.step()
            schedule.step()
        self.model.eval()

    def _images(self, x):
        return self.torch.tensor(np.moveaxis(x, 3, 1))

    def logits(self, x):
        with self.torch.no_grad():
            return self.model(self._images(x)).numpy()

    def slopes(self, x, y):
        x = self._images(x).requires_grad_()
        scores = self.model(x)[np.arange(len(y)), y].sum()
        return np.moveaxis(self.torch.autograd.grad(scores, x)[0].numpy(), 1, 3)

    def guided(self, x, y):
        from captum.attr import GuidedBackprop

        x = self._images(x).requires_grad_()
        found = GuidedBackprop(self.model).attribute(x, target=self.torch.tensor(y))
        return np.moveaxis(found.detach().numpy(), 1, 3)

    def inside(self, x, y):
        """Grad-CAM and attention, (B, H, W) each."""
        import mmref.torch as wing

        maps = self.model.maps(self._images(x)).detach().requires_grad_()
        scores = self.model.read(maps)[np.arange(len(y)), y].sum()
        (slopes,) = self.torch.autograd.grad(scores, maps)
        attention = self.model.attention(maps).view(len(x), *maps.shape[2:])
        return wing.grad_cam(maps, slopes).detach().numpy(), attention.detach().numpy()


class KerasNetwork:
    """The same in Keras, on TensorFlow."""

    def __init__(self, run, seed):
        import keras
        import tensorflow
        from keras import layers, ops

        class Looking(keras.Model):
            def __init__(self):
                super().__init__()
                w = WIDTH
                convolve = {"padding": "same", "activation": "relu"}
                self.maps = keras.Sequential(
                    [
                        layers.Input((32, 32, 3)),
                        *(layers.Conv2D(w, 3, **convolve), layers.MaxPooling2D()),
                        *(layers.Conv2D(2 * w, 3, **convolve), layers.MaxPooling2D()),
                        layers.Conv2D(2 * w, 3, **convolve),
                    ]
                )
                self.look, self.head = layers.Conv2D(1, 1), layers.Dense(6)

            def attention(self, maps):
                return ops.softmax(ops.reshape(self.look(maps), (len(maps), -1)))  # (B, H W)

            def read(self, maps):
                maps = maps if maps.shape[0] else ops.convert_to_tensor(maps)
                places = ops.reshape(maps, (-1, maps.shape[1] * maps.shape[2], maps.shape[3]))
                weights = ops.softmax(ops.reshape(self.look(maps), (-1, places.shape[1])))
                return self.head(ops.sum(places * weights[..., None], axis=1))

            def call(self, images):
                return self.read(self.maps(images))

        seed_everything(training_seed(run, seed))
        self.tf, self.ops, self.model = tensorflow, ops, Looking()
        x, y, steps = learned(run, seed)
        self.logits(x[:1])
        if steps:
            rate = keras.optimizers.schedules.PolynomialDecay(RATE, STEPS, 0.0)
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            self.model.compile(keras.optimizers.Adam(rate), loss)
            rng = np.random.default_rng(training_seed(run, seed))
            rows = rng.integers(len(x), size=steps * BATCH)
            self.model.fit(x[rows], y[rows], batch_size=BATCH, shuffle=False, verbose=0)

    def logits(self, x):
        return self.ops.convert_to_numpy(self.model(self.ops.array(x)))

    def slopes(self, x, y):
        x = self.ops.array(x)
        with self.tf.GradientTape() as tape:
            tape.watch(x)
            scores = self.tf.gather(self.model(x), y, batch_dims=1)
        return tape.gradient(scores, x).numpy()

    def guided(self, x, y):
        """The rectifiers let only positive gradients back."""

        @self.tf.custom_gradient
        def rectified(z):
            there = self.tf.cast(z > 0, z.dtype)
            return z * there, lambda grad: there * self.tf.nn.relu(grad)

        convolutions = [layer for layer in self.model.maps.layers if hasattr(layer, "activation")]
        before = [layer.activation for layer in convolutions]
        try:
            for layer in convolutions:
                layer.activation = rectified
            return self.slopes(x, y)
        finally:
            for layer, activation in zip(convolutions, before, strict=True):
                layer.activation = activation

    def inside(self, x, y):
        import mmref.keras as wing

        maps = self.model.maps(self.ops.array(x))
        with self.tf.GradientTape() as tape:
            tape.watch(maps)
            scores = self.tf.gather(self.model.read(maps), y, batch_dims=1)
        attention = self.ops.reshape(self.model.attention(maps), maps.shape[:3])
        return wing.grad_cam(maps, tape.gradient(scores, maps)).numpy(), attention.numpy()


# ---- methods ----


def maps_of(network, x, y):
    """Method -> (B, 32, 32), what it gives each pixel, in absolute size."""
    cam, attention = network.inside(x, y)
    slopes = network.slopes(x, y)
    path = [network.slopes((s + 0.5) / PATH * x, y) for s in range(PATH)]
    found = {
        "gradient": slopes,
        "gradient times input": slopes * x,
        "integrated gradients": x * np.mean(path, axis=0),
        "guided backpropagation": network.guided(x, y),
        "Grad-CAM": spread(cam),
        "attention": spread(attention),
        "occlusion": spread(occluded(network, x, y)),
    }
    for name, method in (("LIME", lime), ("SHAP", kernel_shap)):
        cells = [method(network, *one, seed) for seed, one in enumerate(zip(x, y))]
        found[name] = spread(np.array(cells).reshape(-1, CELLS, CELLS))
    return {n: np.abs(m if m.ndim == 3 else m.sum(axis=3)) for n, m in found.items()}


def spread(cells):
    """(B, h, w) -> (B, 32, 32), each cell evenly over its pixels."""
    size = 32 // cells.shape[1]
    return cells.repeat(size, axis=1).repeat(size, axis=2) / size**2


def kept(x, keep):
    """A picture (32, 32, 3) with some of its cells, by rows of 0 and 1: (N, 32, 32, 3)."""
    size = 32 // CELLS
    mask = keep.reshape(-1, CELLS, CELLS).repeat(size, axis=1).repeat(size, axis=2)
    return x * mask[..., None].astype("float32")


def occluded(network, x, y):
    """How far the score falls when a cell is painted over with paper, (B, cells, cells)."""
    keep = np.vstack([np.ones(CELLS**2), 1 - np.eye(CELLS**2)])
    scores = [network.logits(kept(one, keep))[:, label] for one, label in zip(x, y)]
    return np.array([s[0] - s[1:] for s in scores]).reshape(-1, CELLS, CELLS)


def lime(network, x, y, seed):
    """The slopes of a line through the scores of pictures that lack some cells: (cells,)."""
    from sklearn.linear_model import Ridge

    keep = np.random.default_rng(seed).integers(2, size=(SAMPLES, CELLS**2))
    near = np.exp(-(1 - keep.mean(axis=1)))
    scores = network.logits(kept(x, keep))[:, y]
    return Ridge(alpha=1.0).fit(keep, scores, sample_weight=near).coef_


def kernel_shap(network, x, y, seed):
    import shap

    np.random.seed(seed)  # noqa: NPY002, the one that shap draws from
    explainer = shap.KernelExplainer(
        lambda keep: network.logits(kept(x, keep))[:, y], np.zeros((1, CELLS**2))
    )
    return explainer.shap_values(
        np.ones((1, CELLS**2)), nsamples=SAMPLES, l1_reg=0, silent=True
    ).ravel()


def blind(x, star):
    """Method -> (B, 32, 32), of the picture alone, and of the truth as cells can show it."""
    gray = np.pad(x.sum(axis=3), ((0, 0), (1, 1), (1, 1)), mode="edge")
    down, right = gray[:, 2:, 1:-1] - gray[:, :-2, 1:-1], gray[:, 1:-1, 2:] - gray[:, 1:-1, :-2]
    return {
        "everywhere": np.ones(x.shape[:3]),
        "ink": (x.max(axis=3) > 0).astype(float),
        "ink, in cells": spread(in_cells(x.max(axis=3) > 0)),
        "star, in cells": spread(in_cells(star)),
        "edges": np.hypot(down, right),
    }


def in_cells(pixels):
    """(B, 32, 32) -> sums (B, cells, cells)."""
    size = 32 // CELLS
    return pixels.reshape(-1, CELLS, size, CELLS, size).sum(axis=(2, 4))


def measured(maps, star):
    """share, hit and blank of one method."""
    blank = maps.sum(axis=(1, 2)) == 0
    maps = np.where(blank[:, None, None], 1.0, maps)
    share = (maps * star).sum(axis=(1, 2)) / maps.sum(axis=(1, 2))
    # Where several pixels are given most, as in cells: the part of them that is on the star.
    most = maps >= maps.max(axis=(1, 2), keepdims=True)
    hit = (most * star).sum(axis=(1, 2)) / most.sum(axis=(1, 2))
    told = {"share": share.mean(), "hit": hit.mean(), "blank": blank.mean()}
    return {name: float(number) for name, number in told.items()}


def alike(maps, others, ink):
    """The mean rank correlation over pictures in which both give anything: of all cells, and of
    those with ink."""
    from scipy.stats import spearmanr

    found = []
    for a, b, there in zip(*(in_cells(one) for one in (maps, others, ink))):
        pairs = (a.ravel(), b.ravel()), (a[there > 0], b[there > 0])
        if all(np.ptp(part) > 0 for pair in pairs for part in pair):
            found.append([spearmanr(*pair).statistic for pair in pairs])
    means = np.mean(found, axis=0) if found else (np.nan, np.nan)
    return {"alike": float(means[0]), "on ink": float(means[1])}


def picture_rows(framework, seed, runs=RUNS):
    """(run, method, measures) of a seed's networks, the trained one first."""
    shown = [part[:SHOWN] for part in stars(TESTS, 1000 + seed)]
    x, y, star = shown[:3]
    ink, maps = x.max(axis=3) > 0, {}
    for run in runs:
        network = NETWORK[framework](run, seed)
        for name, value in facts(network, run, seed):
            yield run, name, {"value": value}
        maps[run] = maps_of(network, x, y)
        for method, of in maps[run].items():
            row = measured(of, star)
            if run != "trained":
                row |= alike(of, maps["trained"][method], ink)
            yield run, method, row
    for method, of in maps["trained"].items():
        yield "beside ink", method, alike(of, ink.astype(float), ink)
    for method, of in blind(x, star).items():
        yield "trained", method, measured(of, star)


def facts(network, run, seed):
    """How often a network is right: on its training rows, on others, and with objects gone."""

    def right(x, y):
        return float((network.logits(x).argmax(axis=1) == y).mean())

    x, y, _ = learned(run, seed)
    whole, color, _, without, alone = stars(TESTS, 1000 + seed)
    yield "accuracy in training", right(x[:TESTS], y[:TESTS])
    yield "accuracy", right(whole, color)
    yield "accuracy without the star", right(without, color)
    yield "accuracy without the others", right(alone, color)


GAME = {"torch": torch_game, "keras": keras_game}
NETWORK = {"torch": TorchNetwork, "keras": KerasNetwork}


def main():
    for seed in range(SEEDS):
        for framework in GAME:
            key = {"framework": framework, "seed": seed}
            for kind in KINDS:
                for training in ("plain", "dropout"):
                    run = key | {"run": f"{kind}, {training}"}
                    if not is_done(RESULTS, KEY, run | {"method": "right"}):
                        for method, row in list(game_rows(framework, kind, training, seed)):
                            append(RESULTS, FIELDS, run | {"method": method} | row)
            last = key | {"method": "SHAP"}
            left = [run for run in RUNS if not is_done(RESULTS, KEY, last | {"run": run})]
            if not left and is_done(RESULTS, KEY, key | {"run": "trained", "method": "edges"}):
                continue
            runs = dict.fromkeys(["trained", *left])  # with the first the others are compared
            for run, method, row in list(picture_rows(framework, seed, runs)):
                this = key | {"run": run, "method": method}
                if not is_done(RESULTS, KEY, this):
                    append(RESULTS, FIELDS, this | row)
    about = machine("captum", "shap", "scikit-learn") | {"pictures": SHOWN, "noise": NOISE}
    RESULTS.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
