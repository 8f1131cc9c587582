"""Exercises of the family ``pooling``."""
