"""Judging drafts against constraints and sources."""
