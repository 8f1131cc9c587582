"""What a GAN is trained on: batches of real examples with the noise that goes with them, and a
ring of Gaussians on which it can be seen what a generator forgets."""

import numpy as np

from mmref.errors import ShapeError, check_count


class AdversarialBatches:
    """Repeatable batches: the epoch and the place in it decide about every random number.

    Both frameworks draw their noise here, so that they can be compared step by step, and so that
    an interrupted training goes on as if nothing had happened.

    Args
        real: (N, ...) floats. labels: integers (N,), or None.
        latent: Z, width of the noise.
        batch_size: rows of a batch. Rows that are left over at the end of an epoch, fewer than
            that, wait for the next one: batch norm would see them as a batch of its own.
        seed: an integer.
        augment: function (real examples of a batch, their generator) -> real examples, or None.

    Errors
        ShapeError: fewer examples than a batch has rows, or labels of another length.

    >>> batches = AdversarialBatches(np.zeros((10, 2), "float32"), latent=3, batch_size=4)
    >>> len(batches), {name: array.shape for name, array in batches.batch(0, 1).items()}
    (2, {'real': (4, 2), 'noise': (4, 3), 'mix': (4,)})
    """

    def __init__(self, real, labels=None, latent=64, batch_size=64, seed=0, augment=None):
        check_count("latent", latent)
        check_count("batch_size", batch_size)
        self.real = np.asarray(real)
        self.labels = None if labels is None else np.asarray(labels)
        if len(self.real) < batch_size:
            raise ShapeError("real", f"at least {batch_size} rows, one batch", len(self.real))
        if labels is not None and len(self.labels) != len(self.real):
            raise ShapeError("labels", f"{len(self.real)} rows as in real", len(self.labels))
        self.latent, self.batch_size = latent, batch_size
        self.seed, self.augment = seed, augment

    def __len__(self):
        return len(self.real) // self.batch_size

    def batch(self, epoch, index):
        """A mapping: real (B, ...), noise (B, Z) and mix (B,) in float32, labels (B,) if any."""
        order = np.random.default_rng([self.seed, epoch, 0]).permutation(len(self.real))
        rows = order[index * self.batch_size : (index + 1) * self.batch_size]
        rng = np.random.default_rng([self.seed, epoch, 1 + index])
        real = self.real[rows]
        if self.augment is not None:
            real = self.augment(real, rng)
        batch = {
            "real": real.astype("float32"),
            "noise": rng.standard_normal((len(rows), self.latent), dtype="float32"),
            "mix": rng.random(len(rows), dtype="float32"),
        }
        return batch if self.labels is None else batch | {"labels": self.labels[rows]}


def ring_centers(modes=8, radius=2.0):
    """The centers (modes, 2) of the ring, the first at (radius, 0).

    >>> ring_centers(4, 1.0).round(6) + 0.0
    array([[ 1.,  0.],
           [ 0.,  1.],
           [-1.,  0.],
           [ 0., -1.]])
    """
    angle = 2 * np.pi * np.arange(modes) / modes
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def ring(count, seed=0, modes=8, radius=2.0, deviation=0.05):
    """Points (count, 2) from a ring of equally likely round Gaussians, in float32.

    Source: the test of Metz, Poole, Pfau and Sohl-Dickstein 2017, arXiv 1611.02163, whose
    deviation is 0.02.
    """
    rng = np.random.default_rng(seed)
    centers = ring_centers(modes, radius)[rng.integers(modes, size=count)]
    return (centers + deviation * rng.normal(size=(count, 2))).astype("float32")


def ring_scores(points, modes=8, radius=2.0, deviation=0.05):
    """How many modes the points reach, and how many of the points are good.

    A point is good within 4 deviations of its nearest center (of the real ones, 0.9997 are); a
    mode is covered by at least a fifth of its fair share of good points.

    Returns
        A mapping: modes, the number covered; quality, the share of good points.

    >>> scores = ring_scores(ring(1000))
    >>> scores["modes"], scores["quality"] > 0.99
    (8, True)
    """
    gaps = np.linalg.norm(points[:, None] - ring_centers(modes, radius), axis=2)  # (N, modes)
    good = gaps.min(axis=1) <= 4 * deviation
    counts = np.bincount(gaps.argmin(axis=1)[good], minlength=modes)
    covered = counts >= max(1, len(points) / modes / 5)
    return {"modes": int(covered.sum()), "quality": float(good.mean())}
