"""Fusions: dense layers whose arrays the reference takes one by one."""

MODELS = {
    "WeightedFusion": ("projections", "logits"),
    "AdaptiveFusion": ("projections", "gates", "gate_bias"),
    "ConcatFusion": ("projection",),
}
PROJECTIONS = {"weight": "weights", "bias": "biases"}
ARGUMENTS = {
    "WeightedFusion": {"projections": PROJECTIONS},
    "AdaptiveFusion": {"projections": PROJECTIONS, "gates": {"weight": "gate_weights"}},
    "ConcatFusion": {"projection": {"weight": "weight", "bias": "bias"}},
}
