"""Exercises of the family ``normalization``."""
