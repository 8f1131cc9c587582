"""Layer norm as a torch.nn.Module or a keras.layers.Layer: each vector of D numbers less its mean,
over the root of its variance, which is divided by D, plus epsilon, times scale, plus shift. dim is
D, epsilon a number. Its parameters are scale (D,), ones at the start, and shift (D,), zeros. Called
as layer(x) with x (..., D); values and gradients are compared."""

from mmref.check.layer_exercise import LayerExercise

EXERCISE = LayerExercise(
    "LayerNorm", __doc__, ("dim", "epsilon"),
    build=lambda cls, scale, epsilon, **_: cls(len(scale), epsilon),
    start={"scale": 1.0, "shift": 0.0},
)  # fmt: skip
