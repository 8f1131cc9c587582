"""Exercises of the family ``transformer``."""
