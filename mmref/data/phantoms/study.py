"""Phantoms with reports, and the ideal observer of both: no model can tell more than it does."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import log, pi, sqrt

import numpy as np

from mmref.contract.arrays import check_array, check_shape
from mmref.contract.data import check_memory
from mmref.contract.settings import (
    check_choice,
    check_count,
    check_kind,
    check_number,
    check_scale,
    check_seed,
)
from mmref.data._normal import phi
from mmref.data.phantoms.reports import WORDINGS, draw_statements, rates_of_reports, say
from mmref.errors import ModalityError
from mmref.types import Array

SIZE = 24  # pixels of a side
MODALITIES = ("image", "report")
_CENTERS = (
    (8, 8),
    (8, 16),
    (16, 8),
    (16, 16),
)  # 8 pixels apart: lesions of radius 3.5 are disjoint
_RADIUS, _WIDTH = 3.5, 1.5


@dataclass(frozen=True, eq=False)
class Phantoms:
    """N patients; row i of every field belongs together.

    images: (N, 24, 24) float32, gray, about 0 to 1; noise goes beyond both.
    texts: N reports. labels: (N,) int64, 1 = diseased.
    places: (N,) int64, where the lesion is; -1 where there is none.
    statements: (N, 2) int64, the kind of statement on the lesion and on swelling, as in ``RATES``.
    stamps: (N,) int64, the hospital's stamp, 0 = south, 1 = north; -1 where there is none.
    """

    images: Array
    texts: tuple[str, ...]
    labels: Array
    places: Array
    statements: Array
    stamps: Array

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Study:
    """A population of patients whose best diagnosis is known.

    An image is a background that is always the same, white Gaussian noise and, in the diseased, a
    lesion at one of ``places``, each as likely. The report says "asserted", "hedged", "negated" or
    nothing of a lesion, and likewise of swelling, at the rates of ``RATES``. Image and report are
    independent, given whether the patient is diseased.

    The evidence of a patient is the logarithm of the likelihood ratio. With the templates s_i of
    the lesion, orthogonal and of one length, x the image less the background, and P places:

        image   E = log mean_i exp((s_i . x - |s_i|^2 / 2) / sigma^2)
        report  E = the sum over its statements of log P(statement | 1) / P(statement | 0)
        both    their sum, as they are independent given the label

    Adding the prior's log odds gives the log odds of disease: no observer does better (Neyman and
    Pearson 1933; Green and Swets 1966). How the evidence is distributed: s_i . x / (sigma |s|) is
    N(0, 1), and N(d, 1) at the lesion's place, d = |s| / sigma, so that E is the logarithm of a
    mean of P lognormal numbers, whose distribution is integrated, one number after the other. With
    one place it is N(-d^2/2, d^2) or N(d^2/2, d^2), and the AUC is Phi(d / sqrt(2)). There are
    12 reports, or 24, which are enumerated; the sum's distribution is the mean over these.

    Args
        places: P, 1 to 4.
        contrast: how much brighter a lesion's center is. noise: sigma, of each pixel.
        stamp: P(north | diseased) = P(south | healthy): a hospital's stamp in the report; 0.5 tells
            nothing. None: reports have no stamp.

    >>> study = Study(places=1)  # Phi(2.122 / sqrt(2)) = 0.933
    >>> round(study.detectability, 3), round(study.auc(["image"]), 3)
    (2.122, 0.933)
    >>> [round(Study().auc(m), 2) for m in (["image"], ["report"], ["image", "report"])]
    [0.86, 0.86, 0.93]
    """

    places: int = 4
    contrast: float = 0.08
    noise: float = 0.1
    stamp: float | None = None

    def __post_init__(self) -> None:
        check_count("places", self.places)
        check_choice("places", self.places, tuple(range(1, len(_CENTERS) + 1)))
        check_scale(contrast=self.contrast, noise=self.noise)
        if self.stamp is not None:
            _check_share("stamp", self.stamp)

    # ---- patients ----

    def draw(self, n: int, seed: int, prevalence: float = 0.5, language: str = "en") -> Phantoms:
        """Draw n patients.

        prevalence: the share of diseased in the population, each drawn by itself.
        language: "en" or "zh", of the reports.

        >>> sample = Study().draw(100, seed=0)
        >>> sample.images.shape, sample.texts[0]
        ((100, 24, 24), 'An old scar is seen. A focal lesion is not seen.')
        """
        check_count("n", n)
        check_seed(seed)
        _check_share("prevalence", prevalence)
        check_choice("language", language, tuple(WORDINGS))
        check_memory("n", n, 12 * SIZE**2)
        rng = np.random.default_rng(seed)
        labels = (rng.random(n) < prevalence).astype(np.int64)
        places = np.where(labels, rng.integers(0, self.places, n), -1)
        images = self.background + self.noise * rng.normal(size=(n, SIZE, SIZE))
        images[labels == 1] += self.templates[places[labels == 1]]
        statements = draw_statements(labels, rng)
        stamps = np.full(n, -1)
        if self.stamp is not None:
            stamps = np.where(rng.random(n) < self.stamp, labels, 1 - labels)
        texts = tuple(say(statements, stamps, language, rng))
        return Phantoms(images.astype("f4"), texts, labels, places, statements, stamps)

    @property
    def background(self) -> Array:
        """The image of a healthy patient without noise, (24, 24)."""
        row, column = (np.indices((SIZE, SIZE)) - (SIZE - 1) / 2) / (SIZE / 2)
        body = 1 / (1 + np.exp(12 * (np.hypot(row, column / 0.92) - 0.95)))
        return body * (0.45 + 0.1 * np.cos(2.2 * row) * np.cos(1.8 * column))

    @property
    def templates(self) -> Array:
        """s_i, a lesion at each place and nothing else, (P, 24, 24)."""
        rows, columns = np.indices((SIZE, SIZE))
        squares = [(rows - r) ** 2 + (columns - c) ** 2 for r, c in _CENTERS[: self.places]]
        shape = np.exp(-np.array(squares) / (2 * _WIDTH**2))
        return self.contrast * shape * (np.array(squares) <= _RADIUS**2)

    @property
    def detectability(self) -> float:
        """d = |s| / sigma, the signal's length in deviations of the noise."""
        return float(sqrt((self.templates[0] ** 2).sum()) / self.noise)

    # ---- the ideal observer ----

    def image_evidence(self, images: Array) -> Array:
        """E of images (N, 24, 24): float64 (N,)."""
        check_array("images", images)
        check_shape("images", images, "N", SIZE, SIZE)
        x = (np.asarray(images, float) - self.background).reshape(len(images), -1)
        s = self.templates.reshape(self.places, -1)
        by_place = (x @ s.T - (s**2).sum(axis=1) / 2) / self.noise**2  # (N, P)
        return np.logaddexp.reduce(by_place, axis=1) - log(self.places)

    def report_evidence(self, sample: Phantoms) -> Array:
        """E of the reports of these patients, float64 (N,), who must have stamps if this study has.

        Without stamps in this study, those of the patients are not looked at.
        """
        check_kind("sample", sample, Phantoms, "Phantoms")
        rates = rates_of_reports(self.stamp)
        numbers = sample.statements @ [3, 1]  # four kinds of the one, three of the other
        if self.stamp is not None:
            if (sample.stamps < 0).any():
                raise ValueError("sample: expected reports with stamps, got some without")
            numbers = 2 * numbers + sample.stamps
        return (np.log(rates[:, 1]) - np.log(rates[:, 0]))[numbers]

    def beyond(
        self,
        thresholds: Array | Sequence[float],
        modalities: Sequence[str] = MODALITIES,
        stamp: float | None = None,
    ) -> tuple[Array, Array]:
        """How often the evidence exceeds each threshold (T,): of the healthy, of the diseased.

        The first is the false-alarm rate, 1 - specificity, the second the sensitivity.
        modalities: what is looked at, "image", "report" or both.
        stamp: how often the stamp agrees with the label where the patients are, if not as here: an
            observer who trusts the stamp, in another hospital.

        >>> false_alarms, sensitivity = Study().beyond([0.0])
        >>> false_alarms.round(2), sensitivity.round(2)
        (array([0.13]), array([0.85]))
        """
        t = np.asarray(thresholds, float)
        check_shape("thresholds", t, "T")
        chosen = _checked(modalities)
        values, rates = self._said(chosen, stamp)
        at = t[:, None] - values  # (T, R): what the image must exceed
        if "image" in chosen:
            grid, below = _distribution(self.detectability, self.places)
            passed = [1 - np.interp(at, grid, column, 0, 1) for column in below]
        else:
            passed = [at < 0, at < 0]
        return (passed[0] * rates[:, 0]).sum(axis=1), (passed[1] * rates[:, 1]).sum(axis=1)

    def roc(
        self, modalities: Sequence[str] = MODALITIES, stamp: float | None = None
    ) -> tuple[Array, Array]:
        """The ideal curve from (0, 0) to (1, 1): false-alarm rates and sensitivities.

        Of the report alone it has corners, one for each value: between them, toss a coin.
        """
        chosen = _checked(modalities)
        values, _ = self._said(chosen, stamp)
        if "image" in chosen:
            grid, _ = _distribution(self.detectability, self.places)
            thresholds = np.linspace(grid[0] + values.min(), grid[-1] + values.max(), 4000)
        else:
            corners = np.unique(values.round(9))
            thresholds = (corners[1:] + corners[:-1]) / 2
        false_alarms, sensitivity = self.beyond(thresholds[::-1], chosen, stamp)
        return np.hstack([0, false_alarms, 1]), np.hstack([0, sensitivity, 1])

    def auc(self, modalities: Sequence[str] = MODALITIES, stamp: float | None = None) -> float:
        """The area under ``roc``: how often a diseased has more evidence than a healthy one.

        Ties, which reports have, count half.
        """
        false_alarms, sensitivity = self.roc(modalities, stamp)
        return float(np.trapezoid(sensitivity, false_alarms))

    def least_cost(
        self,
        prevalence: float,
        miss: float = 1.0,
        false_alarm: float = 1.0,
        modalities: Sequence[str] = MODALITIES,
    ) -> float:
        """The expected cost of a patient, under the best diagnosis.

        It calls a patient diseased where p > false_alarm / (false_alarm + miss): where
        E > log(false_alarm / miss) - log(prevalence / (1 - prevalence)). With both costs 1 it is
        the error rate.

        >>> round(1 - Study().least_cost(0.5), 2)  # the best accuracy
        0.86
        """
        _check_share("prevalence", prevalence)
        check_scale(miss=miss, false_alarm=false_alarm)
        threshold = log(false_alarm / miss) - log(prevalence / (1 - prevalence))
        alarms, sensitivity = self.beyond([threshold], modalities)
        healthy = (1 - prevalence) * false_alarm * alarms[0]
        return float(healthy + prevalence * miss * (1 - sensitivity[0]))

    def _said(self, modalities, stamp):
        """The report's evidence by this study (R,), and the rates (R, 2) where the patients are."""
        if "report" not in modalities:
            return np.zeros(1), np.ones((1, 2))
        if stamp is not None:
            _check_share("stamp", stamp)
            if self.stamp is None:
                raise ValueError(f"stamp: expected None, as this study has no stamp, got {stamp!r}")
        rates = rates_of_reports(self.stamp)
        values = np.log(rates[:, 1]) - np.log(rates[:, 0])
        return values, rates if stamp is None else rates_of_reports(stamp)


def _check_share(name, value):
    check_number(name, value, 0, 1)
    if not value:
        raise ValueError(f"{name}: expected a number in (0, 1), got {value!r}")


def _checked(modalities):
    if isinstance(modalities, str) or not isinstance(modalities, Sequence):
        raise TypeError(f"modalities: expected a sequence of modalities, got {modalities!r}")
    if not modalities or not set(modalities) <= set(MODALITIES):
        raise ModalityError(
            f"modalities: expected some of {list(MODALITIES)}, got {list(modalities)}"
        )
    return list(modalities)


@cache
def _distribution(d, places):
    """A grid of evidence, and P(E <= it) on the grid: of the healthy, of the diseased.

    The sum of k terms exp(d u - d^2 / 2), u ~ N(0, 1), is at most e^y where one term has the share
    w of e^y and the others have at most 1 - w. Over v, w = 1 / (1 + e^-v), the integral is smooth.
    """
    spread = 8 * d + d**2
    y = np.linspace(-spread, spread + log(places), 4000)  # log of the sum
    below = [phi((y + d**2 / 2 - shift) / d) for shift in (0, d**2)]  # of one term
    v = np.arange(-2 * spread, 40, min(d, 1) / 5)
    share, rest = -np.logaddexp(0, -v), -np.logaddexp(0, v)  # log w, log(1 - w)
    for _ in range(places - 1):
        at = (y[:, None] + share + d**2 / 2) / d  # (4000, v)
        density = np.exp(rest - at**2 / 2) * (v[1] - v[0]) / (d * sqrt(2 * pi))
        below = [(density * np.interp(y[:, None] + rest, y, F)).sum(axis=1) for F in below]
    return y - log(places), tuple(below)
