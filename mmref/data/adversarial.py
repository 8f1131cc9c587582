"""What a GAN is trained on: batches of real examples with the noise that goes with them, and a
ring of Gaussians on which it can be seen what a generator forgets; and how good pictures are."""

from collections.abc import Callable

import numpy as np

from mmref.contract.arrays import check_finite, check_floats, check_shape
from mmref.contract.data import check_labels, check_memory, to_array
from mmref.contract.settings import check_count, check_function, check_kind, check_scale, check_seed
from mmref.data.transforms import crop
from mmref.errors import ShapeError
from mmref.types import Array


class AdversarialBatches:
    """Repeatable batches: the epoch and the place in it decide about every random number.

    Both frameworks draw their noise here, so that they can be compared step by step, and so that
    an interrupted training goes on as if nothing had happened.

    Args
        real: (N, ...) floats, finite. labels: integers (N,) from 0, or None.
        latent: Z, width of the noise.
        batch_size: rows of a batch. Rows that are left over at the end of an epoch, fewer than
            that, wait for the next one: batch norm would see them as a batch of its own.
        seed: an integer from 0.
        augment: function (real examples of a batch, their generator) -> real examples of the same
            shape, or None.

    Errors
        ShapeError: real that are no floats, fewer examples than a batch has rows, labels that are
        not integers (N,), an ``augment`` that gives anything but floats of the shape it was given.
        ValueError: NaN or infinity in real, a label below 0, a number below what it may be, an
        index that there is not. TypeError: a number that is no integer, an ``augment`` that is no
        function.

    >>> batches = AdversarialBatches(np.zeros((10, 2), "float32"), latent=3, batch_size=4)
    >>> len(batches), {name: array.shape for name, array in batches.batch(0, 1).items()}
    (2, {'real': (4, 2), 'noise': (4, 3), 'mix': (4,)})
    """

    def __init__(
        self,
        real: Array,
        labels: Array | None = None,
        latent: int = 64,
        batch_size: int = 64,
        seed: int = 0,
        augment: Callable[[Array, np.random.Generator], Array] | None = None,
    ) -> None:
        check_count("latent", latent)
        check_count("batch_size", batch_size)
        check_seed(seed)
        check_memory("latent", latent, 4 * batch_size)
        self.real = to_array("real", real)
        self.labels = None if labels is None else to_array("labels", labels)
        check_floats("real", self.real)
        check_shape("real", self.real, "N", "...")
        check_finite("real", self.real)
        if len(self.real) < batch_size:
            raise ShapeError("real", f"at least {batch_size} rows, one batch", len(self.real))
        if self.labels is not None:
            check_labels("labels", self.labels, len(self.real), "real")
        if augment is not None:
            check_function("augment", augment, "a function or None")
        self.latent, self.batch_size = latent, batch_size
        self.seed, self.augment = seed, augment

    def __len__(self) -> int:
        return len(self.real) // self.batch_size

    def batch(self, epoch: int, index: int) -> dict[str, Array]:
        """A mapping: real (B, ...), noise (B, Z) and mix (B,) in float32, labels (B,) if any."""
        check_count("epoch", epoch, 0)
        check_count("index", index, 0)
        if index >= len(self):
            raise ValueError(
                f"index: expected below {len(self)}, the number of batches, got {index}"
            )
        order = np.random.default_rng([self.seed, epoch, 0]).permutation(len(self.real))
        rows = order[index * self.batch_size : (index + 1) * self.batch_size]
        rng = np.random.default_rng([self.seed, epoch, 1 + index])
        real = self.real[rows]
        if self.augment is not None:
            shape, real = real.shape, to_array("augment(real)", self.augment(real, rng))
            check_floats("augment(real)", real)
            check_shape("augment(real)", real, *shape)
        batch = {
            "real": real.astype("float32"),
            "noise": rng.standard_normal((len(rows), self.latent), dtype="float32"),
            "mix": rng.random(len(rows), dtype="float32"),
        }
        return batch if self.labels is None else batch | {"labels": self.labels[rows]}


def nudge(
    images: Array, rng: np.random.Generator, most: int = 3, layout: str = "channels_first"
) -> Array:
    """Images (B, C, H, W) in [-1, 1], each moved by up to ``most`` pixels, on white.

    For ``augment`` of :class:`AdversarialBatches`: without it, a discriminator of a few thousand
    pictures soon knows them by heart. layout: "channels_first" or "channels_last".

    Errors
        ShapeError: images that are no such floats. ValueError: most below 0. TypeError: most that
        is no integer, rng that is no generator. ChoiceError: another layout.

    >>> image = np.full((1, 1, 2, 2), -1.0, "float32")
    >>> nudge(image, np.random.default_rng(0), most=1)[0, 0]
    array([[-1., -1.],
           [ 1.,  1.]], dtype=float32)
    """
    check_floats("images", images)
    if images.ndim != 4:
        raise ShapeError("images", "four axes, (B, C, H, W) or (B, H, W, C)", images.shape)
    check_count("most", most, 0)
    # Without one, a crop would be from the center.
    check_kind("rng", rng, np.random.Generator, "a numpy.random.Generator")
    height, width = (2, 3) if layout == "channels_first" else (1, 2)
    frame = [(most, most) if axis in (height, width) else (0, 0) for axis in range(4)]
    padded = np.pad(images, frame, constant_values=1.0)
    size = images.shape[height], images.shape[width]
    return np.ascontiguousarray(crop(padded, size, rng, layout))


def ring_centers(modes: int = 8, radius: float = 2.0) -> Array:
    """The centers (modes, 2) of the ring, the first at (radius, 0).

    >>> ring_centers(4, 1.0).round(6) + 0.0
    array([[ 1.,  0.],
           [ 0.,  1.],
           [-1.,  0.],
           [ 0., -1.]])
    """
    check_count("modes", modes)
    check_scale(radius=radius)
    angle = 2 * np.pi * np.arange(modes) / modes
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def ring(
    count: int, seed: int = 0, modes: int = 8, radius: float = 2.0, deviation: float = 0.05
) -> Array:
    """Points (count, 2) from a ring of equally likely round Gaussians, in float32.

    Source: the test of Metz, Poole, Pfau and Sohl-Dickstein 2017, arXiv 1611.02163, whose
    deviation is 0.02.
    """
    check_count("count", count)
    check_memory("count", count, 32)  # a center and a point in float64
    check_seed(seed)
    check_scale(deviation=deviation)
    rng = np.random.default_rng(seed)
    centers = ring_centers(modes, radius)[rng.integers(modes, size=count)]
    return (centers + deviation * rng.normal(size=(count, 2))).astype("float32")


def ring_scores(
    points: Array, modes: int = 8, radius: float = 2.0, deviation: float = 0.05
) -> dict[str, int | float]:
    """How many modes the points reach, and how many of the points are good.

    A point is good within 4 deviations of its nearest center (of the real ones, 0.9997 are); a
    mode is covered by at least a fifth of its fair share of good points.

    Returns
        A mapping: modes, the number covered; quality, the share of good points. A point with NaN
        is not good.

    Errors
        ShapeError: points that are not floats (N, 2), or none. ValueError: a modes, radius or
        deviation that is not positive.

    >>> scores = ring_scores(ring(1000))
    >>> scores["modes"], scores["quality"] > 0.99
    (8, True)
    """
    check_floats("points", points)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ShapeError("points", "(N, 2), N at least 1", points.shape)
    check_scale(deviation=deviation)
    gaps = np.linalg.norm(points[:, None] - ring_centers(modes, radius), axis=2)  # (N, modes)
    good = gaps.min(axis=1) <= 4 * deviation
    counts = np.bincount(gaps.argmin(axis=1)[good], minlength=modes)
    covered = counts >= max(1, len(points) / modes / 5)
    return {"modes": int(covered.sum()), "quality": float(good.mean())}


def diversity(pictures: Array, labels: Array) -> np.floating:
    """How much the pictures of one label differ from each other.

    Formula: the mean, over labels y and over the numbers j of a picture, of s_yj, the standard
    deviation (over N_y - 1) of number j in the N_y pictures of label y.

    It is 0 where each label has a single picture, however different the labels are: a collapse
    that the losses do not show. Divide it by that of real pictures to see whether it is large.

    Args
        pictures: (N, ...) floats. labels: integers (N,) from 0, each label there at least twice.

    Errors
        ShapeError: pictures that are no floats, labels that are not integers (N,), a label with
        one picture. ValueError: pictures with NaN or infinity, a label below 0.

    >>> pictures = np.array([[0.0, 0.0], [0.0, 2.0], [5.0, 5.0], [5.0, 5.0]])
    >>> diversity(pictures, np.array([0, 0, 1, 1])).round(4)  # of sqrt(2), 0, 0 and 0
    np.float64(0.3536)
    """
    pictures, labels = to_array("pictures", pictures), to_array("labels", labels)
    check_floats("pictures", pictures)
    check_shape("pictures", pictures, "N", "...")
    check_finite("pictures", pictures)
    check_labels("labels", labels, len(pictures), "pictures")
    found, counts = np.unique(labels, return_counts=True)
    if not len(found) or counts.min() < 2:
        few = dict(zip(found.tolist(), counts.tolist(), strict=True))
        raise ShapeError("labels", "at least two pictures of each label", few)
    return np.mean([pictures[labels == y].std(axis=0, ddof=1).mean() for y in found])


def nearest(pictures: Array, training: Array, most: int = 3) -> tuple[Array, Array]:
    """How far each picture is from the nearest one of the training set, moved or not; and which.

    Formula: d_i = min over t and s of sqrt(mean((pictures_i - moved(training_t, s))^2)), where s
    are all moves by -most ... most pixels down and to the right; what comes in is white, 1.

    A copy of a training picture has 0, one of a moved picture too. The result is exact, but few
    distances are computed in full: a distance is never below that of the pictures' means over
    squares of 4 x 4 pixels, so what is further away in these cannot be the nearest.

    Args
        pictures: (N, C, H, W) floats, 1 is white; H and W are multiples of 4.
        training: (T, C, H, W) floats, T at least 1.
        most: pixels, from 0, fewer than H and W.

    Returns
        Distances (N,), and the rows (N,) of ``training`` that are so near.

    Errors
        ShapeError: one of them is no such array. ValueError: one of them has NaN or infinity, or
        most is out of range. TypeError: most is no integer.

    >>> training = np.random.default_rng(0).uniform(-1, 1, size=(5, 3, 8, 8))
    >>> moved = np.ones((1, 3, 8, 8))
    >>> moved[..., 2:, 1:] = training[3:4, ..., :-2, :-1]
    >>> distances, rows = nearest(moved, training)
    >>> distances.round(6), rows
    (array([0.]), array([3]))
    >>> nearest(moved, training, most=1)[0].round(1)
    array([0.7])
    """
    pictures, training = to_array("pictures", pictures), to_array("training", training)
    check_count("most", most, 0)
    for name, array in (("pictures", pictures), ("training", training)):
        check_floats(name, array)
        if array.ndim != 4 or array.shape[2] % 4 or array.shape[3] % 4:
            raise ShapeError(name, "(N, C, H, W), H and W multiples of 4", array.shape)
        check_finite(name, array)
    if training.shape[1:] != pictures.shape[1:] or not len(training):
        expected = ", ".join(["T", *map(str, pictures.shape[1:])])
        raise ShapeError("training", f"({expected}), T at least 1", training.shape)
    height, width = pictures.shape[2:]
    if most >= min(height, width):
        raise ValueError(f"most: expected less than H and W = {(height, width)}, got {most}")
    frame = [(0, 0), (0, 0), (most, most), (most, most)]
    # White becomes 0, so that the frame adds nothing to a product.
    pictures, training = 1.0 - pictures.astype("float32"), 1.0 - training.astype("float32")
    padded = np.pad(training, frame)
    moves = [
        np.s_[:, :, i : i + height, j : j + width]
        for i in range(2 * most + 1)
        for j in range(2 * most + 1)
    ]
    floor = np.full((len(pictures), len(training)), np.inf, "float32")
    for move in moves:
        np.minimum(floor, _squares(_coarse(pictures), _coarse(padded[move])), out=floor)
    energy = np.stack([(padded[m].astype(float) ** 2).sum(axis=(1, 2, 3)) for m in moves], axis=1)
    slack = 1e-5 * energy.max()  # what rounding may do to the floor
    flat = padded.reshape(len(training), -1)

    def squared(rows, canvas):
        """Squared distances of these rows, best moved, to a picture given in all its places."""
        products = flat[rows].astype(float) @ canvas.T  # (rows, moves)
        return (energy[rows] - 2 * products).min(axis=1) + (canvas[0] ** 2).sum()

    found, nearest_rows = [], []
    for picture, low in zip(pictures, floor, strict=True):
        canvas = np.zeros((len(moves), *padded.shape[1:]))
        for k, move in enumerate(moves):
            canvas[k : k + 1][move] = picture
        canvas = canvas.reshape(len(moves), -1)
        best = squared(np.argsort(low)[:8], canvas).min()
        rest = np.flatnonzero(low <= best + slack)
        squares = squared(rest, canvas)
        found.append(squares.min())
        nearest_rows.append(rest[squares.argmin()])
    distances = np.sqrt(np.maximum(found, 0) / np.prod(pictures.shape[1:]))
    return distances, np.array(nearest_rows, int)


def _coarse(pictures):
    """Means over squares of 4 x 4, as rows, times 4: distances of these are never larger."""
    n, c, h, w = pictures.shape
    means = pictures.reshape(n, c, h // 4, 4, w // 4, 4).mean(axis=(3, 5))
    return 4 * means.reshape(n, c * h * w // 16)


def _squares(a, b):
    """Squared distances (N, M) of the rows of a (N, D) and b (M, D)."""
    return (a**2).sum(axis=1)[:, None] - 2 * a @ b.T + (b**2).sum(axis=1)
