"""Scorers by rule, a module a task set; each set's README.md in ``data`` says what counts."""
