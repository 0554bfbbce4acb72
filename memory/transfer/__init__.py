"""Works copied, restored from archives, and their summaries rebuilt."""
