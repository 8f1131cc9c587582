"""train (N, H, W, C) and other (M, H, W, C), pictures as floats. Returns other (M, H, W, C) with
each channel shifted and scaled by the mean and the standard deviation (divided by N H W) that this
channel has in train; a channel that is constant there is only shifted."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, plus, put, times

EACH = "One mean and one deviation for each channel, over all training pictures and pixels."
OTHERS = "The others shaped the numbers: they must come from the training pictures alone."
CHANNELS = np.array([[0.2, 0.5, 0.7], [0.05, 0.1, 0.3]])


def draw(rng, N=6, M=2, H=4, W=5, C=3):
    mean, std = np.resize(CHANNELS, (2, C))
    train, other = (rng.normal(size=(n, H, W, C)) for n in (N, M))
    return mean + std * train, mean + 0.1 + 2 * std * other


def scaled(train, other, axes=(0, 1, 2), shift=1, power=1, ddof=0):
    """The channels of ``other``, shifted and scaled as the arguments say."""
    constant = train.min(axes, keepdims=True) == train.max(axes, keepdims=True)
    std = np.where(constant, 1, train.std(axes, keepdims=True, ddof=ddof))
    return ((other - shift * train.mean(axes, keepdims=True)) / std**power).reshape(other.shape)


def to_range(train, other):
    low, high = train.min((0, 1, 2)), train.max((0, 1, 2))
    return (other - low) / np.where(high > low, high - low, 1)


wrong = Wrong(scaled)
CASES = (
    case("six pictures to learn from, two others", EACH),
    case("the training pictures themselves", "The same mean and deviation for every picture, "
         "wherever it comes from.", lambda train, _: (train, train.copy())),
    case("the others much brighter", "Do the others shape the numbers?", {"other": plus(100)}),
    case("two channels, another size", EACH, H=21, W=22, C=2),
    case("a channel that is 0.5 throughout", "A channel without any deviation is only shifted, not "
         "divided by zero.", {"train": put(np.s_[..., 1], 0.5)}),
    case("a channel that is 0.1 throughout", "The mean of equal numbers is rounded: what is left "
         "of such a channel is not quite 0.", {"train": put(np.s_[..., 1], 0.1)}),
    case("pictures as faint as 1e-20", "However little a channel varies, it is not constant: it is "
         "scaled like any other.", dict.fromkeys(("train", "other"), times(1e-20))),
)  # fmt: skip
MISTAKES = (
    (OTHERS, lambda t, o: scaled(o, o), lambda t, o: scaled(np.concatenate([t, o]), o)),
    ("Each picture has numbers of its own here: one mean for all.",
     lambda t, o: scaled(o, o, (1, 2))),
    ("Each pixel has numbers of its own here: one mean for all places.", wrong(axes=(0,))),
    ("One mean for all channels: each channel has its own.", wrong(axes=None)),
    ("Divide by the standard deviation, not by the variance.", wrong(power=2)),
    ("The mean is not taken away.", wrong(shift=0)),
    ("The deviation is not divided by.", wrong(power=0)),
    ("That is the sample's estimate, with N - 1: divide by N.", wrong(ddof=1)),
    ("That brings the training pictures to the range 0 to 1: another normalization.", to_range),
)  # fmt: skip
EXERCISE = Exercise(scaled, __doc__, CASES, MISTAKES, draw, axis="picture", long={"H": 2, "W": 3})
