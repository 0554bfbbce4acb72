"""Citations: their syntax, how they read, and what they rest on."""
