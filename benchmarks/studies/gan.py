"""GANs where the truth is known: the best discriminator, and the modes of a ring.

Part "density": a discriminator between samples of two known densities, in one and in two
dimensions, ever closer to each other; how far it is from the best one, and the Jensen-Shannon
divergence read off its loss, beside the exact one.

Part "ring": generators of eight Gaussians on a ring with every loss, with what is said to help and
with what makes a training sick; what can be watched after every epoch.

Every row is one training. Rows that are there are not computed again.
"""

import argparse
import json
import time
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.studies._record import append, is_done, machine
from mmref.data.adversarial import AdversarialBatches, ring, ring_scores
from mmref.reference.adversarial import jensen_shannon_divergence, optimal_discriminator
from mmref.seeding import seed_everything

FOLDER = Path(__file__).parents[1] / "results"
DENSITY, RING = FOLDER / "gan_density.csv", FOLDER / "gan_ring.csv"
SEEDS = (0, 1, 2)

# ---- densities: p is fixed, q comes closer to it in steps t from 0 to 1 ----

STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)
# In two dimensions there is more to learn: four times the samples, three times the steps.
COUNT, EPOCHS = {1: 400_000, 2: 1_600_000}, {1: 10, 2: 8}
BATCH, RATE = 2000, 1e-2
DENSITY_KEY = ["framework", "dimensions", "t", "seed"]
DENSITY_FIELDS = [*DENSITY_KEY, "largest_gap", "mean_gap", "estimate", "exact", "seconds"]


def gaussian(x, center, deviation):
    """The density of a round Gaussian at the points x (N, d)."""
    d = x.shape[1]
    squares = ((x - center) ** 2).sum(axis=1) / deviation**2
    return np.exp(-squares / 2) / (2 * np.pi * deviation**2) ** (d / 2)


def real_centers(dimensions):
    """p: equal parts around these, of deviation 1."""
    corners = np.array(list(product((-2.0, 2.0), repeat=dimensions)))
    return corners[[0, -1]]


def real_density(x):
    return np.mean([gaussian(x, c, 1.0) for c in real_centers(x.shape[1])], axis=0)


def fake_density(x, t):
    """q: parts around points that move from 0 to those of p, of a deviation that goes to 1."""
    return np.mean([gaussian(x, t * c, 2.0 - t) for c in real_centers(x.shape[1])], axis=0)


def samples(dimensions, t, rng):
    """Points (N, d) of p and as many of q, in float32."""
    centers, count = real_centers(dimensions), COUNT[dimensions]
    p = centers[rng.integers(2, size=count)] + rng.normal(size=(count, dimensions))
    q = t * centers[rng.integers(2, size=count)]
    q = q + (2.0 - t) * rng.normal(size=(count, dimensions))
    return p.astype("float32"), q.astype("float32")


def grid(dimensions, points=121, limit=9.0):
    """Points (N, d) of a grid, and what each stands for."""
    axis = np.linspace(-limit, limit, points)
    mesh = np.stack(np.meshgrid(*[axis] * dimensions, indexing="ij"), axis=-1)
    return mesh.reshape(-1, dimensions), (axis[1] - axis[0]) ** dimensions


def torch_judge(p, q, seed):
    """Train a discriminator in PyTorch; a function from points to logits."""
    import torch

    import mmref.torch as wing

    seed_everything(seed)
    nn = torch.nn
    model = nn.Sequential(
        nn.Linear(p.shape[1], 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1)
    )
    epochs = EPOCHS[p.shape[1]]
    steps = epochs * (len(p) // BATCH)
    optimizer = torch.optim.Adam(model.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    real, fake = torch.tensor(p), torch.tensor(q)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        orders = [torch.randperm(len(p), generator=generator).split(BATCH) for _ in range(2)]
        for r, f in zip(*orders):
            loss = wing.minimax_discriminator_loss(model(real[r]), model(fake[f]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return lambda x: model(torch.tensor(x, dtype=torch.float32)).detach().numpy()[:, 0]


def keras_judge(p, q, seed):
    """The same in Keras: a model with its loss on board, by ``compile`` and ``fit``."""
    import mmref.keras as wing  # first: it keeps TensorFlow quiet

    import keras  # isort: skip

    class Judged(keras.Model):
        """As many real examples as fakes in every batch, unlike a classifier of shuffled ones."""

        def __init__(self, judge):
            super().__init__()
            self.judge = judge

        def call(self, pair):
            real, fake = (self.judge(x) for x in pair)
            self.add_loss(wing.minimax_discriminator_loss(real, fake))
            return real

    keras.utils.clear_session()
    seed_everything(seed)

    def dense(inputs, outputs, activation=None):
        # PyTorch's start. Keras's biases start at 0, so every first unit bends at the origin.
        bound = inputs**-0.5
        start = keras.initializers.RandomUniform(-bound, bound)
        return keras.layers.Dense(
            outputs, activation, kernel_initializer=start, bias_initializer=start
        )

    layers = [dense(p.shape[1], 64, "tanh"), dense(64, 64, "tanh"), dense(64, 1)]
    judge = keras.Sequential([keras.Input((p.shape[1],)), *layers])
    epochs = EPOCHS[p.shape[1]]
    steps = epochs * (len(p) // BATCH)
    model = Judged(judge)
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(RATE, steps)))
    model.fit((p, q), batch_size=BATCH, epochs=epochs, verbose=0)
    return lambda points: judge.predict(points.astype("float32"), 4096, verbose=0)[:, 0]


JUDGES = {"torch": torch_judge, "keras": keras_judge}


def density(frameworks, seeds):
    """All rows of the part."""
    for seed, framework, dimensions, t in product(seeds, frameworks, (1, 2), STEPS):
        row = {"framework": framework, "dimensions": dimensions, "t": t, "seed": seed}
        if is_done(DENSITY, DENSITY_KEY, row):
            continue
        start = time.perf_counter()
        p, q = samples(dimensions, t, np.random.default_rng([seed, dimensions]))
        judge = JUDGES[framework](p, q, seed)
        x, cell = grid(dimensions, 1201 if dimensions == 1 else 121)
        real, fake = real_density(x), fake_density(x, t)
        gaps = np.abs(1 / (1 + np.exp(-judge(x))) - optimal_discriminator(real, fake))
        both = (real + fake) / 2
        lives = both > level_of_mass(both * cell, 0.95) / cell
        # New samples: on those it was trained on, a discriminator looks better than it is.
        p, q = samples(dimensions, t, np.random.default_rng([seed, dimensions, 1]))
        loss = np.logaddexp(0, -judge(p)).mean() + np.logaddexp(0, judge(q)).mean()
        row |= {
            "largest_gap": float(gaps[lives].max()),
            "mean_gap": float((gaps * both).sum() * cell),
            "estimate": (np.log(4) - loss) / 2,
            "exact": jensen_shannon_divergence(real, fake, cell),
        }
        append(DENSITY, DENSITY_FIELDS, row | {"seconds": round(time.perf_counter() - start)})


def level_of_mass(masses, share):
    """The mass of the smallest cell among those that, largest first, hold this share."""
    ordered = np.sort(masses)[::-1]
    return ordered[np.searchsorted(np.cumsum(ordered), share)]


# ---- the ring ----

VARIANTS = {
    "minimax": {"loss": "minimax"},
    "non-saturating": {"loss": "non-saturating"},
    "least squares": {"loss": "least squares"},
    "hinge": {"loss": "hinge"},
    "wasserstein, penalty": {"loss": "wasserstein", "penalty": 1.0, "critic_steps": 5},
    "non-saturating, R1": {"loss": "non-saturating", "r1": 1.0},
    # The crossings: the other losses with R1.
    "minimax, R1": {"loss": "minimax", "r1": 1.0},
    "least squares, R1": {"loss": "least squares", "r1": 1.0},
    "hinge, R1": {"loss": "hinge", "r1": 1.0},
    # Sick on purpose: a discriminator far ahead of the generator, and one that can tell too little.
    "minimax, 10 steps ahead": {"loss": "minimax", "critic_steps": 10},
    "non-saturating, narrow D": {"loss": "non-saturating"},
}
NARROW = 16  # hidden units of the discriminator that can tell too little
LATENT, WIDTH, RING_BATCH, POINTS, RING_EPOCHS = 8, 128, 128, 12_800, 30
LOSSES = ("d_loss", "g_loss", "real_probability", "fake_probability")
RING_KEY = ["framework", "variant", "seed", "epoch"]  # an epoch has 100 steps of the generator
RING_FIELDS = [*RING_KEY, "modes", "quality", "moved", *LOSSES, "seconds"]


def torch_ring(variant, seed, look):
    """Train a GAN in PyTorch; ``look(epoch, points, history)`` after some epochs."""
    import torch

    from mmref.torch.gan import GAN

    def network(inputs, outputs, width=WIDTH):
        nn = torch.nn
        hidden = [nn.Linear(inputs, width), nn.LeakyReLU(0.2), nn.Linear(width, width)]
        return nn.Sequential(*hidden, nn.LeakyReLU(0.2), nn.Linear(width, outputs))

    seed_everything(seed)
    judge = network(2, 1, judge_width(variant))
    gan = GAN(network(LATENT, 2), judge, rate=1e-3, **VARIANTS[variant])
    noise = torch.tensor(np.random.default_rng(1).normal(size=(4000, LATENT)).astype("float32"))

    def after(gan):
        with torch.no_grad():
            look(gan.epoch, gan.generator(noise).numpy(), gan.history)

    gan.fit(ring_batches(variant, seed), RING_EPOCHS, after, progress=False)


def keras_ring(variant, seed, look):
    """The same in Keras."""
    import mmref.keras as wing  # noqa: F401  (first: it keeps TensorFlow quiet)
    from mmref.keras.gan import GAN

    import keras  # isort: skip

    keras.utils.clear_session()

    def network(inputs, outputs, width=WIDTH):
        layers = [keras.Input((inputs,))]
        for _ in range(2):
            layers += [dense(width), keras.layers.LeakyReLU(0.2)]
        return keras.Sequential([*layers, dense(outputs)])

    def dense(width):
        start = keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")  # PyTorch's
        return keras.layers.Dense(width, kernel_initializer=start)

    seed_everything(seed)
    judge = network(2, 1, judge_width(variant))
    gan = GAN(network(LATENT, 2), judge, rate=1e-3, **VARIANTS[variant])
    noise = np.random.default_rng(1).normal(size=(4000, LATENT)).astype("float32")
    history = {name: [] for name in LOSSES}

    def after(epoch, logs):
        for name in history:
            history[name].append(float(logs[name]))
        look(epoch + 1, np.asarray(gan.generator(noise)), history)

    gan.compile()
    follow = keras.callbacks.LambdaCallback(on_epoch_end=after)
    gan.fit(ring_batches(variant, seed), RING_EPOCHS, callbacks=[follow], verbose=0)


def judge_width(variant):
    return NARROW if "narrow" in variant else WIDTH


def ring_batches(variant, seed):
    """As many steps of the generator for every variant: a critic's own steps cost more points."""
    share = VARIANTS[variant].get("critic_steps", 1)
    points = ring(share * POINTS, seed)
    return AdversarialBatches(points, None, LATENT, share * RING_BATCH, seed)


RINGS = {"torch": torch_ring, "keras": keras_ring}


def rings(frameworks, seeds):
    """All rows of the part."""
    for seed, framework, variant in product(seeds, frameworks, VARIANTS):
        row = {"framework": framework, "variant": variant, "seed": seed}
        if is_done(RING, RING_KEY, row | {"epoch": RING_EPOCHS}):
            continue
        start, found, before = time.perf_counter(), [], []

        def look(epoch, points, history, found=found, before=before):
            # How far the pictures of the same noise have moved since the last epoch.
            moved = np.linalg.norm(points - before[-1], axis=1).mean() if before else np.nan
            before.append(points)
            losses = {name: history[name][-1] for name in LOSSES}
            found.append({"epoch": epoch, "moved": float(moved)} | ring_scores(points) | losses)

        RINGS[framework](variant, seed, look)
        for scores in found:
            append(
                RING, RING_FIELDS, row | scores | {"seconds": round(time.perf_counter() - start)}
            )


# ---- files ----


def environment():
    """Where and with what the rows were computed."""
    return machine() | {
        "density": {"samples": COUNT, "batch": BATCH, "epochs": EPOCHS, "rate": RATE},
        "ring": {"latent": LATENT, "width": WIDTH, "batch": RING_BATCH, "epochs": RING_EPOCHS},
        "variants": VARIANTS,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--framework", choices=JUDGES, action="append")
    parser.add_argument("--seed", type=int, choices=SEEDS, action="append")
    parser.add_argument("--part", choices=("density", "ring"), action="append")
    options = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    frameworks, seeds = options.framework or list(JUDGES), options.seed or SEEDS
    parts = options.part or ("density", "ring")
    if "density" in parts:
        density(frameworks, seeds)
    if "ring" in parts:
        rings(frameworks, seeds)
    (FOLDER / "gan.json").write_text(json.dumps(environment(), indent=1) + "\n")


if __name__ == "__main__":
    main()
