"""Two views of one label: a classification task whose best possible accuracy is known.

A class is drawn, a picture and a caption each show a value that depends on it, each with its own
noise, and the label is the class with noise of its own. All of it is discrete, so the joint
distribution of (label, shown value, named value) is a small table, and what the best classifier
can reach, and what the views tell about the label and about each other, are sums over it.

In symbols: K values, sources (I, J), class C = c(I, J) among L classes, and

    A = I, or another value, uniformly, with rate e_a; then hidden with rate m_a   (picture)
    B = J, or another value, uniformly, with rate e_b; then hidden with rate m_b   (caption)
    Y = C, or another class, uniformly, with rate e_y                              (label)

    P(y, a, b) = sum_ij P(i, j) P(y | c(i, j)) P(a | i) P(b | j)
    best accuracy from a view v: sum_v max_y P(y, v); information I(Y; V) in bits.

The four settings, with q_a = (1 - m_a)(1 - e_a) + m_a / K, and q_b alike (every e at most 1 - 1/K):

    independent     I = J = C, uniform: each view errs on its own.
        accuracy on the class: q_a; q_b; with nothing hidden, both 1 - min(e_a, e_b): where two
        views of a class disagree, the better one is believed, so the worse one adds information
        but no accuracy. Hidden values are seen to be hidden, so there it does add accuracy.
    copied          I = J is C after the picture's noise: the caption names what is shown.
        With nothing hidden the caption adds nothing at all: I(both; Y) = I(picture; Y).
    complementary   I, J uniform, C = (I, J), L = K K: the picture knows the color, the caption
        the shape. Accuracies q_a / K; q_b / K; both q_a q_b.
    synergy         I, J uniform, C = I + J modulo K. Either view alone: 1 / K, no information.
        Both, with nothing hidden: (1 - e_a)(1 - e_b) + e_a e_b / (K - 1).

With label noise an accuracy of q becomes (1 - e_y) q + e_y (1 - q) / (L - 1), e_y <= 1 - 1/L.
With nothing hidden and one view that errs with rate e in all, I = log2 K - H(e) with
H(e) = -(1 - e) log2 (1 - e) - e log2 (e / (K - 1)); hiding with rate m makes it (1 - m) of that.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from mmref.contract.settings import check_choice, check_count, check_number, check_seed
from mmref.data.scenes.attributes import (
    COLORS,
    LANGUAGES,
    PLACES,
    SHAPES,
    SIZES,
    check_number_of_scenes,
)
from mmref.data.scenes.claims import Claim, Thing
from mmref.data.scenes.corruption import corrupt
from mmref.data.scenes.generation import compose
from mmref.data.scenes.language import TEMPLATES, say
from mmref.data.scenes.world import Scenes
from mmref.types import Array

SETTINGS = ("independent", "copied", "complementary", "synergy")
HIDDEN = "black"  # the color that no class has
VALUES = 5  # colors but for that one; shapes


@dataclass(frozen=True, eq=False)
class Joint:
    """The joint distribution of a label and two views.

    table: (L, K + 1, K + 1) float64, P(label, shown, named); the last value is "hidden".
    """

    table: Array

    def accuracy(self) -> dict[str, float]:
        """The best possible accuracy from nothing, the image, the text and both.

        >>> joint("independent", 4, image_noise=0.2, text_noise=0.3).accuracy()
        {'none': 0.25, 'image': 0.8, 'text': 0.7, 'both': 0.8}
        >>> joint("synergy", 2).accuracy()
        {'none': 0.5, 'image': 0.5, 'text': 0.5, 'both': 1.0}
        """
        views = {"none": (1, 2), "image": (2,), "text": (1,), "both": ()}
        return {
            view: round(float(self.table.sum(others).max(0).sum()), 12)
            for view, others in views.items()
        }

    def information(self) -> dict[str, float]:
        """Mutual information with the label, in bits, of the image, the text and both;
        "image_text" is that between the views, "synergy" both - image - text. A negative
        "synergy" says that the views repeat each other.

        >>> joint("complementary", 4).information()["both"]
        4.0
        """
        table = self.table
        image, text = _information(table.sum(2)), _information(table.sum(1))
        both = _information(table.reshape(len(table), -1))
        bits = {"image": image, "text": text, "both": both}
        bits |= {"image_text": _information(table.sum(0)), "synergy": both - image - text}
        return {view: round(value, 12) + 0.0 for view, value in bits.items()}


@dataclass(frozen=True, eq=False)
class Views:
    """N samples of the task; row i of every field belongs together.

    scenes: pictures of one object; its color is the shown value, black where that is hidden.
        Shape (but see below), size and place mean nothing.
    texts: captions that name a color ("a red object") or, in "complementary", a shape ("a star");
        "an object" where the value is hidden. The shape in the picture is another, at random.
    labels: (N,) int64, with their noise.
    classes: (N,) int64, the labels before their noise.
    shown, named: (N,) int64, the values, 0 to K - 1, or K where hidden. Value k is the color
        COLORS[k] or the shape SHAPES[k]; the class of "complementary" is K shown + named.
    joint: the distribution that all of this comes from.
    """

    scenes: Scenes
    texts: tuple[str, ...]
    labels: Array
    classes: Array
    shown: Array
    named: Array
    joint: Joint

    def __len__(self) -> int:
        return len(self.labels)


def joint(
    setting: str,
    values: int = VALUES,
    image_noise: float = 0.0,
    text_noise: float = 0.0,
    image_hidden: float = 0.0,
    text_hidden: float = 0.0,
    label_noise: float = 0.0,
) -> Joint:
    """The joint distribution of a task; see the top of this module for settings and formulas.

    values: K, 2 to 5. Noise rates are at most 1 - 1/K (for labels 1 - 1/L), where nothing is
    left to know. Raises ChoiceError, ValueError or TypeError for anything else.

    >>> joint("complementary", 2).table.shape
    (4, 3, 3)
    """
    check_choice("setting", setting, SETTINGS)
    check_count("values", values)
    check_choice("values", int(values), tuple(range(2, VALUES + 1)))
    k = int(values)
    classes = k * k if setting == "complementary" else k
    check_number("image_noise", image_noise, 0, 1 - 1 / k, closed=True)
    check_number("text_noise", text_noise, 0, 1 - 1 / k, closed=True)
    check_number("image_hidden", image_hidden, 0, 1, closed=True)
    check_number("text_hidden", text_hidden, 0, 1, closed=True)
    check_number("label_noise", label_noise, 0, 1 - 1 / classes, closed=True)
    sources = _sources(setting, k)  # (I, J, L)
    shown, named = _channel(k, image_noise), _channel(k, text_noise)
    if setting == "copied":
        # Both sources are the class after the picture's noise.
        sources = np.einsum("iil,ix->xl", sources, shown)[:, None] * np.eye(k)[..., None]
        shown = np.eye(k)
    shown, named = _hide(shown, image_hidden), _hide(named, text_hidden)
    labels = _channel(sources.shape[2], label_noise)
    return Joint(np.einsum("ijl,ly,ia,jb->yab", sources, labels, shown, named))


def two_views(
    n: int,
    seed: int,
    setting: str = "independent",
    values: int = VALUES,
    pixel_noise: float = 0.0,
    side: int = 32,
    language: str = "en",
    **rates: float,
) -> Views:
    """Draw n samples of a task with its pictures and captions. Row i depends on seed and i.

    pixel_noise: standard deviation of Gaussian noise added to the pixels (0 to 1; the result is
        clipped and rounded). It is not part of ``joint``: what it hides comes on top, so with it
        the accuracies there are upper bounds, which no classifier can exceed.
    rates: image_noise, text_noise, image_hidden, text_hidden, label_noise; what they mean, and
        other arguments and errors, is said in ``joint`` and ``generate``.

    >>> task = two_views(3, seed=0, setting="complementary", values=3)
    >>> task.texts, task.labels, task.joint.accuracy()["both"]
    (('there is a circle', 'a triangle', 'a square'), array([3, 2, 7]), 1.0)
    """
    check_number_of_scenes(n, side)
    check_seed(seed)
    check_number("pixel_noise", pixel_noise, 0)
    check_choice("language", language, LANGUAGES)
    distribution = joint(setting, values, **rates)
    rate = defaultdict(float, rates)
    draws = np.random.default_rng(seed).random((n, 11)).T
    source = (draws[:2] * values).astype(np.int64)
    if setting in ("independent", "copied"):
        classes, source = source[0], source[[0, 0]]
    else:
        classes = source[0] * values + source[1]
        classes = classes if setting == "complementary" else source.sum(0) % values
    shown = _flip(source[0], rate["image_noise"], values, draws[2])
    told = shown if setting == "copied" else source[1]
    named = _flip(told, rate["text_noise"], values, draws[3])
    labels = _flip(classes, rate["label_noise"], len(distribution.table), draws[4])
    shown = np.where(draws[5] < rate["image_hidden"], values, shown)
    named = np.where(draws[6] < rate["text_hidden"], values, named)

    objects = []
    for value, *rest in zip(shown.tolist(), *draws[7:10], strict=True):
        size, shape, place = (
            names[int(u * len(names))] for names, u in zip(_NUISANCES, rest, strict=True)
        )
        objects.append([(size, HIDDEN if value == values else COLORS[value], shape, place)])
    scenes = compose(objects, seed, side)
    if pixel_noise:
        clean = scenes.images / np.float32(255)
        noisy = corrupt(clean, np.random.default_rng((seed, 1)), pixel_noise)
        images = np.rint(noisy.clip(0, 1) * 255).astype(np.uint8)
        scenes = Scenes(images, scenes.objects)
    names, kind = (SHAPES, "shape") if setting == "complementary" else (COLORS, "color")
    things = [Thing(**{} if v == values else {kind: names[v]}) for v in named.tolist()]
    templates = (draws[10] * TEMPLATES).astype(int).tolist()
    texts = [say((Claim(thing),), language, i) for thing, i in zip(things, templates, strict=True)]
    return Views(scenes, tuple(texts), labels, classes, shown, named, distribution)


_NUISANCES = (SIZES, SHAPES, PLACES)


def _sources(setting, k):
    """P(I, J, C) before any noise: (K, K, L)."""
    i, j = np.divmod(np.arange(k * k), k)
    if setting in ("independent", "copied"):
        i = j = c = np.arange(k)
    else:
        c = k * i + j if setting == "complementary" else (i + j) % k
    result = np.zeros((k, k, c.max() + 1))
    result[i, j, c] = 1 / len(c)
    return result


def _channel(k, noise):
    """P(out | in) where noise changes a value to another: (K, K)."""
    return np.where(np.eye(k, dtype=bool), 1 - noise, noise / (k - 1))


def _hide(channel, rate):
    """A channel whose output is hidden at this rate: one more column."""
    return np.column_stack([(1 - rate) * channel, np.full(len(channel), rate)])


def _flip(values, noise, k, draws):
    """Change values to another, uniformly, where the draw is below the noise."""
    steps = 1 + (draws / max(noise, 1e-300) * (k - 1)).clip(0, k - 2).astype(np.int64)
    return np.where(draws < noise, (values + steps) % k, values)


def _information(table):
    """Mutual information of a joint distribution (X, Y), in bits."""
    product = table.sum(1, keepdims=True) * table.sum(0, keepdims=True)
    some = table > 0
    return float((table[some] * np.log2(table[some] / product[some])).sum())
