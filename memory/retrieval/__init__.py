"""Finding what a section should be shown: entries, excerpts, passages of sources."""
