"""Writing a section, editing it, and bringing it to its length."""
