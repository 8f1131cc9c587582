"""rnn as a torch.nn.Module or a keras.layers.Layer, with a mask. dim is D, hidden is H. Its
parameters are input_weight (H, D), hidden_weight (H, H) and bias (H,). Called as layer(inputs,
initial_state, mask), inputs (B, T, D), initial_state (B, H), mask (B, T), boolean, True = keep, the
last two optional; where a step is masked the state stays as it was, whatever the inputs hold.
Returns the states (B, T, H); values and gradients are compared."""

from mmref.check.layer_exercise import LayerExercise

EXERCISE = LayerExercise(
    "RNN", __doc__, ("dim", "hidden"),
    build=lambda cls, input_weight, bias, **_: cls(input_weight.shape[1], len(bias)),
)  # fmt: skip
