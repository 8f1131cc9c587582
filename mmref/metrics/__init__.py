"""Verdicts: on pictures, on what was found, and on what was said.

Pictures: are they like real ones, are they all of them, do they show what was asked? A verdict on a
set of pictures is one by features: vectors that a function of yours makes of a picture. Whose
features these are decides what it sees, so every number here comes under a name. The formulas stand
in ``mmref.reference.image_quality``, those of a picture beside its target too.

Retrieval: were the right ones found, and how far up? Questions: is that what people say?

Texts: are they like what people wrote (BLEU, ROUGE)? That compares words with words; whether a
caption of a scene is true, ``mmref.data.scenes.exact`` says. Did the model look where the thing is?

And how far is a share known that was counted on few (``wilson_interval``)?
"""

from mmref.metrics.captions import Agreement, caption_agreement
from mmref.metrics.pointing import pointing_accuracy
from mmref.metrics.retrieval import mean_average_precision, mean_reciprocal_rank, recall_at_k
from mmref.metrics.sets import (
    Verdict,
    extrapolated_frechet_distance,
    feature_frechet_distance,
    judge_images,
)
from mmref.metrics.shares import wilson_interval
from mmref.metrics.texts import bleu, rouge
from mmref.metrics.vqa import vqa_accuracy

__all__ = [
    "Agreement",
    "Verdict",
    "bleu",
    "caption_agreement",
    "extrapolated_frechet_distance",
    "feature_frechet_distance",
    "judge_images",
    "mean_average_precision",
    "mean_reciprocal_rank",
    "pointing_accuracy",
    "recall_at_k",
    "rouge",
    "vqa_accuracy",
    "wilson_interval",
]
