"""Exercises of the family ``spectral``."""
