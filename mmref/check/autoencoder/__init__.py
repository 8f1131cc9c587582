"""Exercises of the family ``autoencoder``."""
