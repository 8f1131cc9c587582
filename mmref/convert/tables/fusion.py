"""Fusions: dense layers whose arrays the reference takes one by one."""

MODELS = {
    "WeightedFusion": ("projections", "logits"),
    "AdaptiveFusion": ("projections", "gates", "gate_bias"),
    "ConcatFusion": ("projection",),
    "GatedFusion": ("projections", "gates"),
    "FiLMFusion": ("projections",),
    "BilinearFusion": ("projection",),
    "TensorFusion": ("projection",),
    "LowRankFusion": ("projections", "bias"),
}
PROJECTIONS = {"weight": "weights", "bias": "biases"}
PROJECTION = {"weight": "weight", "bias": "bias"}
ARGUMENTS = {
    "WeightedFusion": {"projections": PROJECTIONS},
    "AdaptiveFusion": {"projections": PROJECTIONS, "gates": {"weight": "gate_weights"}},
    "ConcatFusion": {"projection": PROJECTION},
    "GatedFusion": {"projections": PROJECTIONS, "gates": {"weight": "gate_weight"}},
    "FiLMFusion": {"projections": PROJECTIONS},
    "BilinearFusion": {"projection": PROJECTION},
    "TensorFusion": {"projection": PROJECTION},
    "LowRankFusion": {"projections": PROJECTIONS},
}
