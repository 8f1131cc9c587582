"""Phantoms and reports: drawn at the stated rates, and nobody does better than the ideal."""

from itertools import product
from statistics import NormalDist

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from mmref.data import phantoms
from mmref.data.phantoms import RATES, WORDINGS, Study
from mmref.errors import ChoiceError, ModalityError, ShapeError
from tests.messages import assert_raises

N = 40_000
STUDIES = [Study(places=1), Study(), Study(places=2, contrast=0.12), Study(stamp=0.9)]
every_study = pytest.mark.parametrize("study", STUDIES, ids=str)
SETS = (["image"], ["report"], ["image", "report"])


def evidence(study, sample):
    image, report = study.image_evidence(sample.images), study.report_evidence(sample)
    return {"image": image, "report": report, "image report": image + report}


@every_study
def test_the_ideal_rates_are_those_of_patients(study):
    sample = study.draw(N, seed=1)
    for name, e in evidence(study, sample).items():
        at = np.array([-1.5, -0.3, 0.2, 1.1])
        for label, rates in enumerate(study.beyond(at, name.split())):
            counted = (e[sample.labels == label][:, None] > at).mean(axis=0)
            np.testing.assert_allclose(counted, rates, atol=0.015)
        assert roc_auc_score(sample.labels, e) == pytest.approx(study.auc(name.split()), abs=0.01)


@every_study
def test_the_best_diagnosis_has_the_least_cost(study):
    sample = study.draw(N, seed=2, prevalence=0.2)
    for name, e in evidence(study, sample).items():
        log_odds = e + np.log(0.2 / 0.8)
        called = 1 / (1 + np.exp(-log_odds)) > 1 / 6  # a miss costs 5, a false alarm 1
        missed, alarm = (sample.labels == 1) & ~called, (sample.labels == 0) & called
        least = study.least_cost(0.2, 5, 1, name.split())
        assert 5 * missed.mean() + alarm.mean() == pytest.approx(least, abs=0.02)
        for other in (-1.0, 1.0):  # another threshold costs more, in the population
            t = -np.log(5) - np.log(0.2 / 0.8) + other
            alarms, sensitivity = study.beyond([t], name.split())
            assert 0.8 * alarms[0] + (1 - sensitivity[0]) > least - 1e-6


def test_the_evidence_makes_its_own_probability_right():
    sample, study = STUDIES[1].draw(N, seed=3), STUDIES[1]
    p = 1 / (1 + np.exp(-sum(list(evidence(study, sample).values())[:2])))
    for low in np.arange(0, 1, 0.2):
        rows = (p >= low) & (p < low + 0.2)
        assert sample.labels[rows].mean() == pytest.approx(p[rows].mean(), abs=0.025)


def test_with_one_place_it_is_the_matched_filter():
    study = Study(places=1, contrast=0.07)
    d = study.detectability
    assert study.auc(["image"]) == pytest.approx(NormalDist().cdf(d / np.sqrt(2)), abs=1e-5)
    false_alarms, sensitivity = study.beyond([-1.0, 0.0, 2.0], ["image"])
    at = np.array([-1.0, 0.0, 2.0])
    np.testing.assert_allclose(false_alarms, norm.sf(at, -(d**2) / 2, d), atol=1e-6)
    np.testing.assert_allclose(sensitivity, norm.sf(at, d**2 / 2, d), atol=1e-6)


@pytest.mark.parametrize("places", [1, 2, 3, 4])
def test_the_densities_of_the_evidence_have_the_ratio_it_says(places):
    """P(E in a short interval | diseased) = e^E P(E in it | healthy)."""
    edges = np.linspace(-1.5, 3, 100)
    healthy, diseased = Study(places=places).beyond(edges, ["image"])
    middle = (edges[1:] + edges[:-1]) / 2
    ratio = np.log(np.diff(diseased) / np.diff(healthy))
    np.testing.assert_allclose(ratio, middle, atol=0.001)


def test_the_report_alone_is_enumerated():
    total, best = 0.0, 0.0
    for lesion, swelling in product(*(kinds.values() for kinds in RATES.values())):
        healthy, diseased = lesion[0] * swelling[0], lesion[1] * swelling[1]
        total, best = total + healthy + diseased, best + max(healthy, diseased) / 2
    assert total == pytest.approx(2) and 1 - best == pytest.approx(
        Study().least_cost(0.5, modalities=["report"])
    )


def test_lesions_do_not_overlap_and_are_alike():
    s = Study().templates
    assert s.max() == pytest.approx(0.08)
    products = s.reshape(4, -1) @ s.reshape(4, -1).T
    np.testing.assert_allclose(products, products[0, 0] * np.eye(4), atol=1e-15)
    assert Study().detectability == pytest.approx(np.sqrt(products[0, 0]) / 0.1)


def test_what_is_drawn_is_as_stated():
    study = Study(stamp=0.9)
    sample = study.draw(20_000, seed=4, prevalence=0.3)
    assert sample.labels.mean() == pytest.approx(0.3, abs=0.01)
    assert ((sample.places >= 0) == sample.labels).all() and len(set(sample.places)) == 5
    assert (sample.stamps == sample.labels).mean() == pytest.approx(0.9, abs=0.01)
    rest = sample.images - study.background
    for label in (0, 1):
        rows = sample.labels == label
        assert rest[rows].std() == pytest.approx(0.1, abs=0.002)
        for column, kinds in zip(sample.statements[rows].T, RATES.values(), strict=True):
            shares = np.bincount(column, minlength=len(kinds)) / rows.sum()
            np.testing.assert_allclose(shares, [r[label] for r in kinds.values()], atol=0.015)
    mean = rest[sample.places == 2].mean(axis=0)
    np.testing.assert_allclose(mean, study.templates[2], atol=0.02)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_reports_say_their_statements_and_nothing_else_of_them(language):
    sample = Study(stamp=0.7).draw(300, seed=5, language=language)
    words = WORDINGS[language]
    for text, row, stamp in zip(sample.texts, sample.statements, sample.stamps, strict=True):
        assert text.startswith(words["stamp"][phantoms.STAMPS[stamp]])
        sentences = text.replace(".", ".|").replace("。", "。|").split("|")
        sentences = [s.strip() for s in sentences if s.strip()]
        for (finding, kinds), kind in zip(RATES.items(), row, strict=True):
            for k, name in enumerate(kinds):
                said = any(w in sentences for w in words[finding][name] if w)
                assert said == (k == kind and name != "silent")
        assert sum(s in words["other"] for s in sentences) == 1


def test_rates_are_probabilities_and_wordings_belong_to_one_kind():
    for kinds in RATES.values():
        np.testing.assert_allclose(np.sum(list(kinds.values()), axis=0), 1)
    for words in WORDINGS.values():
        said = [w for finding in RATES for kind in words[finding].values() for w in kind if w]
        assert len(set(said + list(words["other"]))) == len(said) + len(words["other"])


def test_the_same_seed_draws_the_same_patients():
    a, b, c = (Study().draw(50, seed=s) for s in (0, 0, 1))
    assert (a.images == b.images).all() and a.texts == b.texts and a.texts != c.texts
    assert Study().draw(50, seed=0, language="zh").labels.tolist() == a.labels.tolist()


def test_who_trusts_the_stamp_falls_where_it_tells_nothing():
    study = Study(stamp=0.95)
    there = study.draw(N, seed=6)
    elsewhere = Study(stamp=0.5).draw(N, seed=6)
    for sample, share in ((there, None), (elsewhere, 0.5)):
        found = roc_auc_score(sample.labels, study.report_evidence(sample))
        assert found == pytest.approx(study.auc(["report"], stamp=share), abs=0.01)
    assert study.auc(["report"]) > Study().auc(["report"]) > study.auc(["report"], stamp=0.5)
    assert Study(stamp=0.5).auc() == pytest.approx(Study().auc(), abs=1e-9)


@pytest.mark.parametrize("modalities", SETS, ids=str)
def test_a_curve_rises_from_corner_to_corner(modalities):
    x, y = Study().roc(modalities)
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert (np.diff(x) >= -1e-12).all() and (np.diff(y) >= -1e-12).all() and (y >= x - 1e-9).all()


def test_bad_input_is_named():
    study = Study()
    plain = study.draw(2, seed=0)
    for error, message, call in (
        (ChoiceError, "places: expected one of 1, 2, 3, 4; got 5", lambda: Study(places=5)),
        (ValueError, "contrast: expected a positive number, got 0", lambda: Study(contrast=0)),
        (ValueError, "noise: expected a positive number, got 0", lambda: Study(noise=0)),
        (ValueError, "stamp: expected a number in [0, 1), got 1", lambda: Study(stamp=1)),
        (
            ValueError,
            "prevalence: expected a number in (0, 1), got 0",
            lambda: study.draw(1, 0, prevalence=0),
        ),
        (
            ChoiceError,
            "language: expected one of 'en', 'zh'; got 'de'",
            lambda: study.draw(1, 0, language="de"),
        ),
        (
            ModalityError,
            "modalities: expected some of ['image', 'report'], got ['text']",
            lambda: study.auc(["text"]),
        ),
        (
            ModalityError,
            "modalities: expected some of ['image', 'report'], got []",
            lambda: study.auc([]),
        ),
        (
            TypeError,
            "modalities: expected a sequence of modalities, got 'image'",
            lambda: study.auc("image"),
        ),
        (
            ShapeError,
            "images: expected (N, 24, 24), got (2, 8, 8)",
            lambda: study.image_evidence(np.ones((2, 8, 8))),
        ),
        (
            ValueError,
            "stamp: expected None, as this study has no stamp, got 0.5",
            lambda: study.auc(stamp=0.5),
        ),
        (
            ValueError,
            "sample: expected reports with stamps, got some without",
            lambda: Study(stamp=0.9).report_evidence(plain),
        ),
        (
            ShapeError,
            "thresholds: expected (T,), got ()",
            lambda: study.beyond(0.0),
        ),
    ):
        assert_raises(error, message, call)
