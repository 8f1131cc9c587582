"""Exercises of the system ``data``."""
