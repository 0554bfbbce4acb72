"""Calls to a model: from a prompt to a parsed, journaled answer, within limits."""
