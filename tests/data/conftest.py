"""Tests of the data sets."""

collect_ignore = ["programs"]  # run by a test, with a folder to read; no place for doctests
