"""Exercises of the system ``training``."""
