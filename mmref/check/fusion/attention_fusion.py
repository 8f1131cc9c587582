"""features maps modality m to vectors (B, T_m, D_m), weights to W_m (D, D_m), biases to b_m (D,),
hidden_weights to U_m (H, D_m), hidden_biases to c_m (H,); score_weight is v (H,), joint True or
False. A vector x of modality m has the score v . tanh(U_m x + c_m), and counts as W_m x + b_m.
Returns z (B, D), the sum of all vectors weighted by a softmax of the scores: one over all vectors
of a row if joint, else one in each modality."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, normal, plus, times
from mmref.reference.softmax import masked_softmax as softmax

BY_HAND = "Take two vectors: what are their scores, and what their weights?"
TRANSPOSED = "Is it W x or W transposed times x? W_m is (D, D_m), and x stands in the last axis."
JOINT = "With joint, vectors of one modality compete with those of the others: one softmax."
SEPARATE = "Without joint, each modality has a softmax of its own, and the sums are added."
ANY = "Any number of modalities may come, each with vectors of its own number and width."
LARGE = "exp overflows: a softmax is taken of scores less their largest."


def draw(rng, B=3, D=3, H=4, T=3, P=2, Q=4, names=("image", "text"), joint=True, steps=None):
    counts, widths = (steps or (T, P, T + 1))[: len(names)], (Q, P, Q + 1)[: len(names)]
    maps = [
        [(B, t, d) for t, d in zip(counts, widths, strict=True)],
        [(D, d) for d in widths], [(D,) for _ in names],
        [(H, d) for d in widths], [(H,) for _ in names],
    ]  # fmt: skip
    maps = [dict(zip(names, normal(rng, *shapes), strict=True)) for shapes in maps]
    return *maps, *normal(rng, (H,)), joint


def attention_fusion(features, weights, biases, hidden_weights, hidden_biases, score_weight, joint,
                     squash=np.tanh, weigh=softmax, together=bool, bias=1, shift=1,
                     project=np.matmul):  # fmt: skip
    """Attention fusion, or a wrong one: other scores, weights or vectors."""
    h, a = [], []
    for m, x in features.items():
        h.append(project(x, weights[m].T) + bias * biases[m])
        inside = x @ hidden_weights[m].T + shift * hidden_biases[m]
        a.append(squash(inside) @ score_weight)
    if together(joint):
        h, a = [np.concatenate(h, axis=1)], [np.concatenate(a, axis=1)]
    return sum(np.einsum("bt,btd->bd", weigh(s), x) for s, x in zip(a, h, strict=True))


def saturated(biases):
    return {m: c + 9 for m, c in biases.items()}


wrong = Wrong(attention_fusion)
CASES = (
    case("three regions and two words, joint", BY_HAND),
    case("three regions and two words, separate", SEPARATE, joint=False),
    case("axes of length 3 throughout", TRANSPOSED, H=3, P=3, Q=3),
    case("three modalities, joint", ANY, names=("b", "c", "a")),
    case("three modalities, separate", ANY, names=("b", "c", "a"), joint=False),
    case("one vector of each, separate", "A softmax of one score is 1.", steps=(1, 1), joint=False),
    case("score_weight times 1000", LARGE, {"score_weight": times(1000)}),
    case("scores below -1000", LARGE, {"hidden_biases": saturated, "score_weight": plus(-1000)},
         joint=False),
)  # fmt: skip
MISTAKES = (
    (JOINT, wrong(together=lambda joint: False), wrong(together=lambda joint: not joint)),
    (SEPARATE, wrong(together=lambda joint: True),
     lambda *args: attention_fusion(*args) / (1 if args[-1] else len(args[0]))),
    (TRANSPOSED, wrong(project=lambda x, w: x @ w.T)),
    ("The scores pass through tanh before v.", wrong(squash=lambda x: x)),
    ("It is tanh, not another function.", wrong(squash=lambda x: np.maximum(x, 0)),
     wrong(squash=lambda x: 1 / (1 + np.exp(-x)))),
    ("Each projection has a bias.", wrong(bias=0)),
    ("Inside tanh, a bias c_m is added.", wrong(shift=0)),
    ("Scores are not weights yet: the weights are positive and sum to 1.",
     wrong(weigh=lambda a: a)),
    ("Exponentials are not weights yet.", wrong(weigh=np.exp)),
    ("The weights sum to 1 already: it is a sum over vectors, not a mean.",
     wrong(weigh=lambda a: softmax(a) / a.shape[1])),
    ("A plain mean: the scores have no effect yet.", wrong(weigh=lambda a: 0 * a + 1 / a.shape[1])),
    ("Vectors compete within a row, not over the batch.", wrong(weigh=lambda a: softmax(a.T).T)),
)  # fmt: skip
EXERCISE = Exercise(attention_fusion, __doc__, CASES, MISTAKES, draw)
