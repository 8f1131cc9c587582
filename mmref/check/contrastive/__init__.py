"""Exercises on contrastive losses."""
