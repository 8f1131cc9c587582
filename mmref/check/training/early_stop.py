"""losses (E,), the validation losses that the epochs would have, not-a-number counting as infinity;
patience, 1 or more. Kept are the weights of epoch 0 until an epoch has a loss below all before,
then those of that epoch. Training stops after patience epochs in a row without such a loss, epoch 0
not among them, or after E epochs. Returns two whole numbers: how many epochs are run, and which of
them, counted from 0, has the weights that are kept."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, given, plus

MIND = "Go through the epochs as they come, with the best so far in mind."
ANEW = "The patience begins anew with every better epoch."
NEVER = "With nothing to stop it, all epochs are run."
TIE = "Equal is not better: the first of equals is kept, and the patience runs on."
BELOW = "Below is better, however little is gained."
START = "The lowest loss so far starts at infinity: any number is below it, even a large one."
nan = np.nan


def curve(words, hint, patience, *losses):
    return given(words, hint, np.array(losses), patience)


def early_stop(losses, patience, better=np.less, anew=True, among=None):
    """How many epochs are run and which is kept, by this rule or another: the patience may go on,
    or the epoch be compared with the one before and the best chosen ``among`` those run."""
    best, kept, waited = np.inf, 0, 0
    for epoch, loss in enumerate(losses.tolist()):
        if better(loss, best):
            best, kept, waited = loss, epoch, 0 if anew else waited
        elif epoch:
            waited += 1
        if waited >= patience:
            break
        best = loss if among else best
    return epoch + 1, among(losses[: epoch + 1]) if among else kept


def lowest(losses):
    """The epoch of the lowest loss."""
    return int(np.argmin(np.nan_to_num(losses, nan=np.inf)))


wrong = Wrong(early_stop)
CASES = (
    curve("a minimum, then worse", MIND, 3, 1.5, 1.2, 1.0, 1.1, 1.3, 1.2, 1.3, 1.4, 1.5, 1.6),
    curve("a lower minimum too late", "Training has stopped: what would have come later is not "
          "known.", 2, 1.5, 1.2, 1.3, 1.4, 0.9),
    curve("better again in time", ANEW, 2, 1.5, 1.6, 1.4, 1.5, 1.3, 1.4, 1.5),
    curve("better to the end", NEVER, 2, 1.5, 1.3, 1.2, 1.1),
    curve("worse from the start", MIND, 3, 1.0, 1.1, 1.2, 1.3, 1.4),
    curve("a patience of 1",
          "With a patience of 1, the first epoch that is not better is the last.",
          1, 1.5, 1.2, 1.3, 1.0),
    curve("equal losses", TIE, 3, 1.2, 1.0, 1.0, 1.0, 1.0, 0.9),
    curve("losses that hardly fall", BELOW, 2, *1.2 - 1e-9 * np.arange(9)),
    curve("losses below 0", BELOW, 2, -1.0, -2.0, -1.5, -2.5, -2.4, -2.3, -3.0),
    curve("losses beyond 1e200", START, 3, 3e200, 2e200, 2.5e200, 1e200, 4e200),
    curve("a loss that is not a number", "Not-a-number is not better than anything: it is no "
          "minimum.", 2, 1.2, 1.0, nan, 1.1, 0.8),
    curve("a first loss that is not a number", START, 3, nan, 5e200, 4e200, 6e200),
    curve("no loss that is a number", "Until a loss is better, epoch 0 is the one that is kept; "
          "the patience counts those after.", 2, nan, nan, nan, nan, nan),
    curve("one epoch", NEVER, 2, 1.2),
    curve("sixty epochs, a patience of 20", MIND, 20, *np.abs(np.arange(60) - 30.5)),
)  # fmt: skip
MISTAKES = (
    ("The best of all epochs may lie beyond the stop: later ones are never run.",
     lambda losses, patience: (early_stop(losses, patience)[0], lowest(losses))),
    ("All epochs are run here: stop once the patience is over.",
     lambda losses, patience: (len(losses), lowest(losses))),
    ("The last epoch run is not the one whose weights are kept.",
     wrong.then(lambda run, kept: (run, run - 1))),
    ("One epoch too many: the last one allowed is the patience-th that is not better.",
     wrong.of(patience=plus(1))),
    (ANEW, wrong(anew=False)),
    ("Better than the epoch before is not better than the best.", wrong(among=lowest)),
    (TIE, wrong(better=np.less_equal)),
    ("The number of epochs run counts from 1: it is how many they are.",
     wrong.then(lambda run, kept: (run - 1, kept))),
    ("The epoch kept counts from 0.", wrong.then(lambda run, kept: (run, kept + 1))),
)  # fmt: skip
EXERCISE = Exercise(
    early_stop, __doc__, CASES, MISTAKES, outputs=("epochs run", "epoch kept"),
    kind="a whole number", closing="",
)  # fmt: skip
