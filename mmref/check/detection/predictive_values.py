"""sensitivity (N,), specificity (N,) and prevalence (N,), all in (0, 1): of N tests how often each
is positive among the diseased, how often negative among the healthy, and how many of the patients
are diseased. Returns two arrays (N,): the positive predictive value, how many of those with a
positive test are diseased, and the negative one, how many with a negative test are healthy."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, put

COUNT = "Take 1,000 patients: how many are diseased, and how many of these are positive?"
RARE = "Where few are diseased, false alarms are many: the prevalence weighs both kinds."
NEGATIVE = "Of those with a negative test: the healthy by the specificity, the missed besides."


def draw(rng, N=4):
    return rng.uniform(0.5, 0.99, N), rng.uniform(0.5, 0.99, N), rng.uniform(0.05, 0.6, N)


def values(sensitivity, specificity, prevalence, positive=None, negative=None):
    """Both values, or wrong ones."""
    hit, missed = sensitivity * prevalence, (1 - sensitivity) * prevalence
    cleared, alarm = specificity * (1 - prevalence), (1 - specificity) * (1 - prevalence)
    first = hit / (hit + alarm) if positive is None else positive(hit, alarm, cleared, missed)
    second = (cleared / (cleared + missed) if negative is None
              else negative(hit, alarm, cleared, missed))  # fmt: skip
    return first, second


wrong = Wrong(values)
CASES = (
    case("four tests", COUNT),
    case("one test", COUNT, N=1),
    case("half are diseased", COUNT, {"prevalence": put(np.s_[:], 0.5)}),
    case("one in 10,000 is diseased", RARE, {"prevalence": put(np.s_[:], 1e-4)}),
)  # fmt: skip
MISTAKES = (
    (RARE, lambda a, b, c: (a / (a + 1 - b), b / (b + 1 - a))),
    (COUNT, wrong(positive=lambda hit, alarm, cleared, missed: hit / (hit + missed)),
     wrong(positive=lambda hit, alarm, cleared, missed: hit),
     lambda a, b, c: values(a, b, 1 - c)),
    (NEGATIVE, wrong(negative=lambda hit, alarm, cleared, missed: cleared / (cleared + alarm)),
     wrong(negative=lambda hit, alarm, cleared, missed: missed / (missed + cleared)),
     wrong(negative=lambda hit, alarm, cleared, missed: cleared / (cleared + hit))),
)  # fmt: skip
EXERCISE = Exercise(values, __doc__, CASES, MISTAKES, draw, axis="test", never="large zeros",
                    outputs=("positive", "negative"))  # fmt: skip
