"""Verdicts: on pictures, and on what was found.

Pictures: are they like real ones, are they all of them, do they show what was asked? A verdict on a
set of pictures is one by features: vectors that a function of yours makes of a picture. Whose
features these are decides what it sees, so every number here comes under a name. The formulas stand
in ``mmref.reference.image_quality``, those of a picture beside its target too.

Retrieval: were the right ones found, and how far up? Questions: is that what people say?
"""

from mmref.metrics.captions import Agreement, caption_agreement
from mmref.metrics.retrieval import mean_average_precision, mean_reciprocal_rank, recall_at_k
from mmref.metrics.sets import (
    Verdict,
    extrapolated_frechet_distance,
    feature_frechet_distance,
    judge_images,
)
from mmref.metrics.vqa import vqa_accuracy

__all__ = [
    "Agreement",
    "Verdict",
    "caption_agreement",
    "extrapolated_frechet_distance",
    "feature_frechet_distance",
    "judge_images",
    "mean_average_precision",
    "mean_reciprocal_rank",
    "recall_at_k",
    "vqa_accuracy",
]
