"""Exercises of the family ``convolution``."""
