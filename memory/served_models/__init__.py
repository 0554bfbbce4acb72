"""What is kept of served models: of no work alone, so that the next work begins with it."""
