"""Fusions: dense layers whose arrays the reference takes one by one."""

MODELS = {
    "WeightedFusion": ("projections", "logits"),
    "AdaptiveFusion": ("projections", "gates", "gate_bias"),
    "ConcatFusion": ("projection",),
    "DecisionFusion": ("projections", "logits"),
    "HybridFusion": ("projections", "fusion", "head"),
}
PROJECTIONS = {"weight": "weights", "bias": "biases"}
ARGUMENTS = {
    "WeightedFusion": {"projections": PROJECTIONS},
    "AdaptiveFusion": {"projections": PROJECTIONS, "gates": {"weight": "gate_weights"}},
    "ConcatFusion": {"projection": {"weight": "weight", "bias": "bias"}},
    "DecisionFusion": {"projections": PROJECTIONS},
    "HybridFusion": {
        "projections": PROJECTIONS,
        "fusion": {"weight": "joint_weight", "bias": "joint_bias"},
        "head": {"weight": "head_weight", "bias": "head_bias"},
    },
}
