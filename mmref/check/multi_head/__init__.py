"""Exercises of the family ``multi_head``."""
