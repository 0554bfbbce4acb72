"""Settings: where they come from, which endpoints they name, what is wrong with them."""
