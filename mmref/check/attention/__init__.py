"""Exercises of the family ``attention``."""
