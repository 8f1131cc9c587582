"""How good a picture is: beside the one that it should be, and a set of pictures beside another.

With a target there are two answers, both for each picture of a batch: the ratio of the signal to
the squared error, and the structural similarity. They have gradients. Without one, sets of pictures
are compared by features of them: vectors that somebody's function makes of a picture. What such a
number says depends on whose features these are, so they are always named with it.
"""

from mmref.reference.image_quality.pairs import (
    peak_signal_to_noise_ratio,
    peak_signal_to_noise_ratio_gradient,
    structural_similarity,
    structural_similarity_gradient,
)
from mmref.reference.image_quality.sets import classifier_score, frechet_distance, precision_recall

__all__ = [
    "classifier_score",
    "frechet_distance",
    "peak_signal_to_noise_ratio",
    "peak_signal_to_noise_ratio_gradient",
    "precision_recall",
    "structural_similarity",
    "structural_similarity_gradient",
]
