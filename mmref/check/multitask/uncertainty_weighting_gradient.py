"""grad (K,), the gradients of a loss with respect to the terms c_k exp(-s_k) L_k + s_k / 2 of K
tasks; then losses L_k (K,); log_variances s (K,); kinds, a tuple of K names: c is 1/2 for a
"regression", 1 for a "classification"; present (K,) boolean: the term of a task with False is 0,
whatever its loss. Returns the gradients with respect to the losses (K,) and to the log_variances
(K,)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, plus, put
from mmref.contract.multitask import FACTORS
from mmref.reference.multitask import uncertainty_weighting_gradient

WEIGHT = "L_k stands in its term with the weight c_k exp(-s_k)."
BOTH = "s_k stands in a term twice: it lowers the weight, and it costs s_k / 2."
ABSENT = "The term of a task that is not there is 0: so are both of its gradients."
GAPS = "0 times not-a-number is not-a-number: select, do not multiply."


draw = arrays(
    *("K", lambda rng, K: rng.gamma(2, size=K).round(2), "K"),
    lambda rng, K: tuple(tuple(FACTORS)[k % 2] for k in range(K)),
    lambda rng, K: np.arange(K) != 2, K=4,
)  # fmt: skip


def slopes(grad, losses, log_variances, kinds, present, c=FACTORS, sign=-1, cost=0.5, pull=1.0,
           gap=0.0):  # fmt: skip
    """The gradients, or wrong ones."""
    weights = np.array([c[kind] for kind in kinds]) * np.exp(sign * log_variances)
    ds = cost - pull * weights * losses
    return tuple(grad * np.where(present, d, gap * d if gap else 0) for d in (weights, ds))


wrong = Wrong(slopes)
CASES = (
    case("four tasks, one not there", WEIGHT),
    case("one task", BOTH, K=1),
    case("all there", BOTH, {"present": plus(True)}),
    case("none there", ABSENT, {"present": put(np.s_[:], False)}),
    case("not-a-number where a task is not there", GAPS, {"losses": put(2, np.nan)}),
)
MISTAKES = (
    (WEIGHT, wrong(sign=1), wrong(c=dict.fromkeys(FACTORS, 1.0)),
     wrong(c={name: c / 2 for name, c in FACTORS.items()})),
    (BOTH, wrong(cost=0.0), wrong(cost=1.0), wrong(pull=-1.0), wrong(pull=0.0)),
    (ABSENT, wrong(gap=1.0)),
    ("A task that is not there has no cost s_k / 2 either.",
     lambda g, L, s, kinds, m: (slopes(g, L, s, kinds, m)[0],
                                np.where(m, slopes(g, L, s, kinds, m)[1], g / 2))),
    (GAPS, lambda g, L, s, kinds, m: tuple(m * d for d in slopes(g, L, s, kinds, m, gap=1.0))),
)  # fmt: skip
EXERCISE = Exercise(uncertainty_weighting_gradient, __doc__, CASES, MISTAKES, draw, axis="task",
                    outputs=("losses", "log_variances"), never="large")  # fmt: skip
