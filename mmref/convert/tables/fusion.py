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
    "AttentionFusion": ("projections", "scorers", "score_weight"),
    "CrossAttentionFusion": ("projections", "attentions"),
    "DecisionFusion": ("projections", "logits"),
    "HybridFusion": ("projections", "fusion", "head"),
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
    "AttentionFusion": {
        "projections": PROJECTIONS,
        "scorers": {"weight": "hidden_weights", "bias": "hidden_biases"},
    },
    "CrossAttentionFusion": {
        "projections": PROJECTIONS,
        "attentions": {
            f"{part}_{one}": f"{part}_{all_}"
            for part in ("query", "key", "value", "output")
            for one, all_ in PROJECTIONS.items()
        },
    },
    "DecisionFusion": {"projections": PROJECTIONS},
    "HybridFusion": {
        "projections": PROJECTIONS,
        "fusion": {"weight": "joint_weight", "bias": "joint_bias"},
        "head": {"weight": "head_weight", "bias": "head_bias"},
    },
}
