"""Every exercise by its name. A new chapter adds a file and one line here."""

from mmref.check import (
    _decision,
    _dropout,
    _estimation,
    _fusion,
    _gated,
    _layers,
    _modalities,
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
}
