"""What several people would say, who err at a known rate."""

import numpy as np

from mmref.contract.settings import check_count, check_kind, check_number, check_seed
from mmref.data.scenes.questioning import Questions, answers


def annotate(
    asked: Questions, seed: int, people: int = 10, error: float = 0.1
) -> tuple[tuple[str, ...], ...]:
    """The answers of so many people to each question, as a data set of real ones has them.

    Each answers each question by themselves: with probability 1 - error rightly, else with another
    answer to questions of the kind, each as likely. Row i depends on the seed and on i.

    Raises TypeError for what are no Questions, ValueError for numbers out of range.

    >>> from mmref.data import scenes
    >>> asked = scenes.questions(1, seed=2)
    >>> asked.texts[0], scenes.annotate(asked, seed=0, people=4, error=0.3)[0]
    ('are there more blue objects than red objects?', ('yes', 'no', 'no', 'no'))
    """
    check_kind("asked", asked, Questions, "mmref.data.scenes.Questions")
    check_seed(seed)
    check_count("people", people)
    check_number("error", error, 0, 1, closed=True)
    told = []
    for i, (kind, right) in enumerate(zip(asked.kinds, asked.answers, strict=True)):
        english = answers(kind, "en")
        others = [a for a in (english if right in english else answers(kind, "zh")) if a != right]
        rng = np.random.default_rng((seed, i))
        errs, which = rng.random(people) < error, rng.integers(len(others), size=people)
        told.append(tuple(others[k] if e else right for e, k in zip(errs, which, strict=True)))
    return tuple(told)
