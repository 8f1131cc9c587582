"""Adapters of low rank: the frozen layer's weight and bias, and two arrays of their own."""

MODELS = {"LowRankAdapter": ("base", "down", "up")}
ARGUMENTS = {"LowRankAdapter": {"base": {"weight": "weight", "bias": "bias"}}}
