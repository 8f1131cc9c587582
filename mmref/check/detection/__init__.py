"""Exercises on finding a signal, and on what to do then."""
