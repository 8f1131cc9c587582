"""Exercises on captions: their losses, and the search for them."""
