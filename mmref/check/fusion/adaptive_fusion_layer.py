"""Weighted fusion with logits a(x) = sum_m V_m x_m + c over the modalities present, as a
torch.nn.Module or a keras.layers.Layer. dims maps modality m to its width D_m, in the order of the
logits and of the columns of present; dim is D. Its parameters are projections, a mapping from m to
a Linear or Dense layer with bias, gates, one from m to such a layer without bias and with M
outputs, and gate_bias c (M,), zeros at the start. Called as layer(features) or layer(features,
present), as in weighted_fusion_layer; returns z (B, D), and values and gradients are compared."""

from mmref.check.layer_exercise import LayerExercise

EXERCISE = LayerExercise(
    "AdaptiveFusion", __doc__, ("dims", "dim"),
    build=lambda cls, weights, biases, **_: cls(
        {m: w.shape[1] for m, w in weights.items()}, len(next(iter(biases.values())))
    ),
    start={"gate_bias": 0.0},
)  # fmt: skip
