"""Exercises of the family ``estimation``."""
