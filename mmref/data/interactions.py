"""Interactions of known order: what several modalities tell together, and the best accuracy.

Each modality m hides a number s_m, and shows it in R readings, each with Gaussian noise of its own:

    x_m = s_m + sigma_m sqrt(R) e_m,  e_m ~ N(0, I);  the mean of the readings, t_m, is all that
    matters: t_m = s_m + sigma_m e,  e ~ N(0, 1)

The label is a function of the hidden numbers. Let r_m = 1 / (1 + sigma_m^2), and 0 for a modality
that is absent: the share of the variance of s_m ~ N(0, 1) that t_m explains. The best possible
accuracies, of M modalities:

    redundant       s_m = s, the same for all, N(0, 1).         y = [s > 0]
        1/2 + arcsin(sqrt(q / (1 + q))) / pi,  q = sum_m 1 / sigma_m^2 over the present ones
    additive        s_m ~ N(0, 1).                              y = [sum_m s_m > 0]
        1/2 + arcsin(sqrt(mean_m r_m)) / pi
    multiplicative  s_m ~ N(0, 1); the first one scales what the others add up:
        y = 0, 1, 2 for a product p = s_1 (s_2 + ... + s_M) / sqrt(M - 1) below -c, between, above
        c, where c = 0.1868... makes them equally frequent. By integration, as below.
    parity          s_m = -1 or 1, as likely.                   y = [prod_m s_m > 0]
        1/2 + 1/2 prod_m (2 Phi(1 / sigma_m) - 1), a factor of 0 for each that is absent

So a sum needs no pair, a product needs every pair of the first modality with another, and a
parity all of them at once: without any one of them it is a coin's throw (by the formula: one
factor is 0). The last line is the piling-up lemma: a product of independent signs is guessed by
guessing each of them, right with probability Phi(1 / sigma_m).

Derived: t = (t_m) and the score S, both Gaussian, have a correlation rho, and the best guess of
S > 0 has the sign of E[S | t]; two Gaussians with correlation rho agree in sign with probability
1/2 + arcsin(rho) / pi (Sheppard, 1899). For the sum, E[S | t] = sum_m r_m t_m, so rho^2 is the mean
of r_m; for one s with prior precision 1, rho^2 = q / (1 + q). For the product, let u = s_1 and
v = the scaled sum of the others. Given t they are independent, N(mu_u, 1 - r_u) and
N(mu_v, 1 - r_v), with r_u = r_1, r_v the mean of the other r_m, mu_u ~ N(0, r_u) and
mu_v ~ N(0, r_v); the best accuracy is

    E max_k P(y = k | mu_u, mu_v),  P(uv > c | mu_u, mu_v) = E_u P(sign(u) v > c / |u|)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import asin, inf, pi, prod, sqrt
from statistics import NormalDist

import numpy as np

from mmref.contract.data import check_memory
from mmref.contract.fusion import check_names
from mmref.contract.settings import (
    check_choice,
    check_count,
    check_mapping,
    check_number,
    check_seed,
)
from mmref.data._normal import phi, quantiles
from mmref.errors import ModalityError
from mmref.types import Array

KINDS = ("redundant", "additive", "multiplicative", "parity")
_POINTS = 80  # of each integral; the result has four digits
_NORMAL = NormalDist()


@dataclass(frozen=True, eq=False)
class Interaction:
    """N samples; row i of every field belongs together.

    inputs: m -> (N, R) float32, the readings x_m.
    labels: (N,) int64, y.
    hidden: (N, M) float64, the numbers s_m that no model is given.
    """

    inputs: dict[str, Array]
    labels: Array
    hidden: Array

    def __len__(self) -> int:
        return len(self.labels)


def draw(
    n: int, seed: int, kind: str, noise: Mapping[str, float], readings: int = 8
) -> Interaction:
    """Draw n samples of a task.

    kind: "redundant", "additive", "multiplicative" or "parity"; see the top of this module.
    noise: m -> sigma_m, at least 0, in the order of the modalities: two of them or more.
    readings: R, the numbers in which each shows what it hides.

    Raises ChoiceError for another kind, ModalityError for one modality, ValueError or TypeError
    for another number.

    >>> task = draw(1000, 0, "parity", {"left": 0.0, "right": 0.0})
    >>> task.inputs["left"].shape, sorted(set(task.labels.tolist()))
    ((1000, 8), [0, 1])
    >>> bool(((task.hidden.prod(axis=1) > 0) == task.labels).all())
    True
    """
    check_count("n", n)
    check_seed(seed)
    check_count("readings", readings)
    sigmas = _sigmas(kind, noise)
    check_memory("n", n, len(sigmas) * (8 + 4 * readings))  # a hidden number and its readings
    rng, m = np.random.default_rng(seed), len(sigmas)
    if kind == "parity":
        hidden = rng.choice([-1.0, 1.0], (n, m))
    elif kind == "redundant":
        hidden = np.repeat(rng.normal(size=(n, 1)), m, axis=1)
    else:
        hidden = rng.normal(size=(n, m))
    inputs = {
        name: (s[:, None] + sigma * sqrt(readings) * rng.normal(size=(n, readings))).astype("f4")
        for (name, sigma), s in zip(sigmas.items(), hidden.T, strict=True)
    }
    return Interaction(inputs, _labels(kind, hidden), hidden)


def best_accuracy(
    kind: str, noise: Mapping[str, float], present: Iterable[str] | None = None
) -> float:
    """The Bayes accuracy: the most that any model can reach, who is told the noise.

    kind, noise: as of ``draw``. present: the modalities that are there; None: all of them.

    >>> round(best_accuracy("additive", {"left": 0.0, "right": 0.0}, ["left"]), 4)
    0.75
    >>> best_accuracy("parity", {"left": 0.0, "right": 0.0}, ["left"])
    0.5
    """
    sigmas = _sigmas(kind, noise)
    there = sigmas if present is None else _checked(present, sigmas)
    if kind == "redundant":
        precision = sum(sigmas[m] ** -2 if sigmas[m] else inf for m in there)
        return _agreement(precision / (1 + precision) if precision < inf else 1.0)
    if kind == "parity":
        right = [_NORMAL.cdf(1 / sigmas[m]) if sigmas[m] else 1.0 for m in there]
        return 0.5 + 0.5 * prod(2 * p - 1 for p in right) * (len(there) == len(sigmas))
    shares = [1 / (1 + sigmas[m] ** 2) if m in there else 0.0 for m in sigmas]
    if kind == "additive":
        return _agreement(sum(shares) / len(shares))
    return _best_of_product(shares[0], sum(shares[1:]) / len(shares[1:]))


def best_accuracy_missing(kind: str, noise: Mapping[str, float], rate: float) -> float:
    """The Bayes accuracy where each modality is absent at this rate, on its own.

    It is the mean of ``best_accuracy`` over the sets of modalities that may be there, weighted
    with their probabilities; of a row without any it is 1 in the number of classes.

    >>> noise = {"left": 0.0, "right": 0.0}
    >>> best_accuracy_missing("parity", noise, 0.5)  # a quarter of the rows is complete
    0.625
    """
    sigmas = _sigmas(kind, noise)
    check_number("rate", rate, 0, 1, closed=True)
    total = 0.0
    for flags in product((True, False), repeat=len(sigmas)):
        there = [m for m, flag in zip(sigmas, flags, strict=True) if flag]
        chance = prod(1 - rate if flag else rate for flag in flags)
        if chance:
            total += chance * best_accuracy(kind, sigmas, there)
    return total


def _sigmas(kind, noise):
    """The noise as a dict; raises unless kind and noise make a task."""
    check_choice("kind", kind, KINDS)
    check_mapping("noise", noise, "deviation")
    check_names("noise", noise)
    if len(noise) < 2:
        raise ModalityError(f"noise: expected two modalities or more, got {list(noise)}")
    for name, sigma in noise.items():
        check_number(f"noise[{name!r}]", sigma, 0)
    return {name: float(sigma) for name, sigma in noise.items()}


def _checked(present, sigmas):
    """The modalities that are there, each once."""
    if isinstance(present, str) or not isinstance(present, Iterable):
        raise TypeError(f"present: expected a sequence of modalities, got {present!r}")
    there = list(present)
    if len(set(there)) < len(there) or not set(there) <= set(sigmas):
        raise ModalityError(f"present: expected some of {list(sigmas)}, each once, got {there}")
    return there


def _labels(kind, hidden):
    if kind == "parity":
        score = hidden.prod(axis=1)
    elif kind == "multiplicative":
        others = hidden[:, 1:].sum(axis=1) / sqrt(hidden.shape[1] - 1)
        return np.searchsorted([-_tercile(), _tercile()], hidden[:, 0] * others).astype(np.int64)
    else:
        score = hidden.sum(axis=1)
    return (score > 0).astype(np.int64)


def _agreement(share):
    """How often two Gaussians agree in sign that share this part of their variance."""
    return 0.5 + asin(sqrt(min(share, 1.0))) / pi


# ---- the product, by the midpoint rule over equally likely values ----


@cache
def _tercile():
    """c, with P(|u v| < c) = 1/3 for two independent N(0, 1): by halving."""
    u = np.abs(quantiles(20000))
    low, high = 0.0, 1.0
    for _ in range(50):
        c = (low + high) / 2
        inside = float(np.mean(2 * phi(c / u) - 1))
        low, high = (c, high) if inside < 1 / 3 else (low, c)
    return low


@cache
def _best_of_product(r_u, r_v):
    """E max_k P(y = k | mu_u, mu_v); by symmetry over positive mu_u and mu_v alone."""
    c, positive = _tercile(), quantiles(2 * _POINTS)[_POINTS:]  # (P,)
    mu_v = sqrt(r_v) * positive[:, None]  # (P, 1)
    deviation = max(sqrt(max(1 - r_v, 0.0)), 1e-9)  # of v
    total = 0.0
    for mu_u in sqrt(r_u) * positive:
        u = mu_u + sqrt(max(1 - r_u, 0.0)) * quantiles(2 * _POINTS)  # (2P,)
        sign, edge = np.sign(u), c / np.maximum(np.abs(u), 1e-12)
        above = phi((sign * mu_v - edge) / deviation).mean(axis=1)  # P(uv > c), (P,)
        below = phi((-sign * mu_v - edge) / deviation).mean(axis=1)
        total += np.maximum(np.maximum(above, below), 1 - above - below).mean()
    return float(total / _POINTS)
