"""Exercises of the family ``diffusion``."""
