"""mean (D,) and covariance (D, D) of a Gaussian, other_mean and other_covariance of another one;
covariances are symmetric, with positive eigenvalues. Returns the squared Frechet distance
of the two, a number: the squared distance of the means, plus the trace of
A + B - 2 (A^1/2 B A^1/2)^1/2."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, normal
from mmref.reference import image_quality

ROOT = "The root of a matrix is not that of its entries: its eigenvalues have the roots."
ORDER = "A and B need not have the same eigenvectors, and then the roots do not commute."


def draw(rng, D=3):
    (mean, other), (x, y) = normal(rng, (2, D), (2, 2 * D, D))
    return mean, x.T @ x, other, y.T @ y


def root(matrix):
    values, vectors = np.linalg.eigh(matrix)
    return vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T


def distance(m, A, n, B, means=1, overlap=lambda A, B: np.trace(root(root(A) @ B @ root(A)))):
    """The distance, or a wrong one: the means counted otherwise, another third term."""
    return means * np.sum((m - n) ** 2) + np.trace(A) + np.trace(B) - 2 * overlap(A, B)


wrong = Wrong(distance)
CASES = (
    case("two Gaussians", ORDER),
    case("one covariance", "Then the means alone are apart.", lambda m, A, n, B: (m, A, n, A)),
    case("covariances that are diagonal", "Then it is a sum over the axes.",
         lambda m, A, n, B: (m, np.diag(np.diag(A)), n, np.diag(np.diag(B)))),
    case("on a line", "Then it is (m - n)^2 + (s - t)^2, s and t the deviations.", D=1),
)  # fmt: skip
MISTAKES = (
    ("The means count by their squared distance.",
     lambda m, A, n, B: distance(m, A, n, B, 0) + np.linalg.norm(m - n)),
    ("The means count, too.", wrong(means=0)),
    ("That is the root: the squared distance is asked for.",
     wrong.then(lambda d: np.sqrt(max(d, 0)))),
    (ROOT, wrong(overlap=lambda A, B: np.trace(np.sqrt(np.abs(A @ B))))),
    (ORDER, wrong(overlap=lambda A, B: np.trace(root(A) @ root(B)))),
    ("The root is taken of the product, once more.", wrong(overlap=lambda A, B: np.sum(A * B))),
    ("The third term is counted twice.",
     wrong(overlap=lambda A, B: np.trace(root(root(A) @ B @ root(A))) / 2)),
    ("It is subtracted.",
     wrong(overlap=lambda A, B: -np.trace(root(root(A) @ B @ root(A))))),
)  # fmt: skip
# zeros here and there are no covariance
EXERCISE = Exercise(image_quality.frechet_distance, __doc__, CASES, MISTAKES, draw, axis=None,
                    never="zeros")  # fmt: skip
