"""Batches: lines in, lines out, whatever happens in between."""
