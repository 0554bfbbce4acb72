"""Requests, read by code: lengths, parts, constraints, and what became of every sentence."""
