"""Whole runs: what is promised about a manuscript, whatever happens on the way to it."""
