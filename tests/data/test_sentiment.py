"""Sentiment: the best accuracies, by the best observer, by integration and by other judges."""

from itertools import combinations, product
from math import log

import numpy as np
import pytest

from mmref.data import emoji, sentiment
from mmref.data.sentiment import MODALITIES, QUESTIONS, best_accuracy, draw
from mmref.data.sentiment import _faces as faces
from mmref.data.sentiment import _voices as voices
from mmref.data.sentiment import _words as grammar
from mmref.data.text import words

N, RHO, PHI, MU, SIGMAS = 200_000, 0.3, 0.2, 0.25, np.array([0.3, 0.35])
SUBSETS = [list(c) for k in range(4) for c in combinations(MODALITIES, k)]
every_subset = pytest.mark.parametrize("there", SUBSETS, ids="+".join)


def hidden(n, seed, rho=RHO, phi=PHI):
    """What the docstring says, drawn anew: mood, irony, and what the three say."""
    rng = np.random.default_rng(seed)
    y = np.where(rng.random(n) < 0.5, 1, -1)
    s = np.where(rng.random(n) < rho, -1, 1)
    f = np.where(rng.random(n) < phi, -y, y)
    return y, s, f, y * s, y[:, None] * MU + SIGMAS * rng.normal(size=(n, 2))


def log_odds(there, f, w, v, rho=RHO, phi=PHI):
    parts = {
        "face": f * log((1 - phi) / phi),
        "words": w * log((1 - rho) / rho),
        "voice": (2 * MU * v / SIGMAS**2).sum(axis=1),
    }
    return sum((parts[m] for m in there), np.zeros(len(f)))


@every_subset
@pytest.mark.parametrize(("rho", "phi"), [(RHO, PHI), (0.1, 0.4), (0.6, 0.05)])
def test_who_knows_the_generator_is_as_right_as_the_formula_says(there, rho, phi):
    y, s, f, w, v = hidden(N, 0, rho, phi)
    guess = np.where(log_odds(there, f, w, v, rho, phi) > 0, 1, -1)
    near = 5 * 0.5 / N**0.5
    assert (guess == y).mean() == pytest.approx(best_accuracy("mood", there, rho, phi), abs=near)
    irony = w * guess if "words" in there else np.full(N, 1 if rho < 0.5 else -1)
    assert (irony == s).mean() == pytest.approx(best_accuracy("irony", there, rho, phi), abs=near)


@every_subset
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_formula_is_an_integral_of_the_larger_density(there, question):
    """By SciPy, of the joint densities as the generator is described, on both axes of the voice."""
    from scipy.integrate import simpson
    from scipy.stats import multivariate_normal

    def density(y, s, f, w, a, b):
        p = 0.5 * (RHO if s < 0 else 1 - RHO) * (w == y * s if "words" in there else 1)
        p *= (1 - PHI if f == y else PHI) if "face" in there else 1
        return p * (normal[y].pdf([a, b]) if "voice" in there else 1)

    normal = {y: multivariate_normal([y * MU, y * MU], np.diag(SIGMAS**2)) for y in (-1, 1)}

    def largest(a, b):
        total = 0.0
        for f, w in product(*((-1, 1) if m in there else (1,) for m in ("face", "words"))):
            p = {(y, s): density(y, s, f, w, a, b) for y in (-1, 1) for s in (-1, 1)}
            of = 0 if question == "mood" else 1
            total += max(sum(q for k, q in p.items() if k[of] == sign) for sign in (-1, 1))
        return total

    found = largest(0, 0)
    if "voice" in there:
        step = 0.08
        grid = np.arange(-2, 2, step)
        inner = [simpson([largest(a, b) for b in grid], dx=step) for a in grid]
        found = simpson(inner, dx=step)
    assert best_accuracy(question, there) == pytest.approx(found, abs=1e-3)


def test_discriminant_analysis_and_logistic_regression_get_no_further():
    """Scikit-learn's, from what is hidden: the mood is a sum, irony is not, but a product is."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.linear_model import LogisticRegression

    y, s, f, w, v = hidden(N, 1)
    x, half = np.column_stack([f, w, v]), N // 2

    def right(model, x, y):
        return model.fit(x[:half], y[:half]).score(x[half:], y[half:])

    near = 5 * 0.5 / half**0.5
    alone = right(LinearDiscriminantAnalysis(), v, y)
    assert alone == pytest.approx(best_accuracy("mood", ["voice"]), abs=near)
    total = best_accuracy("mood")
    assert right(LogisticRegression(), x, y) == pytest.approx(total, abs=near)
    assert right(LogisticRegression(), x, s) == pytest.approx(1 - RHO, abs=near)
    products = np.column_stack([w * f, w[:, None] * v])
    assert right(LogisticRegression(), products, s) == pytest.approx(total, abs=near)


def test_values_by_hand():
    assert best_accuracy("mood", []) == 0.5
    assert best_accuracy("mood", ["face"]) == pytest.approx(0.8)
    assert best_accuracy("mood", ["words"]) == pytest.approx(0.7)
    assert best_accuracy("mood", ["face", "words"]) == pytest.approx(0.8)  # who believes the face
    assert best_accuracy("irony", ["face", "words"]) == pytest.approx(0.8)
    for there in SUBSETS:
        if "words" not in there:
            assert best_accuracy("irony", there) == 0.7
    assert best_accuracy("irony", rho=0) == best_accuracy("mood", rho=1) == 1
    assert best_accuracy("mood", ["face", "voice"], phi=0) == 1


def test_what_is_drawn_is_as_frequent_and_as_noisy_as_was_said():
    data = draw(8000, 0)
    y = 2 * data.moods - 1
    near = 4 * 0.5 / len(data) ** 0.5
    assert data.moods.mean() == pytest.approx(0.5, abs=near)
    assert data.irony.mean() == pytest.approx(RHO, abs=near)
    assert (data.shown != y).mean() == pytest.approx(PHI, abs=near)
    assert ((data.said == y) == (data.irony == 0)).all()
    errors = data.heard - MU * y[:, None]
    assert errors.std(axis=0) == pytest.approx(SIGMAS, rel=0.05)
    assert abs(np.corrcoef(errors.T)[0, 1]) < 0.06


def test_a_draw_depends_on_its_seed_and_its_part_alone():
    first, again, other = draw(40, 3), draw(40, 3), draw(40, 3, "test")
    for field in ("faces", "voices", "moods", "irony", "shown", "said", "heard"):
        assert (getattr(first, field) == getattr(again, field)).all()
        assert (getattr(first, field) != getattr(other, field)).any()
    assert first.texts == again.texts != other.texts and len(first) == 40
    assert first.faces.dtype == np.uint8 and first.voices.dtype == np.float32


def test_a_sentence_says_what_it_should_and_stands_in_one_part():
    parts = {part: draw(3000, 0, part) for part in sentiment.PARTS}
    for data in parts.values():
        for text, said in zip(data.texts, data.said, strict=True):
            language = "en" if text.isascii() else "zh"
            good, bad = (
                any(f" {a} " in f" {text} " if language == "en" else a in text for a in some)
                for some in (grammar.GOOD[language], grammar.BAD[language])
            )
            denied = any(word in (*words(text),) for word in ("not", "never", "不"))
            assert good != bad and said == (1 if good else -1) * (-1 if denied else 1), text
    train, test = (set(data.texts) for data in parts.values())
    assert not train & test and len(test) > 150
    assert {w for t in test for w in words(t)} <= {w for t in train for w in words(t)}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_language_can_be_asked_for(language):
    assert {text.isascii() for text in draw(60, 0, language=language).texts} == {language == "en"}


def test_no_face_of_the_tests_is_in_the_training():
    data = emoji.load("both", groups=("Smileys & Emotion",))
    for names in (faces.GLAD, faces.SAD):
        assert set(names) <= set(data.names)
        held_out = np.isin(data.folds, faces.TESTS)[np.isin(data.names, names)]
        assert 5 <= held_out.sum() <= len(held_out) - 10
    centers = {}
    for part in sentiment.PARTS:
        pictures = draw(400, 0, part).faces[:, 8:24, 8:24]
        centers[part] = {p.tobytes() for p in pictures}
    assert not centers["train"] & centers["test"]


def test_the_voice_has_the_pitch_and_the_pace_that_it_was_given():
    """By the strongest period of the samples, and of their loudness."""
    pitch, pace = np.array([90.0, 140, 190, 260, 400]), np.array([3.0, 4, 5, 7, 10])
    sounds = voices.speak(pitch, pace, np.random.default_rng(0)).astype(float)
    T, R = sounds.shape[1], voices.RATE
    assert np.abs(sounds).max() < 0.6
    for x, f, p in zip(sounds, pitch, pace, strict=True):
        ridge = np.abs(np.fft.rfft(x * np.hanning(T), 8 * T))
        hertz = np.arange(len(ridge)) * R / (8 * T)
        near = (hertz > 0.8 * f) & (hertz < 1.25 * f)
        assert hertz[near][ridge[near].argmax()] == pytest.approx(f, rel=0.04)
        loud = np.convolve(x**2, np.ones(160) / 160, "same")
        beats = np.abs(np.fft.rfft((loud - loud.mean()) * np.hanning(T), 8 * T))
        slow = hertz < 16
        assert hertz[slow][beats[slow].argmax()] == pytest.approx(p, rel=0.2)


def test_the_resonances_are_where_the_vowel_has_them():
    one = voices._periods(np.array([50.0]), np.array([1.0]))[0]
    power = np.abs(np.fft.rfft(one, axis=1)) ** 2 * np.arange(len(one[0]) // 2 + 1) ** 2
    for vowel, F in zip(power, voices.FORMANTS, strict=True):
        peaks = [k for k in range(2, 79) if vowel[k - 1] < vowel[k] > vowel[k + 1]]
        assert min(abs(50 * np.array(peaks) - F[0])) <= 50


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: draw(0, 0), "ValueError: n: expected an integer, at least 1, got 0"),
        (lambda: draw(3, -1), "ValueError: seed: expected an integer, at least 0, got -1"),
        (
            lambda: draw(3, 0, "validation"),
            "ChoiceError: part: expected one of 'train', 'test'; got 'validation'",
        ),
        (
            lambda: draw(3, 0, language="de"),
            "ChoiceError: language: expected one of 'en', 'zh', 'both'; got 'de'",
        ),
        (lambda: draw(3, 0, rho=1.5), "ValueError: rho: expected a number in [0, 1], got 1.5"),
        (
            lambda: best_accuracy("sarcasm"),
            "ChoiceError: question: expected one of 'mood', 'irony'; got 'sarcasm'",
        ),
        (
            lambda: best_accuracy("mood", ["smell"]),
            "ModalityError: present: expected some of ['face', 'words', 'voice'], each once, got "
            "['smell']",
        ),
        (
            lambda: best_accuracy("mood", "face"),
            "TypeError: present: expected a sequence of modalities, got 'face'",
        ),
        (
            lambda: best_accuracy("mood", phi=None),
            "TypeError: phi: expected a number in [0, 1], got None",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(call, message):
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert f"{type(caught.value).__name__}: {caught.value}" == message
