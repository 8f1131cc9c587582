"""Answers to the exercises, a file for each family."""
