"""The Memory page: entries in lists, and an edit with what it would reach."""
