"""A set of pictures beside another, by named features."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from mmref.contract.arrays import check_finite, check_shape
from mmref.contract.data import to_array
from mmref.contract.settings import check_count, check_function, check_mapping, check_seed
from mmref.errors import ModalityError, ShapeError
from mmref.reference._shared import as_floats
from mmref.reference.image_quality import frechet_distance, precision_recall
from mmref.types import Array

LEAST = 0.2  # of the smaller set: the smallest part from which a distance is extrapolated


@dataclass(frozen=True)
class Verdict:
    """What some features say of two sets of pictures.

    frechet: the squared Frechet distance of these sets, too large by about a constant over their
        size. extrapolated: what it would be of endless sets; around 0 it may be negative.
    precision: the share of the fakes that look real. recall: the share of the real ones that could
        be faked.
    """

    frechet: float
    extrapolated: float
    precision: float
    recall: float


def judge_images(
    real: Array,
    fake: Array,
    features: Mapping[str, Callable[[Array], Array]],
    neighbors: int = 3,
    seed: int = 0,
) -> dict[str, Verdict]:
    """A verdict by the features of each name.

    Args
        real, fake: pictures (N, ...) and (M, ...), as the features' functions take them.
        features: mapping of a name to a function of pictures (N, ...) that gives features (N, D),
            D + 1 or more pictures in a fifth of each set. The name says whose they are: "pixels",
            "our classifier, last hidden layer".
        neighbors: k of :func:`~mmref.reference.image_quality.precision_recall`.
        seed: of the parts from which the distance is extrapolated.

    Errors
        TypeError: features that are no mapping of names to functions. ModalityError: none of them.
        ShapeError: features that are not one finite vector for each picture, too few pictures.

    >>> rng = np.random.default_rng(0)
    >>> real, fake = rng.normal(size=(400, 8, 8)), 0.9 * rng.normal(size=(400, 8, 8))
    >>> judge_images(real, fake, {"corner": lambda x: x[:, 0, :2]})["corner"].recall > 0.5
    True
    """
    real, fake = to_array("real", real), to_array("fake", fake)
    check_mapping("features", features, "a function")
    if not features:
        raise ModalityError("features: expected at least one name, got none")
    verdicts = {}
    for name, function in features.items():
        check_function(f"features[{name!r}]", function)
        r = _seen(f"features[{name!r}](real)", function, real)
        f = _seen(f"features[{name!r}](fake)", function, fake)
        precision, recall = precision_recall(r, f, neighbors)
        verdicts[name] = Verdict(
            float(feature_frechet_distance(r, f)),
            float(extrapolated_frechet_distance(r, f, seed=seed)),
            float(precision),
            float(recall),
        )
    return verdicts


def feature_frechet_distance(real: Array, fake: Array) -> np.floating:
    """Squared Frechet distance of Gaussians with the means and covariances of two sets of features.

    Formula
        d^2(m, A, n, B), as in :func:`~mmref.reference.image_quality.frechet_distance`: m and A the
        mean and covariance (over N - 1) of the real rows, n and B those of the fake ones

    Args
        real (N, D), fake (M, D): features, at least 2 rows each.

    Returns
        A number, at least 0; of two samples of one distribution it is above 0, by about a constant
        over N and M. Only over the features of one certain Inception network, and of as many
        pictures, is it comparable with what papers call FID.

    Errors
        ShapeError: not (N, D) and (M, D) of one D, or one row. ValueError: numbers that are not
        finite.

    Source
        Heusel et al. 2017, arXiv 1706.08500, equation 6.

    >>> rng = np.random.default_rng(0)
    >>> far, near = (feature_frechet_distance(*rng.normal(size=(2, n, 5))) for n in (20, 2000))
    >>> bool(far > 50 * near > 0)
    True
    """
    real, fake = _two_sets(real, fake)
    return frechet_distance(*_moments(real), *_moments(fake))


def extrapolated_frechet_distance(
    real: Array, fake: Array, points: int = 10, repeats: int = 4, seed: int = 0
) -> np.floating:
    """The Frechet distance of two sets of features, extrapolated to endless sets.

    Formula
        d^2(n) = d^2 + c / n + ..., of n real and n fake rows: a line in 1 / n, fitted by least
        squares to random parts of the sets, evenly many sizes n from a fifth of the smaller set up
        to all of it, gives d^2 where it meets 1 / n = 0.

    Args
        real (N, D), fake (M, D): features; a fifth of the smaller set has more than D rows.
        points: sizes n, at least 2. repeats: parts of each size, whose mean counts.
        seed: of the parts.

    Returns
        A number. It scatters about the truth, so near 0 it may be negative.

    Errors
        As :func:`feature_frechet_distance`; ShapeError also for too few rows.

    Source
        Chong and Forsyth, "Effectively unbiased FID and Inception Score and where to find them",
        CVPR 2020, arXiv 1911.07023. They keep the real rows whole, since these are all that they
        compare with; here both sets are samples, so both are thinned out.

    >>> rng = np.random.default_rng(0)
    >>> real, fake = rng.normal(size=(2, 500, 5))
    >>> biased = feature_frechet_distance(real, fake)
    >>> bool(abs(extrapolated_frechet_distance(real, fake)) < biased / 2)
    True
    """
    real, fake = _two_sets(real, fake)
    check_count("points", points, 2)
    check_count("repeats", repeats)
    check_seed(seed)
    most, width = min(len(real), len(fake)), real.shape[1]
    least = int(LEAST * most)
    if least <= width:
        needed = f"more than {int(width / LEAST) + 5} rows of {width} features"
        raise ShapeError("real and fake", needed, (len(real), len(fake)))
    rng = np.random.default_rng(seed)
    sizes = np.linspace(least, most, points).astype(int)
    distances = []
    for n in sizes:
        parts = ([rng.permutation(s)[:n] for s in (real, fake)] for _ in range(repeats))
        distances.append(np.mean([feature_frechet_distance(*part) for part in parts]))
    return np.polynomial.polynomial.polyfit(1 / sizes, distances, 1)[0]


def _seen(name, function, images):
    features = _features(name, function(images))
    check_shape(name, features, len(images), "D")
    return features


def _two_sets(real, fake):
    real, fake = _features("real", real), _features("fake", fake)
    check_shape("fake", fake, "M", real.shape[1])
    for name, features in (("real", real), ("fake", fake)):
        if len(features) < 2:
            raise ShapeError(name, "at least 2 rows", len(features))
    return real, fake


def _features(name, given):
    features = as_floats(name, given).astype(float)
    check_shape(name, features, "N", "D")
    check_finite(name, features)
    return features


def _moments(features):
    return features.mean(axis=0), np.atleast_2d(np.cov(features, rowvar=False))
