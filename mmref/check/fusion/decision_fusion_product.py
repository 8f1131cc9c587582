"""probabilities is a dict from each modality's name to its p(k | x_m), floats (B, K), each row with
the sum 1; prior holds p(k), floats (K,), all above 0. Given the class, the modalities are
independent. Returns p(k | all of them), floats (B, K)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case
from mmref.check.fusion._parts import equal, sharp
from mmref.reference.softmax import masked_softmax as softmax

ANY = "Any number of modalities may come, by any names."
ONCE = "Each modality has counted the prior. How often may it count in the end?"
SUM = "Each row is a distribution again: its sum is 1."
UNDERFLOW = "The product of hundreds of small numbers becomes 0. What do their logarithms do?"


def draw(rng, B=5, K=4, M=3, name="m"):
    p = {f"{name}{i}": rng.dirichlet(np.full(K, 2.0), size=B) for i in range(M)}
    return p, rng.dirichlet(np.full(K, 2.0))


def decision_fusion_product(
    probabilities, prior, times=lambda M: 1 - M, join=np.sum, normal=softmax
):
    """In logarithms, or a wrong one: the prior so many times, joined or normalized otherwise."""
    with np.errstate(divide="ignore"):
        scores = np.log(np.stack(list(probabilities.values())))  # (M, B, K)
    return normal(join(scores, axis=0) + times(len(scores)) * np.log(prior))


wrong = Wrong(decision_fusion_product)
both = wrong.twice(prior=np.ones_like)  # with the prior and without
CASES = (
    case("two modalities, equal priors", "Which two numbers does each class multiply?",
         {"prior": equal}, M=2),
    case("two modalities", ONCE, M=2),
    case("three modalities with names of their own", f"{ANY} {ONCE}", name="sensor "),
    case("one modality", "Alone it is right as it is.", M=1),
    case("as many rows as classes as modalities", "Over which axis is the sum 1?", B=3, K=3),
    case("a rare class", ONCE, {"prior": lambda p: np.append(1e-4, p[1:] / p[1:].sum() * 0.9999)}),
    case("a class that one modality excludes", "Its product is 0.",
         lambda p, _: p["m0"].__setitem__((0, 1), 0.0)),
    case("four hundred modalities", UNDERFLOW, M=400),
    case("nine modalities that are nearly sure", "However small a number is, its ratio to others "
         "counts: nothing is added to it.",
         {"probabilities": lambda p: {m: sharp(q, 20) for m, q in p.items()}}, M=9),
    case("four hundred modalities that disagree", UNDERFLOW, {"prior": equal, "probabilities":
         lambda p: {m: np.roll(sharp(p["m0"], 50), i, 1) for i, m in enumerate(p)}}, M=401),
)  # fmt: skip
MISTAKES = (
    (ONCE, *(wrong(times=lambda M, a=a, b=b: a + b * M)
             for a, b in ((0, 0), (0, -1), (1, 0), (-1, 1), (-1, 0)))),
    ("That is the sum rule: independent evidence multiplies.",
     *both(join=lambda s, axis: np.log(np.exp(s).mean(axis)))),
    ("A geometric mean makes the answer less sure than the evidence is.",
     *both(join=np.mean)),
    (SUM, wrong(normal=np.exp), wrong(normal=lambda scores: softmax(scores.T).T)),
    (ANY, wrong(join=lambda s, axis: s[:2].sum(axis))),
)  # fmt: skip
EXERCISE = Exercise(decision_fusion_product, __doc__, CASES, MISTAKES, draw, never="large zeros")
