"""Exercises of the family ``softmax``."""
