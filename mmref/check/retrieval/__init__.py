"""Exercises on measures of retrieval."""
