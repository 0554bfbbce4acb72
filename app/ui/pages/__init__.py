"""Pages that are one module each: works, write, review, inspect, export."""
