"""losses (E,), the validation losses that the epochs would have, not-a-number counting as infinity;
patience, 1 or more. Kept are the weights of epoch 0 until an epoch has a loss below all before,
then those of that epoch. Training stops after patience epochs in a row without such a loss (epoch 0
is never counted among these), at the latest after E epochs. Returns two whole numbers: how many
epochs are run, and which of them, counted from 0, has the weights that are kept."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, plus
from mmref.check.training._curves import ANEW, CURVES, TIE

ENDLESS = 10**9


def early_stop(losses, patience, better=np.less, anew=True, before=False):
    """By this rule or another: the patience goes on, or the epoch ``before`` is the one to beat."""
    best, kept, waited = np.inf, 0, 0
    for epoch, loss in enumerate(losses.tolist()):
        if better(loss, best):
            best, kept, waited = loss, epoch, 0 if anew else waited
        elif epoch:
            waited += 1
        if waited >= patience:
            break
        best = loss if before else best
    return epoch + 1, kept


def lowest(losses):
    """The epoch of the lowest loss."""
    return early_stop(losses, ENDLESS)[1]


wrong = Wrong(early_stop)
MISTAKES = (
    ("The best of all epochs may lie beyond the stop: later ones are never run.",
     lambda losses, patience: (early_stop(losses, patience)[0], lowest(losses))),
    ("All epochs are run here: stop once the patience is over.", wrong.of(patience=plus(ENDLESS))),
    ("The last epoch run is not the one whose weights are kept.",
     wrong.then(lambda run, kept: (run, run - 1))),
    ("One epoch too many: the last one allowed is the patience-th that is not better.",
     wrong.of(patience=plus(1))),
    (ANEW, wrong(anew=False)),
    ("Better than the epoch before is not better than the best.",
     lambda losses, n: (run := early_stop(losses, n, before=True)[0], lowest(losses[:run]))),
    (TIE, wrong(better=np.less_equal)),
    ("The number of epochs run counts from 1: it is how many they are.",
     wrong.then(lambda run, kept: (run - 1, kept))),
    ("The epoch kept counts from 0.", wrong.then(lambda run, kept: (run, kept + 1))),
)  # fmt: skip
EXERCISE = Exercise(early_stop, __doc__, CURVES, MISTAKES, outputs=("epochs run", "epoch kept"),
                    kind="a whole number", closing="")  # fmt: skip
