"""Pure values: briefs, constraints, outlines, drafts, entries, sources."""
