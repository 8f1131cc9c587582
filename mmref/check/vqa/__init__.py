"""Exercises on answers to questions about pictures."""
