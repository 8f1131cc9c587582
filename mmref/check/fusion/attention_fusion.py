"""features maps modality m to vectors (B, T_m, D_m), weights to W_m (D, D_m), biases to b_m (D,),
hidden_weights to U_m (H, D_m), hidden_biases to c_m (H,); score_weight is v (H,), joint True or
False. A vector x of modality m has the score v . tanh(U_m x + c_m), and counts as W_m x + b_m.
Returns z (B, D), the sum of all vectors weighted by a softmax of the scores: one over all vectors
of a row if joint, else one in each modality."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, normal, times
from mmref.reference.softmax import masked_softmax as softmax

TRANSPOSED = "Is it W x or W transposed times x? W_m is (D, D_m), and x stands in the last axis."
JOINT = "With joint, vectors of one modality compete with those of the others: one softmax."
SEPARATE = "Without joint, each modality has a softmax of its own, and the sums are added."
SHIFT = "exp overflows, or all is 0: a softmax is taken of scores less their largest."
ANY = "Any number of modalities may come, each with vectors of its own number and width."


def draw(rng, B=3, D=3, H=4, T=3, P=2, Q=4, names=("image", "text"), joint=True):
    sizes = list(zip(names, (T, P, T + 1), (Q, P, Q + 1), strict=False))  # m, T_m, D_m
    x = {m: normal(rng, (B, t, d))[0] for m, t, d in sizes}
    weights, hidden = ({m: normal(rng, (n, d))[0] for m, _, d in sizes} for n in (D, H))
    biases, shifts = ({m: normal(rng, (n,))[0] for m in names} for n in (D, H))
    return x, weights, biases, hidden, shifts, *normal(rng, (H,)), joint


def attention_fusion(features, weights, biases, hidden_weights, hidden_biases, score_weight, joint,
                     squash=np.tanh, weigh=softmax, together=bool, bias=1, shift=1,
                     project=np.matmul):  # fmt: skip
    """Attention fusion, or a wrong one: other scores, weights or vectors."""
    h = [project(x, weights[m].T) + bias * biases[m] for m, x in features.items()]
    inside = [x @ hidden_weights[m].T + shift * hidden_biases[m] for m, x in features.items()]
    if together(joint):
        h, inside = [np.concatenate(h, axis=1)], [np.concatenate(inside, axis=1)]
    alpha = [weigh(squash(group) @ score_weight) for group in inside]
    return sum(np.einsum("bt,btd->bd", a, x) for a, x in zip(alpha, h, strict=True))


wrong = Wrong(attention_fusion)
CASES = (
    case("three regions and two words, joint", "Take two vectors: what are their weights?"),
    case("three regions and two words, separate", SEPARATE, joint=False),
    case("axes of length 3 throughout", TRANSPOSED, H=3, P=3, Q=3),
    case("three modalities", ANY, names=("b", "c", "a")),
    case("score_weight times 1000", SHIFT, {"score_weight": times(1000)}, joint=False),
    case("scores below -1000", SHIFT, {
        "hidden_biases": lambda c: {m: 3 + 0 * b for m, b in c.items()},
        "score_weight": lambda v: -1000 * (1 + v**2)}),
)  # fmt: skip
MISTAKES = (
    (JOINT, wrong(together=lambda joint: False), wrong(together=lambda joint: not joint)),
    (SEPARATE, wrong(together=lambda joint: True)),
    (TRANSPOSED, wrong(project=lambda x, w: x @ w.T)),
    ("The scores pass through tanh before v.", wrong(squash=lambda x: x)),
    ("Each projection has a bias.", wrong(bias=0)),
    ("Inside tanh, a bias c_m is added.", wrong(shift=0)),
    ("Scores are not weights yet: they are positive and sum to 1.", wrong(weigh=lambda a: a)),
    ("Vectors compete within a row, not over the batch.", wrong(weigh=lambda a: softmax(a.T).T)),
)
EXERCISE = Exercise(attention_fusion, __doc__, CASES, MISTAKES, draw)
