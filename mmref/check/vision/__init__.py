"""Exercises of the family ``vision``."""
