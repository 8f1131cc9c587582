"""image_scores (B, I) and text_scores (B, T), floats of any size; returns a tuple (separate, joint)
of two arrays (B, I + T), in both the image's columns first. In separate, each modality has a
softmax of its own over its scores in a row, so that a row sums to 2; in joint, one softmax runs
over all I + T scores of a row, which sums to 1."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, plus
from mmref.check.softmax._parts import shifted
from mmref.reference.softmax import masked_softmax as softmax

TOTAL = "Each modality shares out a weight of 1 of its own: what does a row of separate sum to?"
IMAGE_FIRST = "In both results, the image's columns come first."
JOINT = "One softmax over all scores lets strong scores win across modalities."
SEPARATE = "A softmax for each modality: the image's weights do not depend on the text's scores."
HOW_MANY = "How many softmaxes are there in each of the two, and over which scores does each run?"
OF_ITS_OWN = "Modalities lie far apart here: each softmax is shifted by its own largest score."
draw = arrays("BI", "BT", B=3, I=4, T=2)


def softmax_separate_and_joint(image_scores, text_scores):
    separate = np.concatenate([softmax(image_scores), softmax(text_scores)], axis=1)
    return separate, softmax(np.concatenate([image_scores, text_scores], axis=1))


def text_first(image_scores, text_scores):
    weights = softmax_separate_and_joint(image_scores, text_scores)
    return tuple(np.roll(each, -image_scores.shape[1], axis=1) for each in weights)


wrong = Wrong(softmax_separate_and_joint)
CASES = (
    case("four image regions and two words", HOW_MANY),
    *shifted("scores", "image_scores", "text_scores"),
    case("text scores below -1000", OF_ITS_OWN, {"text_scores": plus(-1000)}, I=3, T=3),
    case("image scores below -1000", OF_ITS_OWN, {"image_scores": plus(-1000)}),
    case("one region and one word", HOW_MANY, I=1, T=1),
)
MISTAKES = (
    (TOTAL, wrong.then(lambda separate, joint: (separate / 2, joint))),
    (JOINT, wrong.then(lambda s, j: (s, s)), wrong.then(lambda s, j: (s, s / 2))),
    (SEPARATE, wrong.then(lambda separate, joint: (joint, joint))),
    (IMAGE_FIRST, text_first, lambda *scores: (text_first(*scores)[0], wrong.right(*scores)[1]),
     lambda *scores: (wrong.right(*scores)[0], text_first(*scores)[1])),
)  # fmt: skip
EXERCISE = Exercise(softmax_separate_and_joint, __doc__, CASES, MISTAKES, draw,
                    outputs=("separate", "joint"))  # fmt: skip
