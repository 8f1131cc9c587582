"""probabilities is a dict from each modality's name to its class probabilities, floats (B, K);
weights are floats (M,), in the order of that dict, which may be negative and need not sum to 1.
Returns the class labels, integers (B,): in each row the index, from 0, of the class with the
largest weighted sum of probabilities over the modalities, of equals the first."""

import numpy as np

from mmref.check.exercise import INTEGERS, Exercise, Wrong, case
from mmref.check.fusion._parts import ANY, FIVE, PAIR, THREE

WHICH_AXIS = "Along which axis do the classes lie?"
ANY_WEIGHT = "Weights are numbers like any others: they may be negative, and need not sum to 1."
FIRST = "Of equal scores, the first counts."
TIED = {"weights": np.ones_like, "probabilities": lambda p: {  # sums are exact, and often equal
    m: np.roll(np.eye(4)[:3] / 2 + 1 / 8, i, 1) for i, m in enumerate(p)}}  # fmt: skip


def draw(rng, B=60, K=4, names=THREE, weights=None):  # many rows, since labels say little
    p = {m: rng.dirichlet(np.full(K, 0.7), size=B).round(3) for m in names}
    return p, np.array(weights or rng.uniform(0.2, 0.5, len(names)).round(2))


def decision_fusion(probabilities, weights, seen=lambda q: q, label=lambda p: p.sum(0).argmax(1)):
    """The label of all modalities' weighted probabilities (M, B, K), or of what is seen of them."""
    return label(weights[:, None, None] * np.stack([seen(q) for q in probabilities.values()]))


wrong = Wrong(decision_fusion)
both = wrong.twice(weights=np.ones_like)  # with the weights and without
CASES = (
    case("three modalities, four classes", "Which class has the largest weighted sum?"),
    case("two modalities", ANY, names=PAIR),
    case("five modalities with names of their own", ANY, names=FIVE),
    case("as many rows as classes", WHICH_AXIS, B=5, K=5),
    case("weights that do not sum to 1", ANY_WEIGHT, weights=(3.0, 4.5, 2.5)),
    case("a negative weight", ANY_WEIGHT, weights=(0.6, -0.4, 0.8)),
    case("weights with a negative sum", ANY_WEIGHT, weights=(0.3, -0.9, 0.1)),
    case("equal scores", FIRST, TIED),
    case("one row", "The batch axis stays.", B=1),
)
MISTAKES = (
    ("A product of probabilities is another rule: here they are added.",
     *both(seen=lambda q: np.log(q + 1e-12))),
    ("A vote forgets how sure each modality is.",
     *both(seen=lambda q: np.eye(q.shape[1])[q.argmax(1)])),
    ("The surest modality alone is another rule: here all of them count.",
     *both(label=lambda p: p.max(0).argmax(1))),
    ("That is a position among all modalities' numbers side by side, not a class.",
     *both(label=lambda p: np.hstack(p).argmax(1))),
    (WHICH_AXIS, wrong(label=lambda p: p.sum(0).argmax(0))),
    ("This is the least likely class.", wrong.of(weights=np.negative)),
    ("The weights follow the order of the mapping.",
     wrong.of(weights=np.flip), wrong.of(probabilities=lambda p: dict(sorted(p.items())))),
    ("Only the first modality counts so far.", wrong(label=lambda p: p[0].argmax(1))),
    (ANY_WEIGHT, *(wrong.of(weights=f) for f in (abs, lambda w: w.clip(0), lambda w: w / w.sum()))),
    (FIRST, wrong(label=lambda p: p.sum(0).argsort(axis=1, kind="stable")[:, -1])),
)  # fmt: skip
# Probabilities are no large numbers, and sum to 1.
EXERCISE = Exercise(decision_fusion, __doc__, CASES, MISTAKES, draw, kind=INTEGERS,
                    long={"B": 80}, never="large zeros")  # fmt: skip
