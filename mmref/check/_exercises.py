"""Every exercise by its name. A new chapter adds a file and one line here."""

from mmref.check import (
    _decision,
    _dropout,
    _estimation,
    _folders,
    _fusion,
    _gated,
    _grouped,
    _inside,
    _layers,
    _mirrored,
    _modalities,
    _pixels,
    _recurrence,
    _recurrence_time,
    _softmax,
)

EXERCISES = {
    **_softmax.EXERCISES,
    **_estimation.EXERCISES,
    **_fusion.EXERCISES,
    **_gated.EXERCISES,
    **_decision.EXERCISES,
    **_dropout.EXERCISES,
    **_layers.EXERCISES,
    **_modalities.EXERCISES,
    **_pixels.EXERCISES,
    **_mirrored.EXERCISES,
    **_folders.EXERCISES,
    **_grouped.EXERCISES,
    **_inside.EXERCISES,
    **_recurrence.EXERCISES,
    **_recurrence_time.EXERCISES,
}
