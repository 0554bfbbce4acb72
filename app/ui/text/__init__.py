"""The Text page: a section's text, what can be done with it, and candidates to choose from."""
