"""Briefs: read from files, kept while they are typed, with outlines in Markdown."""
