"""Pages of one module each."""
