"""Losses, epoch after epoch, that are hard to stop at, and what to think about there."""

import numpy as np

from mmref.check.exercise import given

MIND = "Go through the epochs as they come, with the best so far in mind."
LATE = "Training has stopped: what would have come later is not known."
ANEW = "The patience begins anew with every better epoch."
NEVER = "With nothing to stop it, all epochs are run."
TIE = "Equal is not better: the first of equals is kept, and the patience runs on."
BELOW = "Below is better, however little is gained."
START = "The lowest loss so far starts at infinity: any number is below it, even a large one."
NO_NUMBER = "Not-a-number is not better than anything: it is no minimum."
NONE = "Until a loss is better, epoch 0 is the one that is kept; the patience counts those after."
ONE = "With a patience of 1, the first epoch that is not better is the last."
nan = np.nan
CURVES = tuple(given(words, hint, np.array(losses), n) for words, hint, n, *losses in (
    ("a minimum, then worse", MIND, 3, 1.5, 1.2, 1.0, 1.1, 1.3, 1.2, 1.3, 1.4, 1.5, 1.6),
    ("a lower minimum too late", LATE, 2, 1.5, 1.2, 1.3, 1.4, 0.9),
    ("better again in time", ANEW, 2, 1.5, 1.6, 1.4, 1.5, 1.3, 1.4, 1.5),
    ("better to the end", NEVER, 2, 1.5, 1.3, 1.2, 1.1),
    ("worse from the start", MIND, 3, 1.0, 1.1, 1.2, 1.3, 1.4),
    ("a patience of 1", ONE, 1, 1.5, 1.2, 1.3, 1.0),
    ("equal losses", TIE, 3, 1.2, 1.0, 1.0, 1.0, 1.0, 0.9),
    ("losses that hardly fall", BELOW, 2, *1.2 - 1e-9 * np.arange(9)),
    ("losses below 0", BELOW, 2, -1.0, -2.0, -1.5, -2.5, -2.4, -2.3, -3.0),
    ("losses beyond 1e200", START, 3, 3e200, 2e200, 2.5e200, 1e200, 4e200),
    ("a loss that is not a number", NO_NUMBER, 2, 1.2, 1.0, nan, 1.1, 0.8),
    ("a first loss that is not a number", START, 3, nan, 5e200, 4e200, 6e200),
    ("no loss that is a number", NONE, 2, nan, nan, nan, nan, nan),
    ("one epoch", NEVER, 2, 1.2),
    ("sixty epochs, a patience of 20", MIND, 20, *np.abs(np.arange(60) - 30.5)),
))  # fmt: skip
