"""Exercises of the family ``image_quality``."""
