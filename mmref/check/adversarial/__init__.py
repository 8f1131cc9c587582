"""Exercises of the family ``adversarial``."""
