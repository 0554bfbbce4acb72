"""A run: what it needs, the graphs it goes through, and what waits for what."""
