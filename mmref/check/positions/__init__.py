"""Exercises of the family ``positions``."""
