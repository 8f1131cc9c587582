"""Two views of a label: what is best is computed from tables, formulas and pictures alike."""

from itertools import product

import numpy as np
import pytest

from mmref.data import scenes
from mmref.data.scenes import COLORS, PLACES, SETTINGS, SHAPES
from mmref.errors import ChoiceError

RATES = ("image_noise", "text_noise", "image_hidden", "text_hidden", "label_noise")
SOME = [
    (0, 0, 0, 0, 0),
    (0.2, 0.3, 0, 0, 0),
    (0.3, 0.1, 0, 0, 0.15),
    (0.1, 0.25, 0.4, 0.2, 0.1),
    (0.5, 0.5, 1, 0, 0),
    (0.5, 0, 0, 1, 0.5),
]
every_setting = pytest.mark.parametrize("setting", SETTINGS)
every_rate = pytest.mark.parametrize("rates", SOME)


def best(setting, k, e_a, e_b, m_a, m_b, e_y):
    """The accuracies by formula, for errors at most 1 - 1/k."""
    labels = k * k if setting == "complementary" else k
    q_a, q_b = ((1 - m) * (1 - e) + m / k for m, e in ((m_a, e_a), (m_b, e_b)))
    seen = (1 - m_a) * (1 - m_b)
    # What the caption names is right when neither erred, or the second error undid the first.
    right = (1 - e_a) * (1 - e_b) + e_a * e_b / (k - 1)
    if setting in ("independent", "copied"):
        copied = setting == "copied"
        image, text = q_a, (1 - m_b) * right + m_b / k if copied else q_b
        one_a, one_b = 1 - e_a, right if copied else 1 - e_b
        two = 1 - e_a if copied else 1 - min(e_a, e_b)
        both = seen * two + (1 - m_a) * m_b * one_a + m_a * (1 - m_b) * one_b + m_a * m_b / k
    elif setting == "complementary":
        image, text, both = q_a / k, q_b / k, q_a * q_b
    else:
        image = text = 1 / k
        both = seen * right + (1 - seen) / k
    clean = {"none": 1 / labels, "image": image, "text": text, "both": both}
    return {v: (1 - e_y) * q + e_y * (1 - q) / (labels - 1) for v, q in clean.items()}


def entropy(p):
    p = np.asarray(p, float).ravel()
    p = p[p > 0]
    return -(p * np.log2(p)).sum()


def channel(k, e):
    """The information of a symmetric channel that errs with rate e."""
    return np.log2(k) - entropy([1 - e, *[e / (k - 1)] * (k - 1)])


@every_setting
@every_rate
@pytest.mark.parametrize("k", [2, 3, 5])
def test_accuracies_are_those_of_the_formulas(setting, rates, k):
    table = scenes.joint(setting, k, **dict(zip(RATES, rates)))
    assert table.accuracy() == pytest.approx(best(setting, k, *rates), abs=1e-11)
    assert table.table.sum() == pytest.approx(1)


@every_rate
@pytest.mark.parametrize("k", [2, 5])
def test_information_is_that_of_the_formulas(rates, k):
    e_a, e_b, m_a, m_b, e_y = rates

    def then(a, b):
        return 1 - ((1 - a) * (1 - b) + a * b / (k - 1))

    named = dict(zip(RATES, rates))
    bits = scenes.joint("independent", k, **named).information()
    assert bits["image"] == pytest.approx((1 - m_a) * channel(k, then(e_a, e_y)), abs=1e-9)
    assert bits["text"] == pytest.approx((1 - m_b) * channel(k, then(e_b, e_y)), abs=1e-9)
    between = (1 - m_a) * (1 - m_b) * channel(k, then(e_a, e_b))
    assert bits["image_text"] == pytest.approx(between, abs=1e-9)
    # The caption repeats the picture: with nothing hidden there, it adds nothing.
    copied = scenes.joint("copied", k, **(named | {"image_hidden": 0})).information()
    assert copied["both"] == pytest.approx(copied["image"], abs=1e-9)
    # Neither view alone knows anything; both know what the channel of their sum lets through.
    bits = scenes.joint("synergy", k, **named).information()
    seen = (1 - m_a) * (1 - m_b)
    whole = seen * channel(k, then(then(e_a, e_b), e_y))
    assert bits == pytest.approx(
        {"image": 0, "text": 0, "both": whole, "image_text": 0, "synergy": whole}, abs=1e-9
    )
    # Without label noise, each half of a complementary label is known apart.
    bits = scenes.joint("complementary", k, **(named | {"label_noise": 0})).information()
    halves = (1 - m_a) * channel(k, e_a), (1 - m_b) * channel(k, e_b)
    assert bits == pytest.approx(
        {"image": halves[0], "text": halves[1], "both": sum(halves), "image_text": 0, "synergy": 0},
        abs=1e-9,
    )


@every_setting
def test_no_rule_does_better(setting):
    """All rules from (shown, named) to a label, for two values: the best of them is the bound."""
    joint = scenes.joint(setting, 2, 0.2, 0.1, label_noise=0.1)
    table = joint.table[:, :2, :2]  # nothing is hidden
    labels = len(table)
    a, b = np.indices((2, 2))
    both = max(
        table[np.reshape(rule, (2, 2)), a, b].sum() for rule in product(range(labels), repeat=4)
    )
    image = max(table[np.array(rule)[a], a, b].sum() for rule in product(range(labels), repeat=2))
    text = max(table[np.array(rule)[b], a, b].sum() for rule in product(range(labels), repeat=2))
    found = {"none": table.sum((1, 2)).max(), "image": image, "text": text, "both": both}
    assert joint.accuracy() == pytest.approx(found, abs=1e-11)


def readings(task, n, setting, language):
    """What pictures show and captions name, by the oracle and the parser alone."""
    seen = scenes.read(task.scenes.images[:n]).objects
    k = task.joint.table.shape[1] - 1
    shown = np.where(seen.colors[:, 0] == COLORS.index("black"), k, seen.colors[:, 0])
    things = [scenes.parse(text, language)[0].thing for text in task.texts[:n]]
    words = [thing.shape if setting == "complementary" else thing.color for thing in things]
    names = SHAPES if setting == "complementary" else COLORS
    return shown, np.array([k if word is None else names.index(word) for word in words])


@every_setting
@pytest.mark.parametrize("rates", [SOME[1], SOME[3]])
def test_the_best_rule_from_pixels_and_text_reaches_the_bound(setting, rates):
    """Rules counted on one half, scored on the other; and their information."""
    n, k = 6000, 3
    language = "zh" if rates is SOME[1] else "en"
    task = scenes.two_views(n, 5, setting, k, **dict(zip(RATES, rates)), language=language)
    shown, named = readings(task, 1000, setting, language)
    assert (shown == task.shown[:1000]).all() and (named == task.named[:1000]).all()
    shown, named = task.shown, task.named
    accuracy, bits = task.joint.accuracy(), task.joint.information()
    counts = np.zeros(task.joint.table.shape)
    np.add.at(counts, (task.labels[: n // 2], shown[: n // 2], named[: n // 2]), 1)
    rules = {
        "none": np.broadcast_to(counts.sum((1, 2)).argmax(), (k + 1, k + 1)),
        "image": np.broadcast_to(counts.sum(2).argmax(0)[:, None], (k + 1, k + 1)),
        "text": np.broadcast_to(counts.sum(1).argmax(0), (k + 1, k + 1)),
        "both": counts.argmax(0),
    }
    for view, rule in rules.items():
        score = (rule[shown, named] == task.labels)[n // 2 :].mean()
        deviation = np.sqrt(accuracy[view] * (1 - accuracy[view]) / (n / 2))
        assert abs(score - accuracy[view]) < 4 * deviation + 0.004, view
    np.add.at(counts, (task.labels[n // 2 :], shown[n // 2 :], named[n // 2 :]), 1)
    p = counts / n
    label, parts = entropy(p.sum((1, 2))), {"image": p.sum(2), "text": p.sum(1), "both": p}
    for view, joint in parts.items():
        information = label + entropy(joint.sum(0)) - entropy(joint)
        assert information == pytest.approx(bits[view], abs=0.06)
    # All cells of the table, not only its maxima.
    deviation = np.sqrt(task.joint.table * (1 - task.joint.table) / n)
    assert (np.abs(p - task.joint.table) < 4.5 * deviation + 1e-12).all()


def test_when_fusion_helps():
    """The four settings differ in what the second view is worth."""
    accuracy = {s: scenes.joint(s, 4, 0.2, 0.3).accuracy() for s in SETTINGS}
    assert accuracy["independent"]["both"] == accuracy["independent"]["image"] == 0.8
    assert accuracy["copied"]["both"] == accuracy["copied"]["image"] == 0.8
    assert accuracy["complementary"]["both"] == pytest.approx(0.56)
    assert accuracy["complementary"]["image"] == pytest.approx(0.2)
    assert accuracy["synergy"]["image"] == accuracy["synergy"]["text"] == 0.25
    assert accuracy["synergy"]["both"] == pytest.approx(0.58)
    bits = {s: scenes.joint(s, 4, 0.2, 0.3).information() for s in SETTINGS}
    assert bits["independent"]["both"] > bits["independent"]["image"] + 0.1
    assert bits["copied"]["both"] == pytest.approx(bits["copied"]["image"])
    hidden = scenes.joint("independent", 4, image_hidden=0.3, text_hidden=0.4).accuracy()
    assert hidden["both"] == pytest.approx(1 - 0.12 * 0.75)
    assert hidden["image"] == pytest.approx(1 - 0.3 * 0.75)


def test_pixel_noise_only_hides():
    settings = dict(setting="independent", values=4, image_noise=0.1, text_hidden=1)
    clean = scenes.two_views(700, 6, **settings)
    noisy = scenes.two_views(700, 6, **settings, pixel_noise=0.5)
    assert clean.texts == noisy.texts and (clean.labels == noisy.labels).all()
    difference = noisy.scenes.images.astype(float) - clean.scenes.images
    assert difference.std() > 40 and noisy.scenes.images.dtype == np.uint8
    # What noise lifts above white stays white: half of a white ground, and no overflow to black.
    ground = noisy.scenes.images[clean.scenes.images == 255]
    assert abs((ground == 255).mean() - 0.5) < 0.01 and (ground < 20).mean() < 0.05
    seen = scenes.read(noisy.scenes.images).objects
    score = (seen.colors[:, 0] == noisy.labels).mean()
    bound = noisy.joint.accuracy()["both"]
    assert bound == pytest.approx(0.9)
    assert score < bound + 4 * np.sqrt(0.09 / 700) and score < (clean.shown == clean.labels).mean()


def test_rest_of_the_picture_means_nothing():
    task = scenes.two_views(8000, 7, "independent", 3)
    objects = task.scenes.objects
    assert (objects.mask.sum(1) == 1).all()
    for field, kinds in (("shapes", 5), ("sizes", 2), ("places", len(PLACES))):
        counts = np.zeros((3, kinds))
        np.add.at(counts, (task.labels, getattr(objects, field)[:, 0]), 1)
        expected = counts.sum(1, keepdims=True) / kinds
        assert ((counts - expected) ** 2 / expected).sum() < 3 * kinds + 5 * np.sqrt(6 * kinds)
    # Nor does one of them tell anything about another.
    parts = [getattr(objects, field)[:, 0] for field in ("shapes", "sizes", "places")]
    counts = np.zeros((5, 2, len(PLACES)))
    np.add.at(counts, tuple(parts), 1)
    expected = 8000 / counts.size
    assert ((counts - expected) ** 2 / expected).sum() < counts.size + 5 * np.sqrt(2 * counts.size)
    # Captions are said in both ways, whatever they say.
    long = np.array([text.startswith("there is") for text in task.texts])
    for label in range(3):
        assert abs(long[task.labels == label].mean() - 0.5) < 0.06


@every_setting
def test_what_is_hidden_looks_hidden(setting):
    task = scenes.two_views(200, 11, setting, 3, image_hidden=0.4, text_hidden=0.3)
    colors = scenes.read(task.scenes.images).objects.colors[:, 0]
    hidden = task.shown == 3
    assert hidden.any() and (colors[hidden] == COLORS.index("black")).all()
    assert (colors[~hidden] == task.shown[~hidden]).all()
    silent = np.array([text.endswith("an object") for text in task.texts])
    assert silent.any() and (silent == (task.named == 3)).all()


@every_setting
def test_rows_depend_on_seed_and_number_alone(setting):
    rates = dict(zip(RATES, SOME[3]))
    whole = scenes.two_views(300, 8, setting, **rates, pixel_noise=0.1)
    part = scenes.two_views(40, 8, setting, **rates, pixel_noise=0.1)
    assert part.texts == whole.texts[:40] and len(part) == 40
    for field in ("labels", "classes", "shown", "named"):
        assert (getattr(part, field) == getattr(whole, field)[:40]).all()
    assert (part.scenes.images == whole.scenes.images[:40]).all()
    other = scenes.two_views(300, 9, setting, **rates)
    assert (other.shown != whole.shown).any()
    wrong = (whole.labels != whole.classes).mean()
    assert abs(wrong - rates["label_noise"]) < 0.07


@pytest.mark.parametrize(
    "arguments, error, named",
    [
        ({"setting": "xor"}, ChoiceError, "setting: expected one of 'independent', .*got 'xor'"),
        ({"values": 6}, ChoiceError, "values: expected one of 2, 3, 4, 5; got 6"),
        ({"image_noise": 0.81}, ValueError, r"image_noise: expected a number in \[0, 0.8\], got"),
        ({"text_noise": -0.1}, ValueError, "text_noise"),
        (
            {"image_hidden": 1.5},
            ValueError,
            r"image_hidden: expected a number in \[0, 1\], got 1.5",
        ),
        ({"text_hidden": float("nan")}, ValueError, "text_hidden"),
        ({"label_noise": 0.9}, ValueError, "label_noise"),
    ],
)
def test_settings_of_views_that_do_not_exist_are_refused(arguments, error, named):
    for function in (scenes.joint, lambda **kw: scenes.two_views(3, 0, **kw)):
        with pytest.raises(error, match=named):
            function(**({"setting": "independent"} | arguments))


def test_labels_may_err_more_often_where_there_are_more():
    """Four labels of two values each: three errors in four leave nothing to know."""
    assert scenes.joint("complementary", 2, label_noise=0.75).accuracy()["both"] == 0.25
    with pytest.raises(
        ValueError, match=r"label_noise: expected a number in \[0, 0.75\], got 0.76"
    ):
        scenes.joint("complementary", 2, label_noise=0.76)


def test_bad_input_of_the_samples():
    for arguments, error, named in [
        ({"n": -1}, ValueError, "n: "),
        ({"seed": 0.5}, TypeError, "seed: "),
        ({"pixel_noise": -1}, ValueError, "pixel_noise: expected a finite number, at least 0"),
    ]:
        with pytest.raises(error, match=named):
            scenes.two_views(**({"n": 3, "seed": 0} | arguments))
    for arguments in ({"side": 16}, {"language": "de"}):
        with pytest.raises(ChoiceError, match=next(iter(arguments))):
            scenes.two_views(3, 0, **arguments)
