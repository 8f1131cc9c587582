"""probabilities (N, K), each row summing to 1; labels (N,), from 0 to K - 1; bins, a number. Bin b
holds the rows whose largest probability is from b / bins to below (b + 1) / bins, the last one 1 as
well. Returns the expected calibration error, a number: the sum over the bins, weighted with their
share of the rows, of the distance between the mean of that probability and the share of right
answers."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, given, put

SURE = "A probability of 1 belongs into the last bin."
EMPTY = "An empty bin has no mean, and counts for nothing."


def draw(rng, N=40, K=3, bins=5):
    p = rng.random((N, K)) ** 3 + 0.01
    return p / p.sum(axis=1, keepdims=True), rng.integers(0, K, N), bins


def error(probabilities, labels, bins, sure=None, join=None, bounds=None):
    """The error, or a wrong one: of another confidence, joined or cut in another way."""
    p, right = probabilities, probabilities.argmax(axis=1) == labels
    sure = p.max(axis=1) if sure is None else sure(p, labels)
    which = (sure * bins).astype(int) if bounds is None else bounds(sure, bins)
    which = np.minimum(which, bins - 1)
    gaps, counts = np.bincount(which, right - sure, bins), np.bincount(which, minlength=bins)
    return np.abs(gaps).sum() / len(p) if join is None else join(gaps, counts)


wrong = Wrong(error)
CASES = (
    case("40 rows, five bins", "Which rows share a bin? Only they are compared."),
    case("one bin for all", "With one bin: mean confidence against accuracy.", bins=1),
    case("two classes", "A largest probability of two is 1/2 at least.", K=2, bins=4),
    case("more bins than rows", EMPTY, N=6, bins=50),
    given("a probability on an edge, two bins", "An edge belongs to the bin above it.",
          np.array([[0.5, 0.3, 0.2], [0.7, 0.2, 0.1]]), np.array([1, 0]), 2),
    given("one row certain, one nearly, ten bins", SURE,
          np.array([[1.0, 0, 0], [0.9375, 0.0625, 0]]), np.array([1, 0]), 10),
    case("all are right", "A model may be less sure than it is right.",
         {"probabilities": put(np.s_[:], [0.6, 0.3, 0.1]), "labels": put(np.s_[:], 0)}),
)  # fmt: skip
MISTAKES = (
    ("Bins count by their share of the rows.",
     wrong(join=lambda gaps, n: np.abs(gaps[n > 0] / n[n > 0]).mean())),
    ("The largest gap is another measure, the maximum calibration error.",
     wrong(join=lambda gaps, n: np.abs(gaps[n > 0] / n[n > 0]).max())),
    ("Too sure in one bin, not sure enough in another: gaps do not cancel.",
     wrong(join=lambda gaps, n: abs(gaps.sum()) / n.sum())),
    ("Distances, not squares.",
     wrong(join=lambda gaps, n: (gaps[n > 0] ** 2 / n[n > 0]).sum() / n.sum())),
    ("The confidence is the largest probability, not that of the label.",
     wrong(sure=lambda p, labels: p[np.arange(len(p)), labels])),
    ("Bins have equal widths, not equal numbers of rows.",
     wrong(bounds=lambda sure, bins: sure.argsort().argsort() * bins // len(sure))),
    ("Divide by the number of rows.", wrong(join=lambda gaps, n: np.abs(gaps).sum())),
)  # fmt: skip
EXERCISE = Exercise(error, __doc__, CASES, MISTAKES, draw, outputs=("error",), axis=None,
                    never="large zeros")  # fmt: skip
