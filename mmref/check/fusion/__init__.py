"""Exercises of the family ``fusion``."""
