"""Vectors of texts, and search among them."""
