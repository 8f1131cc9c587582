"""Exercises of the family ``geometry``."""
