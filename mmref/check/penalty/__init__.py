"""Exercises of the family ``penalty``."""
