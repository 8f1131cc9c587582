"""One projection of the concatenated modalities, as a torch.nn.Module or a keras.layers.Layer. dims
maps modality m to its width D_m, in the order in which they are joined and in that of the columns
of present; dim is D. Its parameter is projection, a Linear or Dense layer with bias. Called as
layer(features) or layer(features, present), features a mapping from m to (B, D_m), present (B, M),
boolean, True = there; an absent modality counts as zeros, whatever it holds. Returns (B, D), zero
in a row with no modality; values and gradients are compared."""

from mmref.check.layer_exercise import LayerExercise

EXERCISE = LayerExercise(
    "ConcatFusion", __doc__, ("dims", "dim"),
    build=lambda cls, features, weight, **_: cls(
        {m: x.shape[1] for m, x in features.items()}, len(weight)
    ),
)  # fmt: skip
