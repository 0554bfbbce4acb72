"""What is measured: speed, cost, writing. Each module is one command; the README has results."""
