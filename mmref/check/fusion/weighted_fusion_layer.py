"""weighted_fusion as a torch.nn.Module or a keras.layers.Layer. dims maps modality m to its width
D_m, in the order of the columns of present; dim is D. Its parameters are projections, a mapping
from m to a Linear or Dense layer with bias, and logits (M,), zeros at the start. Called as
layer(features) or layer(features, present); returns z (B, D), and values and gradients are
compared."""

from mmref.check.fusion import weighted_fusion
from mmref.check.layer_exercise import LayerExercise

EXERCISE = LayerExercise(
    "WeightedFusion", __doc__, ("dims", "dim"),
    build=lambda cls, weights, biases, **_: cls(
        {m: w.shape[1] for m, w in weights.items()}, len(next(iter(biases.values())))
    ),
    function=weighted_fusion.EXERCISE, start={"logits": 0.0},
)  # fmt: skip
