"""probabilities is a dict from each modality's name to its class probabilities, floats (B, K);
weights are floats (M,), in the order of that dict, which may be negative and need not sum to 1.
Returns the class labels, integers (B,): in each row the index, from 0, of the class with the
largest weighted sum of probabilities over the modalities, of equals the first."""

import numpy as np

from mmref.check.exercise import INTEGERS, Exercise, case

PRODUCT = "A product of probabilities is another rule: here they are added."
VOTE = "A vote forgets how sure each modality is."
SUREST = "The surest modality alone is another rule: here all of them count."
SIDE_BY_SIDE = "That is a position among all modalities' numbers side by side, not a class."
IN_ORDER = "The weights follow the order of the mapping."
ALL = "Which class has the largest weighted probability, all modalities together?"
WHICH_AXIS = "Along which axis do the classes lie?"
ANY = "Any number of modalities may come, by any names, in any order."
ANY_WEIGHT = "Weights are numbers like any others: they may be negative, and need not sum to 1."
FIRST = "Of equal scores, the first counts."
THREE, FIVE = ("image", "text", "audio"), ("radar", "map", "video", "lidar", "depth")


def draw(rng, B=60, K=4, names=THREE, weights=None):
    """Labels say little, so it takes many rows to tell one mistake from another."""
    p = {m: rng.dirichlet(np.full(K, 0.7), size=B).round(3) for m in names}
    return p, np.array(weights or rng.uniform(0.2, 0.5, len(names)).round(2))


def tied(p, _):
    """Halves and quarters, so that sums are exact and often equal."""
    return {m: np.roll(np.eye(4)[:3] / 2 + 1 / 8, i, 1) for i, m in enumerate(p)}, np.ones(len(p))


def weighed(p, w):
    """What is added up, (M, B, K)."""
    return w[:, None, None] * np.stack(list(p.values()))


def decision_fusion(probabilities, weights):
    return weighed(probabilities, weights).sum(axis=0).argmax(axis=1)


def after(change, even=False):
    """Right, but for ``change(probabilities of a modality)`` first, and perhaps even weights."""
    return lambda p, w: decision_fusion({m: change(q) for m, q in p.items()}, w**0 if even else w)


def vote(q):
    return np.eye(q.shape[1])[q.argmax(axis=1)]


def log(q):
    return np.log(q + 1e-12)


CASES = (
    case("three modalities, four classes", ALL),
    case("two modalities", ANY, names=THREE[:2]),
    case("five modalities with names of their own", ANY, names=FIVE),
    case("as many rows as classes", WHICH_AXIS, B=5, K=5),
    case("weights that do not sum to 1", ANY_WEIGHT, weights=(3.0, 4.5, 2.5)),
    case("a negative weight", ANY_WEIGHT, weights=(0.6, -0.4, 0.8)),
    case("weights with a negative sum", ANY_WEIGHT, weights=(0.3, -0.9, 0.1)),
    case("equal scores", FIRST, tied),
    case("one row", "The batch axis stays.", B=1),
)
MISTAKES = (
    (PRODUCT, after(log), after(log, even=True)),
    (VOTE, after(vote), after(vote, even=True)),
    (SUREST, lambda p, w: weighed(p, w**0).max(axis=0).argmax(axis=1),
     lambda p, w: weighed(p, w).max(axis=0).argmax(axis=1)),
    (SIDE_BY_SIDE, lambda p, w: np.hstack(weighed(p, w**0)).argmax(axis=1),
     lambda p, w: np.hstack(weighed(p, w)).argmax(axis=1)),
    (WHICH_AXIS, lambda p, w: weighed(p, w).sum(axis=0).argmax(axis=0)),
    ("This is the least likely class.", lambda p, w: decision_fusion(p, -w)),
    (IN_ORDER, lambda p, w: decision_fusion(p, w[::-1]),
     lambda p, w: decision_fusion(dict(sorted(p.items())), w)),
    ("Only the first modality counts so far.", lambda p, w: weighed(p, w)[0].argmax(axis=1)),
    (ANY_WEIGHT, lambda p, w: decision_fusion(p, np.abs(w)),
     lambda p, w: decision_fusion(p, np.maximum(w, 0)),
     lambda p, w: decision_fusion(p, w / w.sum())),
    (FIRST, lambda p, w: weighed(p, w).sum(axis=0).argsort(axis=1, kind="stable")[:, -1]),
)  # fmt: skip
# probabilities are no large numbers, and sum to 1
EXERCISE = Exercise(
    decision_fusion, __doc__, CASES, MISTAKES, draw, kind=INTEGERS, also=("long", "ones"),
    long={"B": 80},
)  # fmt: skip
