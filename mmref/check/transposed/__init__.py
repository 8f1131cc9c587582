"""Exercises of the family ``transposed``."""
