"""present (B, M), boolean, True = there; rate, a number, 0 <= rate < 1; rng, a
numpy.random.Generator, the only source of chance. Returns a new boolean array (B, M), True = kept:
each modality that is present is dropped with probability rate, independently of the others. A row
that would lose all it had keeps exactly one of them, each with equal probability; absent modalities
stay absent. (FusionClassifier has another rule: there such a row keeps all it had.)"""

from mmref.check.exercise import BOOLEANS, Case, Exercise, Wrong, case, nowhere

LEFT = "Look at the rows where chance would drop everything."
ABSENT = "A modality that is not there cannot come back."
ROWS = "Every row draws for itself, and every modality of it."
FAIR = "Where one must stay, chance decides which: no modality is favored."
ONE = "A row that would lose everything keeps exactly one modality, not all and no new draw."


def draw(rng, B=2, M=3, rate=0.7, there=1.0):
    return rng.random((B, M)) < there, rate, rng


def modality_dropout(present, rate, rng, rescue=None, rows=None):
    """The mask; or a wrong one: with another rescue of rows, or draws for some ``rows`` alone."""
    keep = present & (rng.random((rows or len(present), present.shape[1])) >= rate)
    lost = (present.any(axis=1) & ~keep.any(axis=1))[:, None]
    lots = present * rng.random(present.shape)
    if rescue and lost.any():
        return keep | (lost & rescue(present, rate, rng))
    return keep | (lost & (lots == lots.max(axis=1, keepdims=True)))


def redraw(*args):
    return modality_dropout(*args, rescue=redraw)


wrong = Wrong(modality_dropout)
CASES = (
    case("a rate of 0", "A rate of 0 drops nothing.", B=21, rate=0.0),
    case("one of three modalities absent, a rate of 0.3", ABSENT,
         {"present": lambda present: present & [[True, True, False]]}, B=1, rate=0.3),
    case("one row of two, a rate of 0.4", "Each is dropped by itself.", B=1, M=2, rate=0.4),
    case("two rows, three modalities, a rate of 0.7", ONE),
    case("two rows of two, a rate of 0.5", ROWS, M=2, rate=0.5),
    Case("one row of two, a rate of 0.5", ONE, {"B": 1, "M": 2, "rate": 0.5}, trials=6000),
    case("some modalities absent, a rate of 0.9", LEFT, B=3, rate=0.9, there=0.5),
    case("one row of five, a rate of 0.95", FAIR, B=1, M=5, rate=0.95),
)  # fmt: skip
MISTAKES = (
    (LEFT, wrong(rescue=lambda present, *_: present & False)),
    (ABSENT, lambda present, rate, rng: rng.random(present.shape) >= rate),
    ("The rate is the share dropped, not the share kept.", wrong.of(rate=lambda r: (1 - r) % 1)),
    (ONE, wrong(rescue=redraw), wrong(rescue=modality_dropout),
     wrong(rescue=lambda present, *_: present)),
    (FAIR, wrong(rescue=lambda present, *_: present & (present.cumsum(axis=1) == 1))),
    (ROWS, wrong(rows=1)),
)  # fmt: skip
EXERCISE = Exercise(
    modality_dropout, __doc__, CASES, MISTAKES, draw, kind=BOOLEANS, never="large zeros",
    fresh=True, trials=500, long={"B": 2}, properties=(
        nowhere("True where present is False", lambda kept, there, *_: kept & ~there),
        nowhere("a row that loses all", lambda kept, there, *_: there.any(1) & ~kept.any(1))),
)  # fmt: skip
