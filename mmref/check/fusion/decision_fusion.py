"""probabilities is a dict from each modality's name to its class probabilities, floats (B, K);
weights are floats (M,), in the order of that dict, which may be negative and need not sum to 1.
Returns the class labels, integers (B,): in each row the index, from 0, of the class with the
largest weighted sum of probabilities over the modalities, of equals the first."""

import numpy as np

from mmref.check.exercise import INTEGERS, Exercise, Wrong, case

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


def decision_fusion(probabilities, weights, seen=lambda q: q, label=lambda each: best(each.sum(0))):
    """The label of all modalities' weighted probabilities (M, B, K), or of what is seen of them."""
    return label(weights[:, None, None] * np.stack([seen(q) for q in probabilities.values()]))


def best(scores):
    return scores.argmax(axis=1)


def twice(**parts):
    """A mistake that is made with the weights, or without."""
    return wrong(**parts), lambda p, w: decision_fusion(p, w**0, **parts)


wrong = Wrong(decision_fusion)
CASES = (
    case("three modalities, four classes",
         "Which class has the largest weighted probability, all modalities together?"),
    case("two modalities", ANY, names=THREE[:2]),
    case("five modalities with names of their own", ANY, names=FIVE),
    case("as many rows as classes", WHICH_AXIS, B=5, K=5),
    case("weights that do not sum to 1", ANY_WEIGHT, weights=(3.0, 4.5, 2.5)),
    case("a negative weight", ANY_WEIGHT, weights=(0.6, -0.4, 0.8)),
    case("weights with a negative sum", ANY_WEIGHT, weights=(0.3, -0.9, 0.1)),
    case("equal scores", FIRST, tied),
    case("one row", "The batch axis stays.", B=1),
)  # fmt: skip
MISTAKES = (
    ("A product of probabilities is another rule: here they are added.",
     *twice(seen=lambda q: np.log(q + 1e-12))),
    ("A vote forgets how sure each modality is.",
     *twice(seen=lambda q: np.eye(q.shape[1])[best(q)])),
    ("The surest modality alone is another rule: here all of them count.",
     *twice(label=lambda each: best(each.max(axis=0)))),
    ("That is a position among all modalities' numbers side by side, not a class.",
     *twice(label=lambda each: best(np.hstack(each)))),
    (WHICH_AXIS, wrong(label=lambda each: each.sum(axis=0).argmax(axis=0))),
    ("This is the least likely class.", wrong.of(weights=np.negative)),
    ("The weights follow the order of the mapping.", wrong.of(weights=np.flip),
     wrong.of(probabilities=lambda p: dict(sorted(p.items())))),
    ("Only the first modality counts so far.", wrong(label=lambda each: best(each[0]))),
    (ANY_WEIGHT, wrong.of(weights=np.abs), wrong.of(weights=lambda w: np.maximum(w, 0)),
     wrong.of(weights=lambda w: w / w.sum())),
    (FIRST, wrong(label=lambda each: each.sum(axis=0).argsort(axis=1, kind="stable")[:, -1])),
)  # fmt: skip
EXERCISE = Exercise(
    decision_fusion, __doc__, CASES, MISTAKES, draw, kind=INTEGERS, long={"B": 80},
    also=("long", "ones"),  # probabilities are no large numbers, and sum to 1
)  # fmt: skip
