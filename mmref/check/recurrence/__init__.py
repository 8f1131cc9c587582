"""Exercises of the family ``recurrence``."""
