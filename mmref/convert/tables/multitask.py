"""Weights of tasks: one array of their own."""

MODELS = {"UncertaintyWeighting": ("log_variances",)}
