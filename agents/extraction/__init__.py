"""Reading texts into memory: a draft's, a person's, and what was missed in either."""
