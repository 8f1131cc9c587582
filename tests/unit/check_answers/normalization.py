"""Answers to separate_and_joint_normalization."""

import numpy as np

from tests.unit.check_answers.tables import right, softmax, wrong


@right("separate_and_joint_normalization")
def normalizations(image_scores, text_scores):
    separate = np.concatenate([softmax(image_scores), softmax(text_scores)], axis=1)
    return separate, softmax(np.concatenate([image_scores, text_scores], axis=1))


@right("separate_and_joint_normalization")
def normalizations_by_loops(image_scores, text_scores):
    def weights(scores):
        e = [np.exp(s - max(scores)) for s in scores]
        return [x / sum(e) for x in e]

    pairs = [(list(i), list(t)) for i, t in zip(image_scores, text_scores, strict=True)]
    separate = np.array([weights(i) + weights(t) for i, t in pairs])
    return [separate, np.array([weights(i + t) for i, t in pairs])]


@wrong("separate_and_joint_normalization", "separate[0, 0]")
def the_two_exchanged(image_scores, text_scores):
    return normalizations(image_scores, text_scores)[::-1]


@wrong("separate_and_joint_normalization", "separate[0, 0]", "weight of 1 of its own")
def separate_halved(image_scores, text_scores):
    separate, joint = normalizations(image_scores, text_scores)
    return separate / 2, joint


@wrong("separate_and_joint_normalization", "joint[0, 0]", "across modalities")
def joint_is_separate_halved(image_scores, text_scores):
    separate, _ = normalizations(image_scores, text_scores)
    return separate, separate / 2


@wrong("separate_and_joint_normalization", "joint[0, 0]", "over which scores")
def joint_is_a_softmax_of_weights(image_scores, text_scores):
    separate, _ = normalizations(image_scores, text_scores)
    return separate, softmax(separate)


@wrong("separate_and_joint_normalization", "separate[0, 0]", "image's columns come first")
def text_first(image_scores, text_scores):
    separate, joint = normalizations(text_scores, image_scores)
    return separate, joint


@wrong("separate_and_joint_normalization", "joint[0, 0]", "image's columns come first")
def text_first_in_one(image_scores, text_scores):
    separate, _ = normalizations(image_scores, text_scores)
    return separate, normalizations(text_scores, image_scores)[1]


@wrong("separate_and_joint_normalization", "separate[0, 0]", "results are swapped")
def results_swapped(image_scores, text_scores):
    return normalizations(image_scores, text_scores)[::-1]


@wrong("separate_and_joint_normalization", "separate[0, 0]")
def over_the_batch(image_scores, text_scores):
    both = [image_scores, text_scores]
    separate = np.concatenate([softmax(s, axis=0) for s in both], axis=1)
    return separate, softmax(np.concatenate(both, axis=1))


@wrong("separate_and_joint_normalization", "joint[0, 0]")
def joint_over_the_whole_batch(image_scores, text_scores):
    separate, _ = normalizations(image_scores, text_scores)
    e = np.exp(np.concatenate([image_scores, text_scores], axis=1))
    return separate, e / e.sum()


@wrong("separate_and_joint_normalization", "1000 and more", "overflows")
def normalizations_overflow(image_scores, text_scores):
    e = [np.exp(image_scores), np.exp(text_scores)]
    separate = np.concatenate([x / x.sum(axis=1, keepdims=True) for x in e], axis=1)
    joint = np.concatenate(e, axis=1)
    return separate, joint / joint.sum(axis=1, keepdims=True)


@wrong("separate_and_joint_normalization", "below -1000", "0 / 0")
def one_maximum_for_both(image_scores, text_scores):
    top = np.concatenate([image_scores, text_scores], axis=1).max(axis=1, keepdims=True)
    return normalizations_overflow(image_scores - top, text_scores - top)


@wrong("separate_and_joint_normalization", "expected 2 arrays, got a NumPy array")
def only_one_of_them(image_scores, text_scores):
    return normalizations(image_scores, text_scores)[0]


@wrong("separate_and_joint_normalization", "expected 2 arrays, got 3 values")
def three_of_them(image_scores, text_scores):
    return softmax(image_scores), softmax(text_scores), 0


@wrong("separate_and_joint_normalization", "separate: expected the shape (3, 6), got (3, 4)")
def without_text(image_scores, text_scores):
    return softmax(image_scores), normalizations(image_scores, text_scores)[1]


@wrong("separate_and_joint_normalization", "one region and one word", "joint", "got (3,)")
def normalizations_squeezed(image_scores, text_scores):
    separate, joint = normalizations(image_scores, text_scores)
    return separate, joint[:, 0] if joint.shape[1] == 2 else joint
