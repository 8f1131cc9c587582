"""Exercises on what bounds a critic's slope, and on the transposed convolution."""

import numpy as np

from mmref.check._compare import compare_function
from mmref.check._run import Case, Exercise
from mmref.reference import spectral, transposed

STEPS = "The number of steps is an argument."
START = "The start is an argument: it is the first u."
BY_EXAMPLE = "The norm is over one example, however many axes it has; the mean over the batch."


def penalty_cases():
    rng = np.random.default_rng(62)
    g = rng.normal(size=(5, 3)).round(2)
    yield _case("slopes of vectors", (g, 1.0), BY_EXAMPLE)
    yield _case("another center", (g, 0.0), "The center is an argument.")
    images = rng.normal(size=(4, 3, 2, 2)).round(2)
    yield _case("slopes of images", (images, 1.0), BY_EXAMPLE)
    yield _case("one example", (g[:1], 1.0), "Does it work for a batch of one?")
    short = "A slope below the center costs too: this is the two-sided penalty."
    yield _case("slopes shorter than the center", (0.1 * g, 1.0), short)


def sigma_cases():
    rng = np.random.default_rng(63)
    w, u = rng.normal(size=(4, 3)).round(2), rng.normal(size=4).round(2)
    first = "v comes from start, then u from v, both scaled to length 1; then u, W and v."
    yield _case("one step", (w, u, 1), first)
    yield _case("three steps", (w, u, 3), "Repeat both halves of a step.")
    yield _case("fifty steps", (w, u, 50), "Is the result the estimate, not its square?")
    yield _case("a wide matrix", (w.T, u[:3], 2), "u has the length of the rows, v of the columns.")
    yield _case(
        "a start of length 10", (w, 10 * u / np.linalg.norm(u), 1), "Both are unit vectors."
    )
    yield _case("a square matrix", (w[:3], u[:3], 2), "Where is W transposed, and where not?")


def transposed_cases():
    rng = np.random.default_rng(64)
    x, w = rng.normal(size=4).round(2), rng.normal(size=3).round(2)
    yield _case("stride 1", (x, w, 1), "Each entry of x adds a copy of w; where copies meet, add.")
    yield _case("stride 2", (x, w, 2), "Entry i puts its copy s places after that of i - 1.")
    yield _case("a stride beyond the kernel", (x, w, 5), "What stands between the copies?")
    yield _case("one entry", (x[:1], w, 2), "How long is the result? One copy, no more.")
    yield _case("a kernel of one", (x, w[:1], 3), "How long is the result? (N - 1) s + k.")


def _case(words, args, hint):
    return Case(words, args, hint, axis="place")


def _penalty(slopes, center):
    norms = np.linalg.norm(slopes.reshape(len(slopes), -1), axis=1)
    return np.mean((norms - center) ** 2)


def _norms(slopes):
    return np.linalg.norm(slopes.reshape(len(slopes), -1), axis=1)


def _sigma(weight, start, steps):
    u, v = spectral.power_iteration(weight, start, steps)
    return u @ weight @ v


def _unit(x):
    return x / np.linalg.norm(x)


def _same(x):
    return x


def _late(weight, start, steps):
    """u only after v: the last half of a step is missing."""
    u = _unit(start)
    for _ in range(steps):
        v = _unit(weight.T @ u)
        last, u = u, _unit(weight @ v)
    return last @ weight @ v


def _unscaled(weight, start, steps, scale=_same):
    """v stays as long as it is; u too, unless there is a scale for it."""
    u = start
    for _ in range(steps):
        v = weight.T @ u
        u = scale(weight @ v)
    return u @ weight @ v


def _transposed(x, w, stride):
    return transposed.conv_transpose2d(x[None, None, None], w[None, None, None], None, (1, stride))[
        0, 0, 0
    ]


def _spread(x, stride):
    out = np.zeros((len(x) - 1) * stride + 1)
    out[::stride] = x
    return out


PENALTY_MISTAKES = (
    (
        "That is one norm for the whole batch.",
        lambda g, c: (np.linalg.norm(g) - c) ** 2,
    ),
    (
        "That is the squared norm: its root is compared with the center.",
        lambda g, c: np.mean((_norms(g) ** 2 - c) ** 2),
    ),
    ("The distance from the center is squared.", lambda g, c: np.mean(np.abs(_norms(g) - c))),
    ("The mean over the batch, not the sum.", lambda g, c: np.sum((_norms(g) - c) ** 2)),
    (
        "A slope below the center costs too: this is the two-sided penalty.",
        lambda g, c: np.mean(np.maximum(_norms(g) - c, 0) ** 2),
    ),
    ("The center is an argument.", lambda g, c: np.mean((_norms(g) - 1) ** 2)),
    (
        "The mean of the squares is not the square of the mean.",
        lambda g, c: (np.mean(_norms(g)) - c) ** 2,
    ),
    (
        "The norm takes a sum over the example's numbers, not a mean.",
        lambda g, c: np.mean((_norms(g) / np.sqrt(g[0].size) - c) ** 2),
    ),
    (BY_EXAMPLE, lambda g, c: np.mean((np.linalg.norm(g, axis=1) - c) ** 2)),
    (BY_EXAMPLE, lambda g, c: np.mean((np.abs(g) - c) ** 2)),
)

SIGMA_MISTAKES = (
    ("One half step is missing: u is not yet the one that belongs to v.", _late),
    ("The root of the sum of all squares is larger.", lambda w, u, n: np.linalg.norm(w)),
    (
        "That is the exact value; what does the iteration say after these steps?",
        lambda w, u, n: np.linalg.norm(w, 2),
    ),
    # The square after one step, if u alone keeps its length.
    (
        "The result is the estimate, not its square; u is scaled to length 1, as v is.",
        lambda w, u, n: _sigma(w, u, n) ** 2,
    ),
    (
        "Both are scaled to length 1 in each step; v is not.",
        lambda w, u, n: _unscaled(w, u, n, _unit),
    ),
    ("Both are scaled to length 1 in each step.", _unscaled),
    ("A singular value is not negative: look at the sign.", lambda w, u, n: -_sigma(w, u, n)),
    ("There is one step too many.", lambda w, u, n: _sigma(w, u, n + 1)),
    *((STEPS, lambda w, u, n, fixed=fixed: _sigma(w, u, fixed)) for fixed in (1, 3, 5, 10, 20)),
    (START, lambda w, u, n: _sigma(w, np.ones(len(w)), n)),
    (START, lambda w, u, n: _sigma(w, np.eye(len(w))[0], n)),
)

TRANSPOSED_MISTAKES = (
    ("The copy is not turned around.", lambda x, w, s: _transposed(x, w[::-1], s)),
    ("The copies are s places apart, not one.", lambda x, w, s: _transposed(x, w, 1)),
    (
        "All of it counts: nothing is cut off at the ends.",
        lambda x, w, s: np.convolve(_spread(x, s), w, "same"),
    ),
    (
        "That is a convolution, which makes the input shorter.",
        lambda x, w, s: np.convolve(x, w[::-1], "valid")[::s],
    ),
)

EXERCISES = {
    "penalty_of_slopes": Exercise(
        "penalty_of_slopes(slopes, center)",
        "slopes (B, ...), the gradient of a critic's score at B examples of any shape. Returns the "
        "gradient penalty, a number: the mean over the batch of (|slope| - center) squared.",
        compare_function(
            "penalty_of_slopes(slopes, center)", _penalty, penalty_cases, PENALTY_MISTAKES
        ),
    ),
    "power_iteration_norm": Exercise(
        "power_iteration_norm(weight, start, steps)",
        "weight W (O, I), start u (O,), steps at least 1: each sets v to W^T u and then u to W v, "
        "both scaled to length 1. Returns the estimate u^T W v of the largest singular value, a "
        "number.",
        compare_function(
            "power_iteration_norm(weight, start, steps)", _sigma, sigma_cases, SIGMA_MISTAKES
        ),
    ),
    "transposed_convolution": Exercise(
        "transposed_convolution(x, w, stride)",
        "x (N,), w (k,), stride at least 1. Returns y ((N - 1) stride + k,): the sum of N copies "
        "of w, the one of entry i scaled by x_i and beginning at i times stride.",
        compare_function(
            "transposed_convolution(x, w, stride)",
            _transposed,
            transposed_cases,
            TRANSPOSED_MISTAKES,
        ),
    ),
}
