"""Exercise on decision-level fusion."""

import numpy as np

from mmref.check._compare import compare_function
from mmref.check._run import Case, Exercise


def decision_cases():
    hint = "Which class has the largest weighted probability, all modalities together?"
    # Labels say little, so it takes many rows to tell one mistake from another.
    names, weights = ("image", "text", "audio"), np.array([0.3, 0.45, 0.25])
    yield _case("three modalities, four classes", 60, 4, names, weights, hint)
    number = "Any number of modalities may come."
    yield _case("two modalities", 60, 4, names[:2], weights[:2], number)
    axis = "Along which axis do the classes lie?"
    yield _case("as many rows as classes", 5, 5, names, weights, axis)
    yield _case("weights that do not sum to 1", 60, 3, names, 10 * weights, hint)
    yield _case("one row", 1, 4, names, weights, "The batch axis stays.")


def _case(words, batch, classes, names, weights, hint):
    rng = np.random.default_rng(30)
    p = {m: rng.dirichlet(np.full(classes, 0.7), size=batch).round(3) for m in names}
    return Case(words, (p, weights), hint)


def _decision_fusion(probabilities, weights):
    return np.tensordot(weights, np.stack(list(probabilities.values())), 1).argmax(axis=1)


def _stack(p):
    return np.stack(list(p.values()))  # (M, B, K)


def _vote(p, weights):
    votes = np.eye(_stack(p).shape[2])[_stack(p).argmax(axis=2)]  # (M, B, K)
    return np.tensordot(weights, votes, 1).argmax(axis=1)


MISTAKES = (
    ("The weights have no effect yet.", lambda p, w: _stack(p).sum(axis=0).argmax(axis=1)),
    (
        "A product of probabilities is another rule: here they are added.",
        lambda p, w: np.tensordot(w, np.log(_stack(p) + 1e-12), 1).argmax(axis=1),
    ),
    (
        "A product of probabilities is another rule: here they are added.",
        lambda p, w: np.log(_stack(p) + 1e-12).sum(axis=0).argmax(axis=1),
    ),
    ("A vote forgets how sure each modality is.", _vote),
    ("A vote forgets how sure each modality is.", lambda p, w: _vote(p, np.ones(len(w)))),
    (
        "The surest modality alone is another rule: here all of them count.",
        lambda p, w: _stack(p).max(axis=0).argmax(axis=1),
    ),
    (
        "The surest modality alone is another rule: here all of them count.",
        lambda p, w: (w[:, None, None] * _stack(p)).max(axis=0).argmax(axis=1),
    ),
    (
        "That is a position among all modalities' numbers side by side, not a class.",
        lambda p, w: np.concatenate(list(p.values()), axis=1).argmax(axis=1),
    ),
    (
        "That is a position among all modalities' numbers side by side, not a class.",
        lambda p, w: np.concatenate(
            [a * q for a, q in zip(w, p.values(), strict=True)], axis=1
        ).argmax(axis=1),
    ),
    (
        "Along which axis do the classes lie?",
        lambda p, w: np.tensordot(w, _stack(p), 1).argmax(axis=0),
    ),
    ("This is the least likely class.", lambda p, w: np.tensordot(w, _stack(p), 1).argmin(axis=1)),
    ("The weights follow the order of the mapping.", lambda p, w: _decision_fusion(p, w[::-1])),
    (
        "The weights follow the order of the mapping.",
        lambda p, w: _decision_fusion({m: p[m] for m in sorted(p)}, w),
    ),
    ("Only the first modality counts so far.", lambda p, w: _stack(p)[0].argmax(axis=1)),
)

SIGNATURE = "decision_fusion(probabilities, weights)"
EXERCISES = {
    "decision_fusion": Exercise(
        SIGNATURE,
        "probabilities is a dict from each modality's name to its class probabilities, floats "
        "(B, K); weights are floats (M,), in the order of that dict, and need not sum to 1. "
        "Returns the class labels, integers (B,): in each row the index, from 0, of the class "
        "with the largest weighted sum of probabilities over the modalities.",
        compare_function(SIGNATURE, _decision_fusion, decision_cases, MISTAKES, kind="int"),
    ),
}
