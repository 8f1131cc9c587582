"""probabilities is a dict from each modality's name to its p(k | x_m), floats (B, K), each row with
the sum 1; prior holds p(k), floats (K,), all above 0. Given the class, the modalities are
independent. Returns p(k | all of them), floats (B, K)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case

ANY = "Any number of modalities may come, by any names."
ONCE = "Each modality has counted the prior. How often may it count in the end?"
SUM = "Each row is a distribution again: its sum is 1."
UNDERFLOW = (
    "A product of hundreds of small numbers is 0 for a computer. What do their logarithms do?"
)


def draw(rng, B=5, K=4, M=3):
    p = {f"m{i}": rng.dirichlet(np.full(K, 2.0), size=B) for i in range(M)}
    return p, rng.dirichlet(np.full(K, 2.0))


def product_rule(
    probabilities, prior, times=lambda M: 1 - M, join=lambda q: np.log(q).sum(axis=0), axis=-1,
    whole=True,
):  # fmt: skip
    """In logarithms, or a wrong one: the prior so many times, joined otherwise, not normalized."""
    q = np.stack(list(probabilities.values()))  # (M, B, K)
    with np.errstate(divide="ignore"):
        score = join(q) + times(len(q)) * np.log(prior)
    p = np.exp(score - score.max(axis=axis, keepdims=True)) if whole else np.exp(score)
    return p / p.sum(axis=axis, keepdims=True) if whole else p


wrong = Wrong(product_rule)
CASES = (
    case("two modalities, equal priors", "Which two numbers does each class multiply?",
         {"prior": lambda p: 0 * p + 1 / len(p)}, M=2),
    case("two modalities", ONCE, M=2),
    case("three modalities", f"{ANY} {ONCE}"),
    case("one modality", "Alone it is right as it is.", M=1),
    case("as many rows as classes as modalities", "Over which axis is the sum 1?", B=3, K=3),
    case("a rare class", ONCE, {"prior": lambda p: np.append(1e-4, p[1:] / p[1:].sum() * 0.9999)}),
    case("a class that one modality excludes", "Its product is 0.",
         lambda p, _: p["m0"].__setitem__((0, 1), 0.0)),
    case("four hundred modalities", UNDERFLOW, M=400),
)  # fmt: skip
MISTAKES = (
    (ONCE, wrong(times=lambda M: 0), wrong(times=lambda M: -M), wrong(times=lambda M: 1),
     wrong(times=lambda M: M - 1), wrong(times=lambda M: -1)),
    ("That is the sum rule: independent evidence multiplies.",
     wrong(join=lambda q: np.log(q.mean(axis=0))),
     wrong(join=lambda q: np.log(q.mean(axis=0)), times=lambda M: 0)),
    ("A geometric mean makes the answer less sure than the evidence is.",
     wrong(join=lambda q: np.log(q).mean(axis=0)),
     wrong(join=lambda q: np.log(q).mean(axis=0), times=lambda M: 0)),
    (SUM, wrong(whole=False), wrong(axis=0)),
    (ANY, wrong(join=lambda q: np.log(q[:2]).sum(axis=0))),
)  # fmt: skip
EXERCISE = Exercise(product_rule, __doc__, CASES, MISTAKES, draw, also=("long", "ones"))
